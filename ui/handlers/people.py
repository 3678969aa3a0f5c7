"""The people in a photo, cut out small, so that someone can say which of them is meant."""

import io
from base64 import b64encode
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tasks.photo_decode import decode_photo
from tasks.providers.local.faces import detect_faces

CROP_PIXELS = 144
MOST_FACES = 24  # beyond that nobody chooses from small pictures: the photo has to be cropped


@dataclass(frozen=True)
class FaceCrop:
    """One face; `number` counts from the left, 1 being the leftmost, as `normalise_photo` does."""

    number: int
    data_url: str  # never stored: it lives in the page that asks


def face_crops(data: bytes) -> tuple[FaceCrop, ...]:
    """Every face of an encoded photo, from the left. PhotoRefused when it can't be decoded."""
    pixels = decode_photo(data).pixels
    faces = detect_faces(np.ascontiguousarray(pixels[..., ::-1]))
    boxes = sorted((face.box for face in faces), key=lambda box: box[0] + box[2] / 2)
    picture = Image.fromarray(pixels)
    return tuple(
        FaceCrop(number, _cut(picture, box)) for number, box in enumerate(boxes[:MOST_FACES], start=1)
    )


def _cut(picture: Image.Image, box: tuple[float, float, float, float]) -> str:
    x, y, width, height = box
    half = 0.8 * max(width, height)
    centre_x, centre_y = x + width / 2, y + height / 2
    crop = picture.crop(
        (int(centre_x - half), int(centre_y - half), int(centre_x + half), int(centre_y + half))
    )
    small = crop.resize((CROP_PIXELS, CROP_PIXELS), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{b64encode(stream.getvalue()).decode()}"
