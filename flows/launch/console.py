"""The launcher's output at the terminal: short lines, no stack traces."""

import errno
import sys
from typing import IO

from tasks.standard_streams import let_go

_WIDTH = 16


class Console:
    """Progress goes to standard output, problems to standard error. A terminal that is gone is no problem."""

    def __init__(self, out: IO[str] | None = None, problems: IO[str] | None = None) -> None:
        self._out = out or sys.stdout
        self._problems = problems or sys.stderr

    def step(self, what: str, how: str) -> None:
        """Print one line of progress: `what` in a column of its own, then `how` it stands."""
        _write(self._out, f"  {what:<{_WIDTH}}{how}")

    def print_line(self, line: str = "") -> None:
        """Print one line to standard output."""
        _write(self._out, line)

    def problem(self, sentence: str) -> None:
        """Print a sentence on what went wrong to standard error."""
        _write(self._problems, sentence)


def _write(stream: IO[str], line: str) -> None:
    try:
        stream.write(line + "\n")
        stream.flush()
    except ValueError:
        return  # closed
    except OSError as error:
        if error.errno in (errno.EIO, errno.EPIPE):
            let_go(stream)
