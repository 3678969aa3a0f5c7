"""What a parent sees of the glasses: square ones are square, round ones round, dark ones dark."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.arrays import Mask, Points
from tasks.design.geometry import area
from tasks.design.head.context import HeadContext
from tasks.design.head.eyewear import eyewear
from tasks.design.shapes import Role, Shape
from tasks.face_mesh import LEFT_EYE, RIGHT_EYE
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import FaceClass
from tests.support.heads import MESH, SKIN, Painted, box, head_sheet, oval

BLACK: Lab = (8.0, 0.0, 0.0)


def pair(shape: str, grow: float = 0.0) -> Mask:
    """Both lenses as a map."""
    masks = []
    for eye in (RIGHT_EYE, LEFT_EYE):
        x, y = MESH[eye].mean(0)
        wide, tall = 15.0 + grow, (12.0 if shape == "square" else 15.0) + grow
        square = shape == "square"
        masks.append(box(x - wide, y - tall, x + wide, y + tall) if square else oval(x, y, wide, tall))
    return np.maximum(*masks)


def worn(shape: str, through: Lab = SKIN) -> list[Painted]:
    """A dark rim, and what shows through the lenses."""
    return [(FaceClass.GLASSES, pair(shape), BLACK), (FaceClass.GLASSES, pair(shape, -2.0), through)]


def lenses(shapes: list[Shape]) -> list[Points]:
    return [shape.loops[0] for shape in shapes if shape.name in ("lens_right", "lens_left")]


def fullness(loop: Points) -> float:
    """How much of its box a loop fills: 0.785 for an ellipse, 1 for a rectangle."""
    return area(loop) / float(np.prod(np.ptp(loop, axis=0)))


def test_square_glasses_are_square_and_round_ones_round() -> None:
    square, round_ = (lenses(eyewear(HeadContext(head_sheet(*worn(s)), 1))) for s in ("square", "round"))
    assert len(square) == len(round_) == 2
    assert all(fullness(loop) > 0.9 for loop in square)
    assert all(fullness(loop) < 0.84 for loop in round_)


def test_glasses_sit_on_the_eyes_and_have_the_rims_color() -> None:
    shapes = eyewear(HeadContext(head_sheet(*worn("square")), 1))
    for loop, eye in zip(lenses(shapes), (RIGHT_EYE, LEFT_EYE), strict=True):
        assert (loop.min(0) + loop.max(0)) / 2 == pytest.approx(MESH[eye].mean(0), abs=2.0)
        assert np.ptp(loop, axis=0) == pytest.approx((30, 24), abs=4)
    rims = [shape.lab for shape in shapes if shape.name == "rim"]
    assert len(rims) == 2
    assert all(lab[0] < 25 for lab in rims)


def test_sunglasses_are_dark_and_clear_ones_are_not() -> None:
    dark = eyewear(HeadContext(head_sheet(*worn("round", (12.0, 1.0, 0.0))), 1))
    clear = eyewear(HeadContext(head_sheet(*worn("round")), 1))

    def opaque(shapes: list[Shape]) -> list[Shape]:
        named = [s for s in shapes if s.name in ("lens_right", "lens_left") and s.role is Role.FILL]
        return [shape for shape in named if shape.opacity > 0.9 and shape.lab[0] < 35]

    assert len(opaque(dark)) == 2
    assert opaque(clear) == []


def test_no_glasses_are_invented() -> None:
    assert eyewear(HeadContext(head_sheet(), 1)) == []


def test_in_a_profile_the_far_lens_is_not_drawn() -> None:
    ahead = head_sheet(*worn("round"))
    for yaw, kept in ((-0.85, "lens_left"), (0.85, "lens_right")):
        shapes = eyewear(HeadContext(replace(ahead, yaw=yaw), 1))
        assert {shape.name for shape in shapes if shape.name in ("lens_right", "lens_left")} == {kept}
        assert any(shape.name == "bridge" for shape in shapes)
