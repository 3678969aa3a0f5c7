"""Replicate's rate limits for creating predictions."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """Requests a minute, and the largest burst."""

    per_minute: float
    burst: float


USUAL = Limit(600, 600)
LOW_CREDIT = Limit(6, 1)


class Limiter:
    """A token bucket. `clock` returns seconds."""

    def __init__(self, limit: Limit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._level, self._at = limit.burst, clock()

    def take(self) -> float:
        """Take a token and return 0; without one, the seconds until there is one."""
        now = self._clock()
        per_second = self._limit.per_minute / 60
        self._level = min(self._limit.burst, self._level + (now - self._at) * per_second)
        self._at = now
        if self._level >= 1:
            self._level -= 1
            return 0.0
        return (1 - self._level) / per_second

    @property
    def remaining(self) -> int:
        """How many requests may follow at once."""
        return math.floor(self._level)
