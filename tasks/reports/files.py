"""A report as files: a CSV or a Parquet file a table, and the rows that they are reckoned from."""

import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from db.told import told
from tasks.errors import UsageError
from tasks.reports.figures import Report


def write_csv(report: Report, folder: Path) -> list[Path]:
    """Write the report's tables and rows into `folder`. UsageError (`bad_file`)."""
    written = []
    for name, frame in _frames(report):
        file = folder / f"{name}.csv"
        _into(folder, partial(frame.to_csv, file, index=False))
        written.append(file)
    return written


def write_parquet(report: Report, folder: Path) -> list[Path]:
    """The same as Parquet. UsageError (`no_parquet`) where pyarrow is not installed; `bad_file`."""
    if importlib.util.find_spec("pyarrow") is None:
        raise UsageError(
            "Parquet needs the package pyarrow, which is not part of Storykin because of its size. Install "
            "Storykin with it (`pip install .[parquet]`), or ask for CSV.",
            code="no_parquet",
        )
    written = []
    for name, frame in _frames(report):
        file = folder / f"{name}.parquet"
        _into(folder, partial(frame.to_parquet, file, index=False))
        written.append(file)
    return written


def _frames(report: Report) -> Iterator[tuple[str, pd.DataFrame]]:
    yield from report.tables.items()
    yield "calls", report.calls
    yield "pictures", report.pictures


def _into(folder: Path, write: Callable[[], object]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write()
    except OSError as error:
        reason = error.strerror or "it is not writable"
        raise UsageError(
            told("%(folder)s can't be written: %(reason)s.", folder=str(folder), reason=reason),
            code="bad_file",
        ) from None
