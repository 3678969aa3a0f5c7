"""Groups of people whose photos we have, lying in any way in a file, and which of them a picture shows."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.perception.faces import detect_faces
from tasks.perception.identity import cosine, embedding
from tests.support.bad_photos import PHOTOS, encoded, pasted, pixels_of

NAMES = ("obama", "biden", "astronaut")
# What must be done to a picture so that a viewer that obeys this EXIF orientation shows it as it was.
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def group(*names: str, side: int = 420) -> Image.Image:
    """The named people side by side, from the left."""
    return pasted(*(_portrait(name).resize((side, side)) for name in names))


def lying(picture: Image.Image, *, quarters: int = 0, mirrored: bool = False, orientation: int = 1) -> bytes:
    """A JPEG of the picture turned against the clock and mirrored, stored with an EXIF orientation."""
    if mirrored:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture = picture.rotate(90 * quarters, expand=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    transposition = STORED_AS[orientation]
    if transposition is not None:
        picture = picture.transpose(transposition)
    return encoded(picture, quality=92, exif=exif.tobytes())


def who_is_in(data: bytes) -> str:
    """Whose face is the main one in an encoded picture."""
    return who_is_on(pixels_of(data))


def who_is_on(pixels: NDArray[np.uint8]) -> str:
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    face = detect_faces(bgr)[0]
    seen = embedding(bgr, face)
    return max(NAMES, key=lambda name: cosine(seen, _known(name)))


@cache
def _known(name: str) -> NDArray[np.float32]:
    bgr = cv2.imread(str(PHOTOS / f"{name}.jpg"))
    assert bgr is not None
    image = np.asarray(bgr, np.uint8)
    return embedding(image, detect_faces(image)[0])


@cache
def _portrait(name: str) -> Image.Image:
    """The head and shoulders of somebody, square."""
    with Image.open(PHOTOS / f"{name}.jpg") as opened:
        image = opened.convert("RGB")
    x, y, width, height = detect_faces(np.asarray(image)[..., ::-1].copy())[0].box
    half = 1.1 * max(width, height)
    middle_x, middle_y = x + width / 2, y + height / 2
    half = min(half, middle_x, middle_y, image.width - middle_x, image.height - middle_y)
    left, top = int(middle_x - half), int(middle_y - half)
    return image.crop((left, top, left + int(2 * half), top + int(2 * half)))
