"""Signed links to photos and pictures, as the pages use them."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

from tasks.providers.protocols import Store
from tasks.providers.store.links import LinkSigner
from tasks.storage.scaled_copies import RECIPE
from ui.acting import acting_person
from ui.addresses import at

LINK_LIFE = timedelta(minutes=20)
# One link in ten minutes for one picture, so that a browser can keep what it has. A page that stood open for
# longer asks for new ones (studio.js).
_WINDOW_SECONDS = 600

WIDTHS = (240, 480, 960)  # pixels: a tile, a card, the large picture


class MediaLinks:
    """Links into the store, the same for ten minutes, and relative where the studio itself serves them."""

    SHARED_MINUTES = 60  # how long a link works that a person copies for someone else

    def __init__(
        self, store: Store, public_origin: str, secret: bytes, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._origin = public_origin.rstrip("/")
        self._signer = LinkSigner(secret, clock)
        self._clock = clock
        self._signed = lru_cache(maxsize=4096)(self._sign_original)

    def original(self, key: str) -> str:
        """A link to the bytes under `key`, good for at least ten minutes."""
        return self._signed(key, self._window())

    def scaled(self, sha256: str, width: int) -> str:
        """The address of the picture with this digest at most `width` (one of WIDTHS) pixels wide.

        It names what is shown, so it stays the same for good, and it opens for who was shown it alone: for
        the person, in the role, that this page is made for. It has no end of its own: whoever answers it asks
        whether they may still see that picture.
        """
        signature = self._signer.sign("SCALED", sha256, None, str(width), *_viewer())
        return at(f"/scaled/{width}/{RECIPE}/{sha256}.webp?s={signature}")

    def check_scaled(self, sha256: str, width: int, signature: str) -> None:
        """Raise StoreError `link_invalid` unless `scaled` made this link for who asks now."""
        self._signer.check(signature, "SCALED", sha256, None, str(width), *_viewer())

    def full(self, image_id: str) -> str:
        """A link to a picture in full size, with its marks: what is looked at closely can be saved.

        It opens for who was shown it alone, for at least ten minutes.
        """
        until = (self._window() + 2) * _WINDOW_SECONDS
        signature = self._signer.sign("FULL", image_id, until, *_viewer())
        return at(f"/pictures/{image_id}/full?e={until}&s={signature}")

    def check_full(self, image_id: str, expires: int, signature: str) -> None:
        """Raise StoreError `link_invalid` or `link_expired` unless `full` made this link for who asks now."""
        self._signer.check(signature, "FULL", image_id, expires, *_viewer())

    def shared(self, image_id: str) -> str:
        """A link to a picture for someone else, from this studio, good for SHARED_MINUTES."""
        until = int(self._clock()) + self.SHARED_MINUTES * 60
        return at(f"/shared/{image_id}?e={until}&s={self._signer.sign('SHARED', image_id, until)}")

    def check_shared(self, image_id: str, expires: int, signature: str) -> None:
        """Raise StoreError `link_invalid` or `link_expired` unless `shared` made this link."""
        self._signer.check(signature, "SHARED", image_id, expires)

    def _sign_original(self, key: str, _window: int) -> str:
        return self._store.presign_get(key, LINK_LIFE).removeprefix(self._origin)

    def _window(self) -> int:
        return int(self._clock()) // _WINDOW_SECONDS


def _viewer() -> tuple[str, str]:
    person = acting_person()
    return person.user_id or "", person.role or ""
