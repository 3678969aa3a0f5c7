"""A slow look at something, taken off the request: pages show the last one and its age."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from db.log import Log

T = TypeVar("T")

log = Log("studio")


@dataclass(frozen=True)
class Seen(Generic[T]):
    """What was last seen, how many seconds ago, and whether somebody is looking again."""

    value: T | None
    age_seconds: float
    looking: bool


class BackgroundLook(Generic[T]):
    """`look` on a thread of its own, at most one at a time and no more often than every `fresh` seconds."""

    def __init__(
        self, look: Callable[[], T], *, fresh: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._look, self._fresh, self._clock = look, fresh, clock
        self._lock = threading.Lock()
        self._value: T | None = None
        self._at: float | None = None
        self._thread: threading.Thread | None = None

    def last(self, *, anew: bool = False) -> Seen[T]:
        """What is known now; looks again in the background where that is old, or where `anew` asks for it."""
        with self._lock:
            age = 0.0 if self._at is None else self._clock() - self._at
            old = self._at is None or age >= self._fresh
            if (old or anew) and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="look", daemon=True)
                self._thread.start()
            return Seen(self._value, age, self._thread is not None)

    def wait(self, seconds: float) -> None:
        """Until the look that is under way is over."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _run(self) -> None:
        value = None
        try:
            value = self._look()
        except Exception as error:
            log.error("a look failed", error=error)
        with self._lock:
            self._value = value if value is not None else self._value
            self._at, self._thread = self._clock(), None
