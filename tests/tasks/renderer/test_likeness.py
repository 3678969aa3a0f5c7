"""The drawn person: still themselves, nobody else, in their own colors."""

import dataclasses

import cv2
import numpy as np
import pytest

from tasks.arrays import FloatArray
from tasks.face_mesh import OVAL
from tasks.perception.analysis import PersonAnalysis
from tasks.perception.analyze import analyze
from tasks.perception.faces import detect_faces
from tasks.perception.geometry import fill_polygon, scale_outline
from tasks.perception.identity import cosine, embedding
from tasks.perception.likeness.measure import Likeness, measure_likeness
from tasks.renderer.color import to_lab
from tasks.renderer.palette import palette_of
from tasks.renderer.pixels import as_float32
from tasks.styles.drawing import draw
from tests.support.color_difference import difference_of_lab
from tests.tasks.renderer.conftest import Drawn, Seen, pixels
from tests.tasks.renderer.style_slices import people_in_slices

PEOPLE = ("astronaut", "obama", "biden")
HERE = "tests/tasks/renderer/test_likeness.py"


def likeness(name: str, png: bytes, seen: Seen) -> float:
    """How much the person drawn is the person of a photo, -1..1."""
    picture = pixels(png)
    faces = detect_faces(picture)
    assert faces, "no face was drawn"
    return cosine(embedding(seen(name).image, seen(name).face), embedding(picture, faces[0]))


@pytest.mark.parametrize(
    ("style", "name"), people_in_slices(f"{HERE}::test_the_person_can_be_told_from_the_others", *PEOPLE)
)
def test_the_person_can_be_told_from_the_others(name: str, style: str, seen: Seen, drawn: Drawn) -> None:
    scores = {other: likeness(other, drawn(name, style), seen) for other in PEOPLE}
    assert max(scores, key=lambda other: scores[other]) == name


@pytest.mark.parametrize(
    ("style", "name"),
    people_in_slices(f"{HERE}::test_the_face_has_the_skin_of_the_photo_and_is_not_lighter", *PEOPLE),
)
def test_the_face_has_the_skin_of_the_photo_and_is_not_lighter(
    name: str, style: str, seen: Seen, drawn: Drawn
) -> None:
    """Cheeks and forehead of the drawing against those of the photo, each found anew in its picture."""
    own = np.median(_bare_face(seen(name)), axis=0)
    picture = np.median(_bare_face(analyze(pixels(drawn(name, style)))), axis=0)
    assert difference_of_lab(picture, own) < 9
    assert picture[0] < own[0] + 5


def _bare_face(analysis: PersonAnalysis) -> FloatArray:
    """Lab of the skin within the face, (N, 3)."""
    face = fill_polygon(analysis.skin.shape, scale_outline(analysis.mesh[OVAL], 0.8))
    bare = face & (analysis.skin > 0.9)
    return to_lab(as_float32(analysis.image) / 255)[bare]


def test_grey_photos_become_warm_drawings(seen: Seen) -> None:
    analysis = seen("obama")
    gray = cv2.cvtColor(cv2.cvtColor(analysis.image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    colors = dataclasses.replace(analysis.colors, skin=(analysis.colors.skin[0], 0.0, 0.0))
    old = dataclasses.replace(analysis, image=np.asarray(gray, np.uint8), monochrome=True, colors=colors)
    assert palette_of(old, 1.0).skin_lab[2] > 5
    face = _bare_face(analyze(pixels(draw(old, "watercolor", 0, {}))))
    assert np.median(face[:, 2]) > 5


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
    assert not {"blank", "no_face_drawn"} & set(judge(drawn("astronaut", "storybook")).warnings)
