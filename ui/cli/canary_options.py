"""`storykin canary`: its options and what `--help` says of them."""

import argparse
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_canary_command(commands: Subparsers) -> None:
    """`canary run | plan | list | show`."""
    canary = commands.add_parser("canary", help="draw a fixed set of photos: have the models drifted?")
    what = canary.add_subparsers(title="what", required=True)
    what.add_parser("run", help="draw, measure and compare with before").set_defaults(command=_run)
    what.add_parser("plan", help="how many pictures, and what they cost").set_defaults(command=_plan)
    what.add_parser("list", help="the newest canaries").set_defaults(command=_list)
    show = what.add_parser("show", help="one canary beside those before it")
    show.add_argument(
        "canary", nargs="?", default="", help="the beginning or the end of its id; else the newest"
    )
    show.add_argument("--against", default="", metavar="ID", help="beside this one alone")
    show.set_defaults(command=_show)


def _run(_arguments: argparse.Namespace) -> int:
    from ui.cli import canary  # noqa: PLC0415

    return canary.run()


def _plan(_arguments: argparse.Namespace) -> int:
    from ui.cli import canary  # noqa: PLC0415

    return canary.plan()


def _list(_arguments: argparse.Namespace) -> int:
    from ui.cli import canary  # noqa: PLC0415

    return canary.list_canaries()


def _show(arguments: argparse.Namespace) -> int:
    from ui.cli import canary  # noqa: PLC0415

    return canary.show(arguments.canary, arguments.against)
