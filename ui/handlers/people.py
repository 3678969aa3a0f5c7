"""The people in a photo, cut out small, so that someone can say which of them is meant."""

import io
from base64 import b64encode

from PIL import Image

from tasks.intake.normalize import people_in
from ui.views.new import FaceThumbnail

CROP_PIXELS = 144
MOST_FACES = 24  # beyond that nobody chooses from small pictures: the photo has to be cropped


def face_thumbnails(data: bytes) -> tuple[FaceThumbnail, ...]:
    """Every face of an encoded photo, from the left. PhotoRefused when it can't be decoded or shows none."""
    found = people_in(data)
    picture = Image.fromarray(found.pixels)
    return tuple(
        FaceThumbnail(person.number, _cut(picture, person.face.box), person.choice)
        for person in found.people[:MOST_FACES]
    )


def _cut(picture: Image.Image, box: tuple[float, float, float, float]) -> str:
    x, y, width, height = box
    half = 0.8 * max(width, height)
    center_x, center_y = x + width / 2, y + height / 2
    crop = picture.crop(
        (int(center_x - half), int(center_y - half), int(center_x + half), int(center_y + half))
    )
    small = crop.resize((CROP_PIXELS, CROP_PIXELS), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{b64encode(stream.getvalue()).decode()}"
