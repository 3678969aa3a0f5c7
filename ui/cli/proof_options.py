"""The options of `storykin proof`, and what `--help` says of them."""

import argparse


def add_proof_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`proof make | renew | withdraw | list`."""
    proof = commands.add_parser("proof", help="links by which a customer approves a picture")
    what = proof.add_subparsers(required=True, metavar="WHAT")
    for name, text in (
        ("make", "a link to photo and pictures, for the customer; it is printed this once"),
        ("renew", "a new link in place of the last one, which is good for nothing then"),
    ):
        making = what.add_parser(name, help=text)
        making.add_argument("character", help="the character's id, or its beginning")
        making.add_argument(
            "pictures",
            nargs="*",
            help="a style, STYLE-ORDINAL or the beginning of an id each; else the approved ones, or all",
        )
        making.add_argument("--days", type=int, default=None, help="how long it is good")
        making.add_argument(
            "--changes", type=int, default=None, help="how often a change may be asked for with it"
        )
        making.set_defaults(command=_make, renew=name == "renew")
    withdrawing = what.add_parser("withdraw", help="end the last link, or put the wish for a change aside")
    withdrawing.add_argument("character", help="the character's id, or its beginning")
    withdrawing.set_defaults(command=_withdraw)
    listing = what.add_parser("list", help="the links of a character; or all that wait")
    listing.add_argument("character", nargs="?", default=None, help="the character's id, or its beginning")
    listing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    listing.set_defaults(command=_list)


def _make(arguments: argparse.Namespace) -> int:
    from ui.cli.proof import make  # noqa: PLC0415

    return make(
        arguments.character,
        arguments.pictures,
        days=arguments.days,
        changes=arguments.changes,
        renew=arguments.renew,
    )


def _withdraw(arguments: argparse.Namespace) -> int:
    from ui.cli.proof import withdraw  # noqa: PLC0415

    return withdraw(arguments.character)


def _list(arguments: argparse.Namespace) -> int:
    from ui.cli.proof import show  # noqa: PLC0415

    return show(arguments.character, as_json=arguments.json)
