"""The drawn person: still themselves, nobody else, in their own colors."""

import dataclasses

import cv2
import numpy as np
import pytest

from tasks.perception.faces import detect_faces
from tasks.perception.identity import cosine, embedding
from tasks.perception.likeness.measure import Likeness, measure_likeness
from tasks.renderer.canvas import Canvas
from tasks.renderer.color import to_lab
from tasks.renderer.palette import palette_of
from tasks.renderer.pixels import as_float32
from tasks.styles.drawing import draw
from tasks.styles.packs import drawn_locally
from tests.tasks.renderer.conftest import Drawn, Seen, pixels
from tests.tasks.renderer.figures import figure_of

# What a good picture reaches, by measurement of the five; a pack that asks for less is not good enough.
MARKS = {"watercolor": 0.45, "colored-pencil": 0.45, "storybook": 0.40, "anime": 0.30, "flat": 0.30}
PEOPLE = ("astronaut", "obama", "biden")


def likeness(name: str, png: bytes, seen: Seen) -> float:
    """How much the person drawn is the person of a photo, -1..1."""
    picture = pixels(png)
    faces = detect_faces(picture)
    assert faces, "no face was drawn"
    return cosine(embedding(seen(name).image, seen(name).face), embedding(picture, faces[0]))


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("style", drawn_locally())
def test_the_person_can_be_recognised(name: str, style: str, seen: Seen, drawn: Drawn) -> None:
    assert likeness(name, drawn(name, style), seen) >= MARKS[style]


@pytest.mark.parametrize("style", drawn_locally())
def test_the_drawing_of_one_is_not_like_another(style: str, seen: Seen, drawn: Drawn) -> None:
    same = likeness("obama", drawn("obama", style), seen)
    assert likeness("biden", drawn("obama", style), seen) < 0.30 < same
    assert likeness("astronaut", drawn("obama", style), seen) < 0.30


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("style", drawn_locally())
def test_skin_and_hair_keep_the_colours_of_the_palette(
    name: str, style: str, seen: Seen, drawn: Drawn
) -> None:
    figure = figure_of(seen(name), style)
    drawing = to_lab(as_float32(pixels(drawn(name, style))) / 255)
    for region, target in ((figure.skin, figure.palette.skin_lab), (figure.hair, figure.palette.hair_lab)):
        assert target is not None
        solid = (region * figure.person * figure.fade > 0.85) & (Canvas().rows < figure.chin[1])
        median = np.median(drawing[solid], axis=0)
        assert abs(median[0] - target[0]) < 15, "lightness"
        assert np.hypot(median[1] - target[1], median[2] - target[2]) < 14, "hue and colourfulness"


def test_grey_photos_become_warm_drawings(seen: Seen) -> None:
    analysis = seen("obama")
    gray = cv2.cvtColor(cv2.cvtColor(analysis.image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    colors = dataclasses.replace(analysis.colors, skin=(analysis.colors.skin[0], 0.0, 0.0))
    old = dataclasses.replace(analysis, image=np.asarray(gray, np.uint8), monochrome=True, colors=colors)
    assert palette_of(old, 1.0).skin_lab[2] > 5
    assert likeness("obama", draw(old, "watercolor", 0, {}), seen) >= MARKS["watercolor"]


def test_a_colourful_person_before_a_grey_wall_keeps_their_colours(seen: Seen) -> None:
    mistaken = dataclasses.replace(seen("astronaut"), monochrome=True)
    assert palette_of(mistaken, 1.0).skin_lab == palette_of(seen("astronaut"), 1.0).skin_lab
    assert (palette_of(mistaken, 1.0).iris == palette_of(seen("astronaut"), 1.0).iris).all()


def test_a_drawing_that_failed_is_told_from_one_that_did_not(drawn: Drawn, seen: Seen) -> None:
    done, photo = cv2.imencode(".jpg", seen("astronaut").image)
    assert done
    blank = cv2.imencode(".png", np.full((1024, 820, 3), 244, np.uint8))[1].tobytes()
    scenery = pixels(drawn("astronaut", "storybook"))[:140].copy()
    faceless = cv2.imencode(".png", cv2.resize(scenery, (820, 1024)))[1].tobytes()

    def judge(png: bytes) -> Likeness:
        return measure_likeness(photo.tobytes(), png, 0.40, monochrome=False)

    assert judge(blank).warnings == ("blank",)
    assert judge(faceless).warnings == ("no_face_drawn",)
    assert not {"blank", "no_face_drawn", "not_alike"} & set(judge(drawn("astronaut", "storybook")).warnings)
