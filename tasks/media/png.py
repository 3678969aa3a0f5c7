"""Drawings as PNG bytes."""

import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, Mask
from tasks.media.placement import PRINT, Drawing

_COMPRESSION = 4
_CHUNK_BEFORE_DATA = 33  # bytes of signature and header
_PRINT_PER_METER = 11811  # pixels: 300 dpi


def picture_png(sheet: BgrBytes) -> bytes:
    """The finished sheet, (H, W, 3)."""
    return _encoded(sheet)


def cut_out_png(drawing: Drawing) -> bytes:
    """The person alone, with straight alpha."""
    return _encoded(np.dstack([drawing.figure, drawing.alpha]))


def matte_png(picture: BgrBytes, matte: Mask) -> bytes:
    """Who is in a picture, (H, W, 3), by their matte, with straight alpha."""
    return _encoded(np.dstack([picture, np.asarray(np.round(matte * 255), np.uint8)]))


def _encoded(pixels: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION])
    assert done, "PNG encoding can't fail on a plain picture"
    return _with_resolution(data.tobytes(), pixels.shape[1])


def _with_resolution(png: bytes, width: int) -> bytes:
    """A picture of print size says 300 dpi, so that programs lay it out at its size in the book."""
    if width != PRINT[0]:
        return png
    payload = b"pHYs" + _PRINT_PER_METER.to_bytes(4, "big") * 2 + b"\x01"
    chunk = (9).to_bytes(4, "big") + payload + zlib.crc32(payload).to_bytes(4, "big")
    return png[:_CHUNK_BEFORE_DATA] + chunk + png[_CHUNK_BEFORE_DATA:]
