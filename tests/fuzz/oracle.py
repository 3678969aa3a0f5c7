"""What a reference decoder makes of a file, and whether we do as well."""

import io
import warnings

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tasks.errors import PhotoRefused
from tasks.photo.decoder.packed import Rejected
from tests.support.color_difference import mean_difference
from tests.support.decoding import decoded_here

Pixels = NDArray[np.uint8]


def complaint(data: bytes) -> str:
    """What is wrong with our answer for this file; "" when it is fine, or no reference decoder takes it."""
    references = [each for each in (_pillow(data), _opencv(data)) if each is not None]
    if not references:
        return ""
    try:
        ours = decoded_here(data)
    except (PhotoRefused, Rejected) as refused:
        return f"refused: {getattr(refused, 'code', refused)}"
    except Exception as error:
        return f"not decoded: {type(error).__name__}"
    rows = ours.pixels.shape[0]
    if rows < references[0].shape[0] and "cut_short" not in ours.notes:
        return f"{rows} rows without a word"
    apart = min(_apart(ours.pixels, each) for each in references)
    return "" if apart <= 2 else f"{apart:.1f} apart"


def _apart(ours: Pixels, reference: Pixels) -> float:
    rows = ours.shape[0]
    if ours.shape[1] != reference.shape[1] or rows > reference.shape[0]:
        return 99.0
    return mean_difference(ours, reference[:rows])


def _pillow(data: bytes) -> Pixels | None:
    pillow_heif.register_heif_opener()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
            picture.load()
            return _on_white(ImageOps.exif_transpose(picture))
    except Exception:
        return None


def _opencv(data: bytes) -> Pixels | None:
    """OpenCV on the formats it refuses when they are incomplete."""
    if data[:4] not in (b"\x89PNG", b"RIFF"):
        return None
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image[..., ::-1], np.uint8)


def _on_white(picture: Image.Image) -> Pixels:
    if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA"):
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture)
    return np.asarray(picture.convert("RGB"))
