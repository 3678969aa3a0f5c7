"""What a finished picture is, read from its bytes."""

import io

import numpy as np
from PIL import Image

from tasks.arrays import RgbBytes
from tasks.errors import CallFailed, PhotoRefused
from tasks.photo.decode import finished_picture

MOST_PIXELS = 40_000_000


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, after decoding all of it. CallFailed (`bad_output`) if it is no picture.

    What is broken beside the pixels, or ends too early, is a picture as far as it can be decoded.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise CallFailed("The provider's picture is far too large.", code="bad_output")
            picture.load()
            return picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        pass
    try:
        finished = finished_picture(data)
    except PhotoRefused:
        raise CallFailed("The provider sent something that is not a picture.", code="bad_output") from None
    return finished.width, finished.height


def picture_pixels(data: bytes) -> RgbBytes:
    """The RGB pixels of a finished picture, as `picture_size` judges it. CallFailed."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as picture:
            return np.asarray(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        pass
    try:
        return finished_picture(data).pixels
    except PhotoRefused:
        raise CallFailed("This is not a picture.", code="bad_output") from None
