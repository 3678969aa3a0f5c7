"""Figures as a table to read."""


def title(name: str, columns: tuple[str, ...]) -> None:
    """The head of a table: what it is of, and its columns with their units."""
    print(f"\n{name:46}" + "".join(f"{each:>11}" for each in columns), flush=True)


def row(name: str, *figures: float) -> None:
    """One line of it, as soon as it is known."""
    print(f"{name:46}" + "".join(f"{each:11,.2f}" for each in figures), flush=True)
