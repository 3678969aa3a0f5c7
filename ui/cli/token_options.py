"""`storykin token`: its options and what `--help` says of them."""

import argparse

from ui.cli.user_options import ROLES


def add_token_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`token add|list|revoke`."""
    token = commands.add_parser("token", help="tokens by which programs ask the studio")
    what = token.add_subparsers(required=True, metavar="WHAT")
    adding = what.add_parser("add", help="make one; it is shown this once")
    adding.add_argument("email", help="in whose name it speaks")
    adding.add_argument("--name", required=True, help="what it is for")
    adding.add_argument(
        "--role",
        choices=ROLES,
        default=None,
        help="no higher than its owner's, which is the default",
    )
    adding.add_argument("--days", type=int, default=90, help="how long it is good for (default 90)")
    adding.set_defaults(command=_add)
    listing = what.add_parser("list", help="every token, the newest first")
    listing.add_argument("email", nargs="?", default=None, help="only this person's")
    listing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    listing.set_defaults(command=_list)
    revoking = what.add_parser("revoke", help="let one be good for nothing from now on")
    revoking.add_argument("token", help="the token's id, or its beginning: not the token itself")
    revoking.set_defaults(command=_revoke)


def _add(arguments: argparse.Namespace) -> int:
    from ui.cli.token import add  # noqa: PLC0415

    return add(arguments)


def _list(arguments: argparse.Namespace) -> int:
    from ui.cli.token import list_tokens  # noqa: PLC0415

    return list_tokens(arguments.email, as_json=arguments.json)


def _revoke(arguments: argparse.Namespace) -> int:
    from ui.cli.token import revoke  # noqa: PLC0415

    return revoke(arguments.token)
