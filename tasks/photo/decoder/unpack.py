"""Taking a picture file apart, whatever its format."""

from tasks.photo.decoder.heif import unpacked_heif
from tasks.photo.decoder.jpeg import unpacked_jpeg
from tasks.photo.decoder.packed import Packed
from tasks.photo.decoder.png import unpacked_png
from tasks.photo.decoder.webp import unpacked_webp

# As large as phones make them (48 megapixels, as HEIC or JPEG), and no larger than about 400 MB to open.
MAX_PIXELS = {
    "AVIF": 40_000_000,
    "HEIF": 50_000_000,
    "JPEG": 50_000_000,
    "PNG": 40_000_000,
    "WEBP": 25_000_000,
}


def unpacked(data: bytes, kind: str) -> Packed:
    """The picture file taken apart. Rejected, or any error of a file that is broken where it counts."""
    if kind == "JPEG":
        return unpacked_jpeg(data)
    if kind == "PNG":
        return unpacked_png(data, MAX_PIXELS["PNG"])
    return unpacked_webp(data) if kind == "WEBP" else unpacked_heif(data)
