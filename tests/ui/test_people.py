"""The people in a photo, cut out small."""

import io
from base64 import b64decode
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from flows.launch.demo import PHOTO
from tasks.errors import PhotoRefused
from tests.tasks.local.conftest import weights
from ui.handlers.people import CROP_PIXELS, face_crops

__all__ = ["weights"]


def side_by_side(*pictures: Image.Image) -> bytes:
    whole = Image.new("RGB", (sum(each.width for each in pictures), pictures[0].height))
    left = 0
    for each in pictures:
        whole.paste(each, (left, 0))
        left += each.width
    stream = io.BytesIO()
    whole.save(stream, "JPEG", quality=92)
    return stream.getvalue()


def picture_in(data_url: str) -> Image.Image:
    return Image.open(io.BytesIO(b64decode(data_url.removeprefix("data:image/jpeg;base64,"))))


def test_faces_are_numbered_from_the_left_and_cut_square(weights: Path) -> None:
    bright = Image.open(PHOTO).convert("RGB")
    bright.thumbnail((700, 700))
    dim = bright.point(lambda level: level * 0.6)
    crops = face_crops(side_by_side(dim, bright))
    assert [crop.number for crop in crops] == [1, 2]
    pictures = [picture_in(crop.data_url) for crop in crops]
    assert {picture.size for picture in pictures} == {(CROP_PIXELS, CROP_PIXELS)}
    left, right = (sum(ImageStat.Stat(picture).mean) for picture in pictures)
    assert left < right  # the dim one stands on the left


def test_what_is_no_picture_has_no_people() -> None:
    with pytest.raises(PhotoRefused):
        face_crops(b"no picture")
