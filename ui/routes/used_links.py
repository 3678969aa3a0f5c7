"""Links that are good for one upload."""

import time
from collections.abc import Callable


class UsedLinks:
    """The upload links of this process that were used, for as long as they would be good."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._used: dict[str, int] = {}

    def begin(self, key: str, expires: int) -> bool:
        """Take the link; False when it is taken."""
        now = self._clock()
        self._used = {used: until for used, until in self._used.items() if until > now}
        if key in self._used:
            return False
        self._used[key] = expires
        return True

    def undo(self, key: str) -> None:
        """Give the link back: nothing was kept."""
        self._used.pop(key, None)
