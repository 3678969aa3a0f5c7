"""Photos that were checked a moment ago, kept in memory so that the start needn't open them again."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from tasks.intake.normalize import NormalizedPhoto

LONGEST_SECONDS = 1800.0
MOST_BYTES = 48 * 1024 * 1024


def _on_a_timer(seconds: float, do: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, do)
    timer.daemon = True  # the studio ends when it is told to
    timer.start()


class CheckedPhotos:
    """The newest photos by upload key and chosen face, for half an hour at most: on a studio that nobody
    uses, too. Thread-safe. `later` calls a function after so many seconds.
    """

    def __init__(
        self,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], None] = _on_a_timer,
    ) -> None:
        self._most_bytes = most_bytes
        self._clock = clock
        self._later = later
        self._watched = False
        self._kept: OrderedDict[tuple[str, str], tuple[float, NormalizedPhoto]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, upload_key: str, face: int | str | None, photo: NormalizedPhoto) -> None:
        """Keep a photo that passed; the oldest ones go where there are too many bytes."""
        with self._lock:
            self._drop_old()
            self._kept[upload_key, _name(face)] = self._clock(), photo
            while sum(len(each.photo.data) for _, each in self._kept.values()) > self._most_bytes:
                self._kept.popitem(last=False)
            self._watch()

    def find(self, upload_key: str, face: int | str | None) -> NormalizedPhoto | None:
        """What `keep` kept under exactly this key and choice; None where it is too long ago."""
        with self._lock:
            self._drop_old()
            found = self._kept.get((upload_key, _name(face)))
            return found[1] if found else None

    def forget(self, upload_key: str) -> None:
        """Let go of all of an upload: it was used, or given up."""
        with self._lock:
            for key in [each for each in self._kept if each[0] == upload_key]:
                del self._kept[key]

    def _watch(self) -> None:
        """See to it that the oldest goes in time. One timer for all: the next begins when it ends."""
        if self._kept and not self._watched:
            self._watched = True
            oldest = min(since for since, _ in self._kept.values())
            self._later(max(1.0, oldest + LONGEST_SECONDS - self._clock()), self._let_go)

    def _let_go(self) -> None:
        with self._lock:
            self._watched = False
            self._drop_old()
            self._watch()

    def _drop_old(self) -> None:
        limit = self._clock() - LONGEST_SECONDS
        for key in [key for key, (since, _) in self._kept.items() if since <= limit]:
            del self._kept[key]


def _name(face: int | str | None) -> str:
    return "" if face is None else str(face)
