"""`storykin batch`: its options and what `--help` says of them."""

import argparse
from collections.abc import Callable
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_batch_commands(commands: Subparsers) -> None:
    """`plan`, `run`, `list`, `status`, `pause`, `resume`, `cancel`, `budget`, `after`, `export`, `import`."""
    batch = commands.add_parser("batch", help="draw many characters: plan, run, steer, export, take in")
    what = batch.add_subparsers(required=True, metavar="WHAT")
    planning = what.add_parser("plan", help="what a batch would draw and cost; nothing is begun")
    _add_selection(planning)
    _add_json(planning)
    planning.set_defaults(command=_command("plan"))
    running = what.add_parser("run", help="begin a batch, and show how it goes")
    _add_selection(running)
    running.add_argument("--chunk", type=int, default=100, help="characters in one flow run (default 100)")
    running.add_argument("--budget", default=None, metavar="USD", help="what it may cost")
    running.add_argument("--yes", action="store_true", help="agree to the price, whatever it is")
    running.add_argument("--detach", action="store_true", help="do not wait for its end")
    _add_json(running)
    running.set_defaults(command=_command("run"))
    listing = what.add_parser("list", help="the newest batches")
    listing.add_argument("--limit", type=int, default=20, help="at most so many (default 20)")
    _add_json(listing)
    listing.set_defaults(command=_command("list_batches"))
    status = _one(what, "status", "how a batch stands: pictures, money, rate, what remains")
    status.add_argument("--follow", action="store_true", help="until it ends")
    _add_json(status)
    status.set_defaults(command=_command("status"))
    for name, said in (
        ("pause", "let nothing more of it begin"),
        ("resume", "let it go on with what is left"),
        ("cancel", "end it; what is left stays to be done"),
    ):
        _one(what, name, said).set_defaults(command=_command(name))
    budget = _one(what, "budget", "give it another budget, also while it runs")
    budget.add_argument("--usd", required=True, help="in dollars, or none")
    budget.set_defaults(command=_command("budget"))
    after = _one(what, "after", "old beside new, with likeness; and which of the two counts")
    after.add_argument(
        "--take", choices=("new", "old", "more_alike"), default=None, help="for every pair that is open"
    )
    _add_json(after)
    after.set_defaults(command=_command("after"))
    exporting = _one(what, "export", "every picture of it with what became of it, as CSV")
    exporting.add_argument("--out", metavar="FILE", default=None, help="a new file; printed without it")
    exporting.set_defaults(command=_command("export"))
    _add_import(what)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--style", action="append", default=[], help="only these styles, by comma or again")
    add("--order", action="store_true", help="also what nobody has ordered, in each of the styles")
    add("--failed", action="store_true", help="only characters whose last run failed")
    add("--reason", action="append", default=[], metavar="CODE", help="only those that failed so")
    add("--older-style", action="store_true", help="draw anew what another version of a style has drawn")
    add("--model", action="append", default=[], help="draw anew what this model has drawn")
    add("--older-model", action="store_true", help="draw anew what any model but today's has drawn")
    add("--retired-model", action="store_true", help="draw anew what models that are switched off have drawn")
    add("--before-model", default="", metavar="MODEL", help="draw anew what models older than it have drawn")
    add("--drawn-before", metavar="DAY", default=None, help="draw anew what is older than YYYY-MM-DD")
    add("--likeness-below", type=float, default=None, metavar="COSINE", help="draw anew what is less alike")
    add("--unreviewed", action="store_true", help="draw anew also what waits for a decision")
    add("--created-from", metavar="DAY", default=None, help="only characters made on this day or later")
    add("--created-to", metavar="DAY", default=None, help="only characters made on this day or earlier")
    add("--tag", default="", help="only characters with this tag")
    add("--id", action="append", default=[], help="only this character; again for more")
    add("--csv", metavar="FILE", default=None, help="only the characters of this file's column id")
    add("--limit", type=int, default=1000, help="at most so many pictures (default 1000)")
    add("--at-once", type=int, default=2, help="characters at the same time in each process (default 2)")


def _add_import(what: Subparsers) -> None:
    taking = what.add_parser("import", help="make characters of a folder of photos, or of a CSV")
    taking.add_argument("source", metavar="FOLDER|CSV", help="photos, or rows: key, photo, name, styles, …")
    taking.add_argument("--style", action="append", default=[], help="of rows that name none")
    taking.add_argument("--consent", action="store_true", help="you hold a consent for every person in it")
    taking.add_argument("--results", metavar="FOLDER", default=None, help="a JSON file for each row")
    taking.add_argument("--yes", action="store_true", help="agree to the price, whatever it is")
    _add_json(taking)
    taking.set_defaults(command=_import)


def _one(what: Subparsers, name: str, said: str) -> argparse.ArgumentParser:
    parser = what.add_parser(name, help=said)
    parser.add_argument("batch", nargs="?", default="", help="its id, or the beginning; else the newest")
    return parser


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        from ui.cli import batch  # noqa: PLC0415

        return int(getattr(batch, name)(arguments))

    return run


def _import(arguments: argparse.Namespace) -> int:
    from ui.cli.batch_import import import_rows  # noqa: PLC0415

    return import_rows(arguments)
