"""How many predictions an account may make: the real limits, kept for real."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """So many a minute, so many at once."""

    a_minute: float
    burst: float


USUAL = Limit(600, 600)
LOW_CREDIT = Limit(6, 1)


class Limiter:
    """A bucket that fills at the limit's pace."""

    def __init__(self, limit: Limit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._level, self._at = limit.burst, clock()

    def take(self) -> float:
        """0 when there is room, taken; else the seconds until there is."""
        now = self._clock()
        pace = self._limit.a_minute / 60
        self._level = min(self._limit.burst, self._level + (now - self._at) * pace)
        self._at = now
        if self._level >= 1:
            self._level -= 1
            return 0.0
        return (1 - self._level) / pace

    @property
    def remaining(self) -> int:
        """How many may follow at once."""
        return math.floor(self._level)
