"""Pictures scaled down for a screen."""

import io

from PIL import Image

from tasks.photo.pixels import picture_pixels

QUALITY = 84


def scaled_webp(data: bytes, width: int) -> bytes:
    """An encoded picture of ours as WEBP, at most `width` pixels wide."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as picture:
            picture.draft("RGB", (width, width))
            picture_rgb = picture.convert("RGB")
    except (OSError, ValueError, SyntaxError):  # paid for and kept as it came, whatever is broken in it
        picture_rgb = Image.fromarray(picture_pixels(data))
    if picture_rgb.width > width:
        height = max(1, round(picture_rgb.height * width / picture_rgb.width))
        picture_rgb = picture_rgb.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    stream = io.BytesIO()
    picture_rgb.save(stream, "WEBP", quality=QUALITY, method=4)
    return stream.getvalue()
