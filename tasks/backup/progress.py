"""How far long work has come, told to whoever shows it."""

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]  # what, done, of how many (where that is known)


def quietly(_what: str, _done: int, _of: int | None) -> None:
    """A Progress that shows nothing."""
