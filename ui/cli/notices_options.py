"""`storykin notices`: its options and what `--help` says of them."""

import argparse


def add_notices_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`notices list|kinds|test|retry|secret`."""
    notices = commands.add_parser("notices", help="what people are told of, by webhook and by mail")
    what = notices.add_subparsers(required=True, metavar="WHAT")
    listing = what.add_parser("list", help="the newest notices, and where they got to")
    listing.add_argument("--dead", action="store_true", help="only those that were given up somewhere")
    listing.add_argument("--limit", type=int, default=30, metavar="N", help="how many (default 30)")
    listing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    listing.set_defaults(command=_list)
    kinds = what.add_parser("kinds", help="every kind of notice, as settings and webhooks name them")
    kinds.set_defaults(command=_kinds)
    testing = what.add_parser("test", help="send a test by each way that is set, and say what came of it")
    testing.set_defaults(command=_test)
    retrying = what.add_parser("retry", help="have what was given up tried again")
    retrying.add_argument("notice", nargs="*", help="the ids of notices; all that were given up without any")
    retrying.set_defaults(command=_retry)
    secret = what.add_parser("secret", help="make the secret of a webhook, for both sides")
    secret.set_defaults(command=_secret)


def _list(arguments: argparse.Namespace) -> int:
    from ui.cli.notices import list_notices  # noqa: PLC0415

    return list_notices(max(1, arguments.limit), dead=arguments.dead, as_json=arguments.json)


def _kinds(_arguments: argparse.Namespace) -> int:
    from ui.cli.notices import kinds  # noqa: PLC0415

    return kinds()


def _test(_arguments: argparse.Namespace) -> int:
    from ui.cli.notices import test  # noqa: PLC0415

    return test()


def _retry(arguments: argparse.Namespace) -> int:
    from ui.cli.notices import retry  # noqa: PLC0415

    return retry(arguments.notice or None)


def _secret(_arguments: argparse.Namespace) -> int:
    from ui.cli.notices import secret  # noqa: PLC0415

    return secret()
