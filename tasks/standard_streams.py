"""Standard streams that were closed before we began, or that nobody reads any more."""

import contextlib
import os
import sys
from typing import IO

_NAMES = ("stdin", "stdout", "stderr")


def open_closed_ones() -> None:
    """Have what is closed (`>&-`, as some schedulers do) lead to nowhere. Else the next file that is opened,
    be it the database's, would take its number, and what a child prints would be written there.
    """
    for number, name in enumerate(_NAMES):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: those below are open by now
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def let_go(stream: IO[str]) -> None:
    """Nobody reads it any more. What it still holds would fail again when Python flushes it at the end, and
    make a failure (exit code 120) of whatever was said before.
    """
    with contextlib.suppress(OSError, ValueError):  # one without a file of its own
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
