"""`storykin completion SHELL`: what the shell has to know to complete our commands."""

import argparse

import shtab

DONE = 0


def completion(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print the completion script for `shell`."""
    print(shtab.complete(parser, shell=shell))
    return DONE
