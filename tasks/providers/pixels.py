"""What a finished picture is, read from its bytes."""

import io

from PIL import Image, UnidentifiedImageError

from tasks.errors import CallFailed

MOST_PIXELS = 40_000_000


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, after decoding all of it. CallFailed (`bad_output`) if it is no picture."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise CallFailed("The provider's picture is far too large.", code="bad_output")
            picture.load()
            return picture.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        raise CallFailed("The provider sent something that is not a picture.", code="bad_output") from None
