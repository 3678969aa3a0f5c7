"""Signed, expiring links: who holds one may do that one thing, until it expires."""

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from tasks.errors import StoreError

SHORTEST_SECRET = 16  # bytes
LONGEST_LIFE = timedelta(days=7)  # what S3 allows, so that both stores promise the same


@dataclass(frozen=True)
class LinkSigner:
    """Signs and checks links with HMAC-SHA256 over everything that a link permits."""

    secret: bytes = field(repr=False)
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        if len(self.secret) < SHORTEST_SECRET:
            raise ValueError(f"the secret that signs links needs at least {SHORTEST_SECRET} bytes")

    def sign(self, method: str, key: str, expires: int | None, *terms: str) -> str:
        """The signature of a link for `method` and `key`, valid until `expires` (Unix seconds; None: it does
        not end).
        """
        permission = "\n".join(("storykin-link-1", method, key, str(expires), *terms))
        digest = hmac.digest(self.secret, permission.encode(), hashlib.sha256)
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    def check(self, signature: str, method: str, key: str, expires: int | None, *terms: str) -> None:
        """Raise StoreError `link_invalid` or `link_expired` unless the link is ours and still good."""
        ours = self.sign(method, key, expires, *terms)
        if not hmac.compare_digest(ours.encode(), signature.encode()):
            raise StoreError("This link is not valid. Go back and open the page again.", code="link_invalid")
        if expires is not None and expires <= self.clock():
            raise StoreError("This link has expired. Go back and open the page again.", code="link_expired")


def rounded_expiry(now: float, life: timedelta) -> int:
    """When a link made `now` shall expire: `life` later, rounded up by at most half of it.

    All links of one window are the same text, so a browser can keep the picture it has. Raises
    StoreError `bad_expiry` beyond seven days.
    """
    seconds = whole_seconds(life)
    window = max(1, seconds // 2)
    return (int(now) + seconds) // window * window + window


def whole_seconds(life: timedelta) -> int:
    """`life` in seconds, at least one; raises StoreError `bad_expiry` beyond seven days."""
    if life > LONGEST_LIFE:
        raise StoreError("A link to a picture can't be valid for more than seven days.", code="bad_expiry")
    return max(1, int(life.total_seconds()))
