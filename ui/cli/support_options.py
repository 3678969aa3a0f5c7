"""`storykin support`: its options and what `--help` says of them."""

import argparse


def add_support_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`support CHARACTER`, with `--list` or `--withdraw`."""
    support = commands.add_parser(
        "support", help="a link to a character's timeline for whoever helps: no photo, no picture, no name"
    )
    support.add_argument("character", help="the character's id, or its beginning")
    support.add_argument("--hours", type=int, default=24, help="how long the link is good for (default 24)")
    what = support.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="the links there are, instead of a new one")
    what.add_argument("--withdraw", action="store_true", help="let them be good for nothing from now on")
    support.set_defaults(command=_support)


def _support(arguments: argparse.Namespace) -> int:
    from ui.cli.support import support  # noqa: PLC0415

    return support(arguments)
