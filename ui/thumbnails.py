"""Pictures scaled down for pages: made when asked for, kept in memory only, so that erasing stays easy."""

import threading
from collections import OrderedDict

BUDGET_BYTES = 48 * 1024 * 1024


class ThumbnailCache:
    """The scaled pictures used last, within a budget of bytes. Safe for threads."""

    def __init__(self, budget: int = BUDGET_BYTES) -> None:
        self._budget = budget
        self._held: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def find(self, key: str, width: int) -> bytes | None:
        """What is held for this picture and width."""
        with self._lock:
            data = self._held.get((key, width))
            if data is not None:
                self._held.move_to_end((key, width))
            return data

    def keep(self, key: str, width: int, data: bytes) -> None:
        """Hold it, and let go of what was not asked for longest."""
        with self._lock:
            self._drop((key, width))
            self._held[(key, width)] = data
            self._size += len(data)
            while self._size > self._budget:
                self._drop(next(iter(self._held)))

    def forget(self, key: str) -> None:
        """Let go of every size of a picture."""
        with self._lock:
            for each in [held for held in self._held if held[0] == key]:
                self._drop(each)

    def _drop(self, which: tuple[str, int]) -> None:
        self._size -= len(self._held.pop(which, b""))
