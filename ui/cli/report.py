"""`storykin report`: a batch or a time in figures, printed, or as CSV, Parquet or one HTML page."""

import argparse
from datetime import date
from pathlib import Path

from db.record_state import require_current
from tasks.amounts import exact_dollars
from tasks.audit.append import COMMAND_LINE
from tasks.batch.status import find_batch
from tasks.errors import UsageError
from tasks.giving.audit import enter_given_out
from tasks.ledger.budget import today
from tasks.reports.figures import Report, batch_report, period_report, words_of
from tasks.reports.files import write_csv, write_parquet
from tasks.reports.page import report_html
from tasks.runtime import Runtime, current_runtime

DONE = 0


def report(arguments: argparse.Namespace) -> int:
    """Print the report, or write it where that is asked for."""
    require_current()
    found = _wanted(arguments)
    if arguments.csv:
        print("\n".join(map(str, write_csv(found, Path(arguments.csv)))))
    if arguments.parquet:
        print("\n".join(map(str, write_parquet(found, Path(arguments.parquet)))))
    if arguments.html:
        _write_page(found, Path(arguments.html), arguments.pictures)
    if not (arguments.csv or arguments.parquet or arguments.html):
        _print(found)
    return DONE


def _wanted(arguments: argparse.Namespace) -> Report:
    runtime = current_runtime()
    if arguments.first or arguments.last:
        if arguments.batch:
            raise UsageError("Report a batch, or a time: one of them.")
        first = _day(arguments.first or arguments.last)
        last = _day(arguments.last) if arguments.last else _today(runtime)
        return period_report(runtime, first=first, last=last)
    return batch_report(runtime, batch_id=find_batch(runtime, arguments.batch))


def _today(runtime: Runtime) -> date:
    with runtime.record.reading() as session:
        return today(session).date


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text} is no day: write it as 2026-11-30.") from None


def _write_page(found: Report, file: Path, pictures: int) -> None:
    runtime = current_runtime()
    page, given = report_html(runtime, found, pictures=pictures)
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or "it is not writable"
        raise UsageError(f"{file} can't be written: {reason}.", code="bad_file") from None
    enter_given_out(runtime.record, given, "report", via=COMMAND_LINE)
    print(file)


def _print(found: Report) -> None:
    print(f"{found.title}: {len(found.pictures)} pictures, {len(found.calls)} calls, ", end="")
    print(f"{exact_dollars(found.microusd)} known or reserved")
    if found.batch is not None:
        print(words_of(found.batch))
    for name, table in found.tables.items():
        if not table.empty:
            print(f"\n{name}\n{table.to_string(index=False, float_format=lambda value: f'{value:.3f}')}")
