"""Signed links to photos and pictures, as the pages use them."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

from tasks.providers.protocols import Store
from tasks.providers.store.links import LinkSigner

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

    def scaled(self, key: str, width: int) -> str:
        """A link to the picture under `key` at most `width` (one of WIDTHS) pixels wide, from this studio."""
        until = (self._window() + 2) * _WINDOW_SECONDS
        signature = self._signer.sign("SCALED", key, until, str(width))
        return f"/scaled/{width}/{key}?e={until}&s={signature}"

    def check_scaled(self, key: str, width: int, expires: int, signature: str) -> None:
        """Raise StoreError `link_invalid` or `link_expired` unless `scaled` made this link."""
        self._signer.check(signature, "SCALED", key, expires, str(width))

    def shared(self, image_id: str) -> str:
        """A link to a picture for someone else, from this studio, good for SHARED_MINUTES."""
        until = int(self._clock()) + self.SHARED_MINUTES * 60
        return f"/shared/{image_id}?e={until}&s={self._signer.sign('SHARED', image_id, until)}"

    def check_shared(self, image_id: str, expires: int, signature: str) -> None:
        """Raise StoreError `link_invalid` or `link_expired` unless `shared` made this link."""
        self._signer.check(signature, "SHARED", image_id, expires)

    def _sign_original(self, key: str, _window: int) -> str:
        return self._store.presign_get(key, LINK_LIFE).removeprefix(self._origin)

    def _window(self) -> int:
        return int(self._clock()) // _WINDOW_SECONDS
