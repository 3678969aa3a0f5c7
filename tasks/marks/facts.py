"""What a mark says of a picture: how it came to be, never of whom it is."""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class DigitalSource(StrEnum):
    """IPTC's digital source types that we use, by their addresses.

    A provider's picture comes out of a trained model. The local engine's does not: networks measure the
    photo, but shapes and colors are painted by rules, "purely by an algorithm not based on any sampled
    training data" (algorithmicMedia). It is no algorithmicallyEnhanced either: that is for a photo whose main
    content is kept and corrected, and none of the photo's pixels are in a drawing.
    """

    TRAINED = _IPTC + "trainedAlgorithmicMedia"
    ALGORITHMIC = _IPTC + "algorithmicMedia"
    COMPOSITE = _IPTC + "compositeSynthetic"  # a sheet of pictures, of which a trained model made some


class Edit(StrEnum):
    """What was made of a picture after it was drawn."""

    CUT_OUT = "cut-out"
    PRINT = "print"
    SCALED = "scaled"


@dataclass(frozen=True)
class MarkFacts:
    """What is told. `photo`, `picture` and `parts` are keyed digests: a plain one would confirm a photo to
    whoever holds a copy of it. What is put together of several pictures has `parts`, and no number of its
    own: theirs are in its pixels.
    """

    mark_id: int | None
    source: DigitalSource
    provider: str
    model: str
    style: str
    style_version: str
    picture: str
    photo: str | None = None
    edit: Edit | None = None
    parts: tuple[str, ...] = ()

    @property
    def mark_hex(self) -> str:
        """The number as the record keeps it; empty where there is none."""
        return "" if self.mark_id is None else hex_of(self.mark_id)


def hex_of(mark_id: int) -> str:
    """A mark's 64 bits as 16 hexadecimal digits."""
    return f"{mark_id:016x}"


def mark_id_of(sha256: str, secret: bytes) -> int:
    """The number of the picture with this digest: the same each time, and of no meaning without the key."""
    return int.from_bytes(_keyed(b"mark", sha256, secret)[:8], "big")


def keyed_digest(sha256: str, secret: bytes) -> str:
    """A digest that only the key's holder can compare, as `hmac-sha256:…`."""
    return f"hmac-sha256:{_keyed(b'digest', sha256, secret).hex()}"


def _keyed(purpose: bytes, sha256: str, secret: bytes) -> bytes:
    return hmac.new(secret, purpose + b"\0" + sha256.encode(), hashlib.sha256).digest()
