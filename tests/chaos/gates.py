"""Gates on the way of a call: whoever comes to an armed one first is held there until it is lifted.

Gates are files, so that a scenario can hold processes that it did not start itself.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from tests.support.waiting import until


class Gates:
    """The gates in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def arm(self, *points: str) -> None:
        """Hold the next one who comes to each of these points."""
        for point in points:
            (self._folder / f"{point}.armed").touch()

    def held(self, point: str) -> int:
        """Wait until somebody is held at `point`; the process id."""
        file = self._folder / f"{point}.held"
        return int(until(lambda: file.exists() and file.read_text(), f"somebody at {point}", seconds=180))

    def lift(self) -> None:
        """Let everybody go, and hold nobody any more."""
        for file in [*self._folder.glob("*.armed"), *self._folder.glob("*.held")]:
            file.unlink(missing_ok=True)

    def reached(self, point: str) -> None:
        """Called in the process that works: returns at once, unless this gate is armed."""
        held = self._folder / f"{point}.held"
        with suppress(FileNotFoundError):
            (self._folder / f"{point}.armed").rename(held)
            held.write_text(str(os.getpid()))
            while held.exists():
                time.sleep(0.05)
