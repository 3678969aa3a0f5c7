"""What a parent sees of a beard: there when it was seen, in its color, beside the lips."""

import numpy as np
import pytest

from tasks.arrays import Mask
from tasks.design.geometry import area_of, fill, hull, shrunk
from tasks.design.head.beard import beard
from tasks.design.head.context import HeadContext
from tasks.design.shapes import Shape
from tasks.face_mesh import LIPS
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import FaceClass
from tests.support.heads import MESH, box, face_mask, head_sheet, oval

WHITE: Lab = (82.0, 1.0, 4.0)
BLACK: Lab = (16.0, 3.0, 5.0)
WORDS = ("moustache", "goatee", "beard")


def bearded(word: str, color: Lab = BLACK) -> HeadContext:
    jaw = face_mask() * box(-60, -44, 60, 10) * (1 - fill(hull(MESH[LIPS])))
    return HeadContext(head_sheet((FaceClass.SKIN, jaw, color), facial_hair=word, age_band="adult"), 1)


def covered(shapes: list[Shape]) -> Mask:
    mask = np.zeros_like(face_mask())
    for shape in shapes:
        if shape.name == "beard":
            mask = np.maximum(mask, fill(*shape.loops))
    return mask


def test_no_beard_is_invented() -> None:
    for word in ("none", "unheard"):
        words = {} if word == "unheard" else {"facial_hair": word}
        assert beard(HeadContext(head_sheet(age_band="adult", **words), 1)) == []  # type: ignore[arg-type]
    assert beard(HeadContext(head_sheet(facial_hair="beard", age_band="child"), 1)) == []


@pytest.mark.parametrize("word", WORDS)
def test_a_beard_leaves_the_lips_free(word: str) -> None:
    mask = covered(beard(bearded(word)))
    assert area_of(mask) > 60
    assert area_of(mask * shrunk(fill(MESH[LIPS]), 1.5)) < 8


def test_each_beard_is_where_it_grows() -> None:
    chin, lip, jaw = oval(0, -4, 8, 4), oval(0, -41, 9, 2), oval(-31, -18, 3, 3)
    for word, places in (("moustache", (lip,)), ("goatee", (lip, chin)), ("beard", (lip, chin, jaw))):
        mask = covered(beard(bearded(word)))
        for place in (chin, lip, jaw):
            there = area_of(mask * place) / area_of(place)
            assert there > 0.6 if any(place is p for p in places) else there < 0.3


@pytest.mark.parametrize("color", [WHITE, BLACK])
def test_a_beard_has_its_own_color(color: Lab) -> None:
    base = next(shape.lab for shape in beard(bearded("beard", color)) if shape.name == "beard")
    assert base == pytest.approx(color, abs=6.0)
