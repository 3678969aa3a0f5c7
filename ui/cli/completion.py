"""`storykin completion SHELL`: what the shell has to know to complete our commands."""

import argparse
from collections.abc import Iterator

import shtab

from tasks.styles.packs import style_names

DONE = 0


def completion(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print the completion script for `shell`, with the styles that there are now."""
    for action in _actions(parser):
        if action.dest == "style":
            action.choices = (*style_names(), "all")
    print(shtab.complete(parser, shell=shell))
    return DONE


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of the parser and of its subcommands."""
    for action in parser._actions:  # argparse has no other way to list them
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _actions(below)
