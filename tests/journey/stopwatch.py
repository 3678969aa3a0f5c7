"""How long each thing took, what the page did on the side, and what it looked like."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.conftest import Watched
from tests.looks.screens import sticks_out


class Stopwatch:
    """The page of a day, its figures (printed as they come) and its faults."""

    def __init__(self, page: Page, out: Path, name: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self._out, self._name, self._count = out, name, 0
        self._watched = Watched(page)

    @contextmanager
    def time(self, what: str, *, a_time: int = 1) -> Iterator[None]:
        """Prints the seconds of `what`; with `a_time` things done in it, each one's too."""
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        each = f", {took / a_time:.2f} s each" if a_time > 1 else ""
        print(f"{took:7.2f} s  {what}{each}", flush=True)

    def look(self, what: str) -> None:
        """Keeps a picture of the page, and notes what sticks out of it or went wrong meanwhile."""
        self._count += 1
        self.page.screenshot(path=self._out / f"{self._name}-{self._count:02d}-{what}.png")
        self.faults += [f"{self._name}, {what}: sticks out: {each}" for each in sticks_out(self.page)]
        for kind, found in (("asked elsewhere", self._watched.foreign), ("trouble", self._watched.trouble)):
            self.faults += [f"{self._name}, {what}: {kind}: {each}" for each in found]
            found.clear()
