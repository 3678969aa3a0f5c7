"""`storykin report`: its options and what `--help` says of them."""

import argparse
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_report_command(commands: Subparsers) -> None:
    """`report`."""
    report = commands.add_parser(
        "report", help="a batch or a time in figures: cost, time, likeness, approvals"
    )
    add = report.add_argument
    add("batch", nargs="?", default="", help="a batch's id, or the beginning; else the newest")
    add(
        "--from", dest="first", metavar="DAY", default=None, help="a time instead: from this day (YYYY-MM-DD)"
    )
    add("--to", dest="last", metavar="DAY", default=None, help="to this day (today)")
    add("--csv", metavar="FOLDER", default=None, help="write every table and its rows as CSV")
    add("--parquet", metavar="FOLDER", default=None, help="the same as Parquet (needs pyarrow)")
    add("--html", metavar="FILE", default=None, help="write one page with plots and a contact sheet")
    add(
        "--pictures", type=int, default=24, metavar="N", help="on the contact sheet, at the most (default 24)"
    )
    report.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ui.cli.report import report  # noqa: PLC0415

    return report(arguments)
