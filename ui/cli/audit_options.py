"""`storykin audit`: its options and what `--help` says of them."""

import argparse


def add_audit_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`verify`, `show`, `export`, `resume` and `trust`."""
    audit = commands.add_parser("audit", help="the log of who did what: verify, show, export")
    what = audit.add_subparsers(required=True, metavar="WHAT")
    verifying = what.add_parser("verify", help="whether it is whole and as it was written")
    verifying.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    verifying.set_defaults(command=_verify)
    showing = what.add_parser("show", help="its newest entries, newest first")
    showing.add_argument("--of", metavar="ID", default=None, help="only of this character, user or call")
    showing.add_argument("--by", metavar="WHO", default=None, help="only by this user: an id or an address")
    showing.add_argument("--act", default=None, help="only acts that begin so, such as consent")
    showing.add_argument("--limit", type=int, default=50, help="at most so many (default 50)")
    showing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    showing.set_defaults(command=_show)
    exporting = what.add_parser("export", help="all of it, a JSON line an entry, to be kept elsewhere")
    exporting.add_argument("--out", metavar="FILE", default=None, help="a new file; printed without it")
    exporting.set_defaults(command=_export)
    resuming = what.add_parser("resume", help="go on after an older database was brought back")
    resuming.add_argument("--reason", required=True, help="why, without naming anybody")
    resuming.set_defaults(command=_resume)
    trusting = what.add_parser("trust", help="make the key of another machine on this database known")
    trusting.add_argument("key", nargs="?", default=None, help="as `audit trust` alone prints it over there")
    trusting.set_defaults(command=_trust)


def _verify(arguments: argparse.Namespace) -> int:
    from ui.cli.audit import verify_log  # noqa: PLC0415

    return verify_log(as_json=arguments.json)


def _show(arguments: argparse.Namespace) -> int:
    from ui.cli.audit import show  # noqa: PLC0415

    return show(arguments)


def _export(arguments: argparse.Namespace) -> int:
    from ui.cli.audit import export  # noqa: PLC0415

    return export(arguments.out)


def _resume(arguments: argparse.Namespace) -> int:
    from ui.cli.audit import resume_log  # noqa: PLC0415

    return resume_log(arguments.reason)


def _trust(arguments: argparse.Namespace) -> int:
    from ui.cli.audit import trust_key  # noqa: PLC0415

    return trust_key(arguments.key)
