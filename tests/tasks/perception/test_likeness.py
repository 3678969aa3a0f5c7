"""The likeness measure passes the same person, and warns of strangers, blanks, copies and changed skin."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.perception.analyze import analyze
from tasks.perception.likeness import measure_likeness
from tasks.styles.drawing import draw

Portrait = Callable[[str], NDArray[np.uint8]]


def png(image: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".png", image)
    assert done
    return data.tobytes()


@pytest.fixture(scope="module")
def drawn(portrait: Portrait) -> bytes:
    return draw(analyze(portrait("astronaut")), "watercolor", 7, {})


def test_a_picture_of_the_same_person_passes(portrait: Portrait, drawn: bytes) -> None:
    found = measure_likeness(png(portrait("astronaut")), drawn, 0.45, monochrome=False)
    assert found.warnings == ()
    assert found.identity is not None and found.identity >= 0.45


def test_a_picture_of_somebody_else_is_not_alike(portrait: Portrait, drawn: bytes) -> None:
    found = measure_likeness(png(portrait("obama")), drawn, 0.45, monochrome=False)
    assert "not_alike" in found.warnings
    assert found.identity is not None and found.identity < 0.3


def test_a_blank_picture_is_said_to_be_blank(portrait: Portrait) -> None:
    blank = png(np.full((1024, 820, 3), 240, np.uint8))
    assert measure_likeness(png(portrait("obama")), blank, 0.30, monochrome=False).warnings == ("blank",)


def test_a_picture_without_a_face_is_said_to_have_none(portrait: Portrait) -> None:
    rows = np.linspace(0, 255, 1024, dtype=np.uint8)[:, None, None]
    sunset = png(np.broadcast_to(rows, (1024, 820, 3)).copy())
    found = measure_likeness(png(portrait("obama")), sunset, 0.30, monochrome=False)
    assert found.warnings == ("no_face_drawn",)


def test_the_photo_itself_is_no_drawing(portrait: Portrait) -> None:
    photo = portrait("obama")
    smaller = np.asarray(cv2.resize(photo, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA), np.uint8)
    found = measure_likeness(png(photo), png(smaller), 0.40, monochrome=False)
    assert "not_drawn" in found.warnings


def test_a_skin_that_moved_away_is_told_unless_the_photo_has_no_colour(
    portrait: Portrait, drawn: bytes
) -> None:
    picture = cv2.imdecode(np.frombuffer(drawn, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    lab = cv2.cvtColor(picture, cv2.COLOR_BGR2LAB).astype(np.int16)
    lab[..., 2] = np.clip(lab[..., 2] - 30, 0, 255)  # blue
    blue = png(np.asarray(cv2.cvtColor(lab.astype(np.uint8), cv2.COLOR_LAB2BGR), np.uint8))
    photo = png(portrait("astronaut"))
    assert "skin_shifted" in measure_likeness(photo, blue, 0.45, monochrome=False).warnings
    assert "skin_shifted" not in measure_likeness(photo, blue, 0.45, monochrome=True).warnings
