"""The decoder without its process: as it decides, and much faster where hundreds of files are tried."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tasks.photo import sandbox
from tasks.photo.decoder.packed import Rejected
from tasks.photo.formats import photo_format


@dataclass(frozen=True)
class Decoded:
    pixels: NDArray[np.uint8]
    notes: list[str]
    header: dict[str, Any]


def decoded_here(data: bytes, *, longest: int = 2048) -> Decoded:
    """What the decoding process would answer. PhotoRefused, Rejected, or what its decoder raises."""
    request = {"format": photo_format(data), "longest": longest, "crop": None, "turns": 0, "whole": False}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
        header, pixels = sandbox.opened(data, request)
    shaped = np.frombuffer(pixels, np.uint8).reshape(header["height"], header["width"], 3)
    return Decoded(shaped, header["notes"], header)


def code_here(data: bytes) -> str:
    """The code a file is rejected with by the decoder's own rules; "" when it is taken."""
    try:
        decoded_here(data)
    except Rejected as reason:
        return str(reason)
    return ""
