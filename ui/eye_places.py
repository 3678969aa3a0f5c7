"""Where the eyes are in photos and pictures: looked for once a picture, beside the requests.

Kept in memory only, so that erasing stays easy.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from db.errors import UserFacingError
from db.log import Log
from tasks.errors import CallFailed, PhotoRefused
from tasks.storage.binding import RecordAndStore
from tasks.storage.verified_bytes import verified_bytes

if TYPE_CHECKING:
    from tasks.review.eyes import Eyes

log = Log("review")

KEPT = 20_000  # pictures: four numbers each
_LOST = frozenset({"object_missing", "store_damaged", "bad_key"})  # no second look finds more


@dataclass(frozen=True)
class LookedAt:
    """A picture to look at: its content address, where it is kept, and what it was drawn with."""

    sha256: str
    storage_key: str
    style: str = ""
    parameters: Mapping[str, Any] | None = None


class EyePlaces:
    """What is known of pictures' eyes, by content address. Safe for threads."""

    def __init__(
        self, pair: RecordAndStore, look: "Callable[[bytes, LookedAt], Eyes | None] | None" = None
    ) -> None:
        self._pair = pair
        self._look = look or _look
        self._known: OrderedDict[str, Eyes | None] = OrderedDict()
        self._asked: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="eyes")  # one: it shares the machine with runs

    def find(self, picture: LookedAt) -> "tuple[bool, Eyes | None]":
        """Whether the picture has been looked at, and its eyes; what has not been is looked at soon."""
        with self._lock:
            if picture.sha256 in self._known:
                self._known.move_to_end(picture.sha256)
                return True, self._known[picture.sha256]
            if picture.sha256 not in self._asked:
                self._ask(picture)
        return False, None

    def close(self) -> None:
        """Look at nothing more: the studio stops, and would wait for every look that is still asked for."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, picture: LookedAt) -> None:
        if not self._closed:
            self._asked.add(picture.sha256)
            self._pool.submit(self._find, picture)

    def _find(self, picture: LookedAt) -> None:
        found: Eyes | None = None
        final = True
        try:
            found = self._look(verified_bytes(self._pair, picture.storage_key), picture)
        except UserFacingError as error:
            log.info("picture not looked at", code=error.code)
            # A busy decoder, or a store or record that is away, says nothing of the picture.
            final = isinstance(error, PhotoRefused | CallFailed) or error.code in _LOST
        except Exception as error:
            log.error("picture not looked at", error=error)
            final = False
        with self._lock:
            self._asked.discard(picture.sha256)
            if not final:
                return
            self._known[picture.sha256] = found
            while len(self._known) > KEPT:
                self._known.popitem(last=False)


def _look(data: bytes, picture: LookedAt) -> "Eyes | None":
    from tasks.review.eyes import eyes_in  # noqa: PLC0415 - cv2 is slow to import

    parameters = picture.parameters or {}
    seed = parameters.get("seed")
    style = picture.style if isinstance(seed, int) else ""
    return eyes_in(data, style=style, seed=seed if isinstance(seed, int) else 0, parameters=parameters)
