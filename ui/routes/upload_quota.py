"""How much one client may upload in a while."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class UploadQuota:
    """At most `uploads` and `megabytes` for one client within `window_seconds`. Thread-safe, in memory."""

    uploads: int = 240  # four classes of children with their second tries
    megabytes: int = 2400
    window_seconds: float = 600.0
    clock: Callable[[], float] = time.monotonic
    _taken: dict[str, deque[tuple[float, int]]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, client: str, length: int) -> float | None:
        """Count an upload of `length` bytes; None when it is allowed, else the seconds until it may be."""
        now = self.clock()
        with self._lock:
            self._forget_before(now - self.window_seconds)
            taken = self._taken.get(client, deque())
            total = sum(size for _, size in taken) + length
            if taken and (len(taken) >= self.uploads or total > self.megabytes * 1024 * 1024):
                return taken[0][0] + self.window_seconds - now
            taken.append((now, length))
            self._taken[client] = taken
            return None

    def _forget_before(self, limit: float) -> None:
        for client in list(self._taken):
            taken = self._taken[client]
            while taken and taken[0][0] <= limit:
                taken.popleft()
            if not taken:
                del self._taken[client]
