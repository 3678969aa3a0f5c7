"""What a parent sees of the hair: it is where it was, in its color, and ends in locks."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.arrays import Mask
from tasks.design.geometry import area, area_of, fill
from tasks.design.head.context import HeadContext
from tasks.design.head.hair import hair
from tasks.design.head.hair_back import hair_back
from tasks.design.shapes import Role, Shape
from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import FaceClass, SheetTraits, unit_grid
from tests.support.heads import BROWN, SKIN, box, face_mask, head_sheet, oval, short_hair


def covered(shapes: list[Shape], role: Role = Role.FILL) -> Mask:
    """Where some shapes lie, those of the shadow on the skin left out."""
    mask = np.zeros_like(face_mask())
    for shape in shapes:
        if shape.role is role and shape.name != "hair_cast":
            mask = np.maximum(mask, fill(*shape.loops))
    return mask


def long_hair() -> Mask:
    return np.maximum(short_hair(), np.maximum(box(-52, -75, -36, 60), box(36, -75, 52, 60)))


def test_hair_covers_where_hair_was_seen_and_not_the_face() -> None:
    for mask in (short_hair(), long_hair()):
        drawn = covered(hair(HeadContext(head_sheet((FaceClass.HAIR, mask, BROWN)), 1)))
        assert area_of(drawn * mask) > 0.95 * area_of(mask)
        assert area_of(drawn * oval(0, -40, 24, 38)) == 0


def test_hair_has_the_measured_color_and_is_not_lightened() -> None:
    for color in (BROWN, (9.0, 2.0, 3.0), (82.0, 1.0, 4.0)):
        shapes = hair(HeadContext(head_sheet((FaceClass.HAIR, short_hair(), color)), 1))
        base = next(shape.lab for shape in shapes if shape.name == "hair")
        assert base == pytest.approx(color, abs=2.5)


def test_a_bald_head_gets_no_hair() -> None:
    context = HeadContext(head_sheet((FaceClass.SKIN, short_hair(), (66.0, 13.0, 19.0))), 1)
    assert hair(context) == []
    assert hair_back(context) == []


def test_long_hair_goes_on_behind_the_neck() -> None:
    context = HeadContext(head_sheet((FaceClass.HAIR, long_hair(), BROWN)), 1)
    behind = covered(hair_back(context))
    assert area_of(behind * box(-20, 8, 20, 24)) > 0.9 * area_of(box(-20, 8, 20, 24))


def test_long_hair_ends_in_locks_not_in_a_cut() -> None:
    drawn = covered(hair(HeadContext(head_sheet((FaceClass.HAIR, long_hair(), BROWN)), 1)))
    x, y = unit_grid()
    lowest = [float(y[(drawn > 0.5) & (np.abs(x - at) < 1)].max()) for at in np.arange(38, 52, 2)]
    assert np.ptp(lowest) > 2.5
    assert max(lowest) > 61


def test_a_crown_that_the_photo_cuts_is_round() -> None:
    x, y = unit_grid()
    inside = np.asarray(y > -100, np.float32)
    drawn = covered(hair(HeadContext(head_sheet((FaceClass.HAIR, short_hair(), BROWN), inside=inside), 1)))
    top = [float(y[(drawn > 0.5) & (np.abs(x - at) < 1)].min()) for at in (-30, -15, 0, 15, 30)]
    assert top[2] < top[1] < top[0] < -100
    assert top[2] < top[3] < top[4] < -100
    assert top[2] < -115


def test_a_crown_that_the_photo_just_touches_gets_no_peak() -> None:
    _, y = unit_grid()
    whole = covered(hair(HeadContext(head_sheet((FaceClass.HAIR, short_hair(), BROWN)), 1)))
    own_top = float(y[whole > 0.5].min())
    inside = np.asarray(y > own_top + 4, np.float32)
    drawn = covered(hair(HeadContext(head_sheet((FaceClass.HAIR, short_hair(), BROWN), inside=inside), 1)))
    assert float(y[drawn > 0.5].min()) == pytest.approx(own_top, abs=3)


def test_hair_of_a_neighbor_is_left_out() -> None:
    theirs = np.maximum(oval(118, -70, 34, 40), box(40, -80, 90, -77))  # joined by a thread
    both = np.maximum(short_hair(), theirs)
    drawn = covered(hair(HeadContext(head_sheet((FaceClass.HAIR, both, BROWN)), 1)))
    assert area_of(drawn * oval(118, -70, 34, 40)) == 0


def test_hair_is_the_same_twice() -> None:
    first, second = (hair(HeadContext(head_sheet((FaceClass.HAIR, long_hair(), BROWN)), 1)) for _ in "ab")
    assert [shape.name for shape in first] == [shape.name for shape in second]
    for a, b in zip(first, second, strict=True):
        assert all(np.array_equal(p, q) for p, q in zip(a.loops, b.loops, strict=True))


def test_curly_hair_has_a_bumpy_outline_and_no_straight_strand() -> None:
    def outline(texture: str) -> tuple[float, list[Shape]]:
        sheet = head_sheet((FaceClass.HAIR, oval(0, -72, 62, 62), BROWN), (FaceClass.SKIN, face_mask(), SKIN))
        traits = SheetTraits(hair_texture=Reading(texture, 1.0))
        shapes = hair(HeadContext(replace(sheet, traits=traits), 1))
        loop = max((s for s in shapes if s.name == "hair"), key=lambda s: area(s.loops[0])).loops[0]
        upper = loop[loop[:, 1] < -95]
        turns = np.diff(np.unwrap(np.arctan2(*np.diff(upper, axis=0).T)))
        return float(np.abs(turns[np.abs(turns) < 1.5]).sum()), shapes

    smooth, _ = outline("straight")
    for texture in ("curly", "coily"):
        bumpy, shapes = outline(texture)
        assert bumpy > 2 * smooth
        assert not any(shape.name == "hair_strand" for shape in shapes)
