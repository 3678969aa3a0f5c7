"""Pixels with a watermark and XMP back as a file of the same type; what else the file held stays.

Of a PNG those are its resolution, its color space and the design (`tasks.media.design_chunk`): the picture is
still that of its design. A JPEG or WebP keeps its color space.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from tasks.arrays import BgrBytes
from tasks.marks.errors import MarksUnusable
from tasks.marks.jumbf import JPEG, PNG, WEBP
from tasks.media.design_chunk import CHUNK as DESIGN

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BEFORE_DATA = (b"cHRM", b"gAMA", b"iCCP", b"sRGB", b"pHYs")
_XMP_KEYWORD = b"XML:com.adobe.xmp"
# A drawing's even places cost nothing beside the row above; of filters this one leaves the mark the smallest.
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 6, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]
_QUALITY = 95  # a second compression should cost nothing that is seen

FORMATS = (PNG, JPEG, WEBP)


def marked_file(data: bytes, content_type: str, mark: Callable[[BgrBytes], BgrBytes], xmp: str) -> bytes:
    """The picture with its pixels changed by `mark`, and `xmp` in it. Raises MarksUnusable."""
    if content_type == PNG:
        return _marked_png(data, mark, xmp)
    return _marked_by_pillow(data, content_type, mark, xmp)


def _marked_png(data: bytes, mark: Callable[[BgrBytes], BgrBytes], xmp: str) -> bytes:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise _unreadable()
    done, encoded = cv2.imencode(".png", mark(_plain(pixels)), _PNG)
    assert done, "PNG encoding can't fail on a plain picture"
    new = dict(_joined(encoded.tobytes()))
    text = _XMP_KEYWORD + b"\0\0\0\0\0" + xmp.encode()
    before = [(kind, content) for kind, content in _chunks(data) if kind in _BEFORE_DATA]
    design = [(kind, content) for kind, content in _chunks(data) if kind == DESIGN]
    chunks = [
        (b"IHDR", new[b"IHDR"]),
        *before,
        (b"iTXt", text),
        (b"IDAT", new[b"IDAT"]),
        *design,
        (b"IEND", b""),
    ]
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _plain(pixels: np.ndarray) -> BgrBytes:
    """8 bits a channel, three channels or four."""
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    return np.asarray(pixels, np.uint8)


def _marked_by_pillow(
    data: bytes, content_type: str, mark: Callable[[BgrBytes], BgrBytes], xmp: str
) -> bytes:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "WEBP")) as opened:
            profile = opened.info.get("icc_profile")
            resolution = opened.info.get("dpi")
            has_alpha = opened.mode in ("RGBA", "LA", "P") and content_type == WEBP
            rgb = np.asarray(opened.convert("RGBA" if has_alpha else "RGB"))
    except (UnidentifiedImageError, OSError, ValueError):
        raise _unreadable() from None
    order = [2, 1, 0, 3][: rgb.shape[2]]
    picture = Image.fromarray(np.ascontiguousarray(mark(np.ascontiguousarray(rgb[..., order]))[..., order]))
    options: dict[str, object] = {"xmp": xmp.encode(), "quality": _QUALITY}
    if profile:
        options["icc_profile"] = profile
    if content_type == JPEG:
        options["subsampling"] = 0
        if resolution:
            options["dpi"] = resolution
    out = io.BytesIO()
    picture.save(out, "JPEG" if content_type == JPEG else "WEBP", **options)
    return out.getvalue()


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at + 12 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        yield kind, png[at + 8 : at + 8 + length]
        at += 12 + length


def _joined(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each kind of chunk once, the data in one."""
    found: dict[bytes, bytes] = {}
    for kind, content in _chunks(png):
        found[kind] = found.get(kind, b"") + content
    yield from found.items()


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def _unreadable() -> MarksUnusable:
    return MarksUnusable("This picture can't be read, so it can't be marked.", code="mark_unreadable")
