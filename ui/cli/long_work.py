"""A progress bar on stderr for work that takes long, where somebody looks at it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tasks.backup.progress import Progress as Report
from tasks.backup.progress import quietly


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Report]:
    """What to call with each step; it shows nothing where stderr is no terminal, or when `quiet`."""
    if quiet or not sys.stderr.isatty():
        yield quietly
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        lines = {}

        def report(what: str, done: int, of: int | None) -> None:
            if what not in lines:
                lines[what] = bar.add_task(what, total=of)
            bar.update(lines[what], completed=done, total=of)

        yield report
