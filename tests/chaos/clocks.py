"""Machines whose clocks are wrong: processes under libfaketime, which lies to them about the time.

What the kernel itself tells (`/proc/uptime`), and the database server's clock, stay as they are.
"""

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.prefect_server import ROOT

_PLACES = (
    "/usr/lib/*/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
    "/usr/local/lib/faketime/libfaketimeMT.so.1",
)
HOW_TO = "libfaketime is not installed (Debian: faketime), so no machine's clock is wrong"


def libfaketime() -> Path | None:
    """Where libfaketime is; None where it is not installed."""
    return next((found for place in _PLACES for found in Path("/").glob(place.lstrip("/"))), None)


class Hands:
    """What a clock shows: an offset from the true time, which can be changed while it goes."""

    def __init__(self, folder: Path, offset: str) -> None:
        self._file = folder / f"clock-{os.urandom(4).hex()}"
        self.set(offset)

    def set(self, offset: str) -> None:
        """From now on the clock is off by `offset`, such as "+20m" or "-2d"."""
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{offset}\n")
        beside.replace(self._file)

    def environment(self) -> dict[str, str]:
        """What puts a process under this clock."""
        return {
            "LD_PRELOAD": str(libfaketime()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
        }


class Elsewhere:
    """A process on a machine with a clock of its own; used like one of multiprocessing's."""

    def __init__(self, what: Callable[[Any], None], job: Any, hands: Hands) -> None:
        self.hands = hands
        with tempfile.NamedTemporaryFile(dir=job.scene.folder, suffix=".job", delete=False) as file:
            pickle.dump((what.__name__, job), file)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.elsewhere", file.name],
            cwd=ROOT,
            env=os.environ | hands.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid = self._process.pid

    @property
    def exitcode(self) -> int | None:
        """As multiprocessing says it: minus the signal that ended it."""
        return self._process.poll()

    def join(self, seconds: float) -> None:
        """Wait for its end, so long at most."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
