"""What a parent sees of caps, hats and veils: on the head, in their color, the face left free."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.arrays import Mask
from tasks.design.geometry import area_of, fill
from tasks.design.head.context import HeadContext
from tasks.design.head.headwear import headwear, headwear_back, kind_of
from tasks.design.shapes import Role, Shape
from tasks.perception.analysis import Lab, Reading
from tasks.perception.character_sheet import FaceClass, SheetTraits
from tests.support.heads import BROWN, box, face_mask, head_sheet, oval, short_hair

RED: Lab = (40.0, 42.0, 26.0)
KINDS = ("cap", "hat", "beanie", "helmet", "veil", "turban", "hood")


def crown(low: float = -92.0) -> Mask:
    return np.asarray(oval(0, -88, 50, 52) * box(-200, -300, 200, low), np.float32)


def scarf() -> Mask:
    """Cloth around the face and over the neck."""
    around = np.maximum(oval(0, -58, 58, 80), box(-60, -20, 60, 44))
    return np.asarray(around * (1 - oval(0, -52, 36, 53)), np.float32)


def filled(shapes: list[Shape]) -> Mask:
    mask = np.zeros_like(face_mask())
    for shape in shapes:
        if shape.role is Role.FILL:
            mask = np.maximum(mask, fill(*shape.loops))
    return mask


def in_hat(mask: Mask, *, kind: str | None = None, yaw: float = 0.0) -> HeadContext:
    sheet = head_sheet((FaceClass.HAT, mask, RED))
    traits = SheetTraits() if kind is None else SheetTraits(headwear=Reading(kind, 1.0))
    return HeadContext(replace(sheet, yaw=yaw, traits=traits), 1)


@pytest.mark.parametrize("kind", KINDS)
def test_headwear_covers_the_crown_in_its_color_and_leaves_eyes_and_mouth_free(kind: str) -> None:
    context = in_hat(scarf() if kind in ("veil", "hood") else crown(), kind=kind)
    shapes = headwear(context)
    mask = filled(shapes)
    assert area_of(mask * oval(0, -118, 28, 10)) > 0.95 * area_of(oval(0, -118, 28, 10))
    assert area_of(mask * box(-28, -74, 28, -20)) == 0
    base = next(shape.lab for shape in shapes if shape.name == "headwear")
    assert base == pytest.approx(RED, abs=4.0)


def test_a_veil_covers_the_neck() -> None:
    context = in_hat(scarf())
    assert kind_of(context) == "veil"
    mask = filled(headwear(context))
    assert area_of(mask * box(-18, 6, 18, 30)) > 0.95 * area_of(box(-18, 6, 18, 30))
    behind = filled(headwear_back(context))
    assert area_of(behind * box(-18, 6, 18, 30)) > 0.95 * area_of(box(-18, 6, 18, 30))


def test_a_veil_that_is_seen_as_clothes_is_worn_all_the_same() -> None:
    sheet = head_sheet((FaceClass.CLOTH, scarf(), RED))
    told = replace(sheet, traits=SheetTraits(headwear=Reading("hood", 0.8)))
    shapes = headwear(HeadContext(told, 1))
    above = oval(0, -118, 28, 10)
    assert area_of(filled(shapes) * above) > 0.95 * area_of(above)
    assert next(shape.lab for shape in shapes if shape.name == "headwear") == pytest.approx(RED, abs=6.0)
    assert not headwear(HeadContext(sheet, 1))  # a high collar is none, where nobody says so


def test_the_peak_of_a_cap_is_on_the_faces_side() -> None:
    ahead: list[float] = []
    for yaw in (-0.7, 0.7):
        shapes = headwear(in_hat(crown(), kind="cap", yaw=yaw))
        peak = next(shape.loops[0] for shape in shapes if shape.name == "headwear_brim")
        whole = next(shape.loops[0] for shape in shapes if shape.name == "headwear")
        ahead.append(float(peak[:, 0].mean() - whole[:, 0].mean()))
    assert ahead[0] < -8
    assert ahead[1] > 8


def test_a_wide_brim_is_seen_without_being_told() -> None:
    brimmed = np.maximum(crown(), oval(0, -94, 92, 9))
    assert kind_of(in_hat(brimmed)) == "hat"
    assert np.ptp(np.where(filled(headwear(in_hat(brimmed))).any(0))[0]) > 1.6 * np.ptp(
        np.where(crown().any(0))[0]
    )


def test_a_bow_is_no_headwear_and_a_bare_head_gets_none() -> None:
    bow = head_sheet((FaceClass.HAIR, short_hair(), BROWN), (FaceClass.HAT, oval(20, -122, 9, 6), RED))
    for sheet in (bow, head_sheet(), head_sheet((FaceClass.HAIR, short_hair(), BROWN))):
        assert headwear(HeadContext(sheet, 1)) == headwear_back(HeadContext(sheet, 1)) == []
