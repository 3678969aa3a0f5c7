"""How long something has stayed the same while we were looking: by our own clock, and nobody else's."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class _Look:
    seen: object
    since: float


class Watch:
    """What was seen under each key, and since when it has been that."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looks: dict[str, _Look] = {}

    def unchanged_for(self, key: str, seen: object) -> float:
        """The seconds since `key` was first seen to be `seen`; 0 when this is the first time."""
        now = self._clock()
        before = self._looks.get(key)
        if before is None or before.seen != seen:
            self._looks[key] = _Look(seen, now)
            return 0.0
        return now - before.since

    def keep_only(self, keys: Collection[str]) -> None:
        """Forget all keys but these."""
        self._looks = {key: look for key, look in self._looks.items() if key in keys}

    def forget(self) -> None:
        """Begin anew: nothing can be said of a time in which we could not look."""
        self._looks.clear()
