"""A hand before the mouth, drawn with its sleeve instead of the mouth that it hides."""

import numpy as np

from tasks.arrays import Points
from tasks.design.body.dress import dress
from tasks.design.body.hands import HANDS
from tasks.design.geometry import as_points, spline, stroke
from tasks.design.head.context import HeadContext
from tasks.design.head.parts import drawn
from tasks.design.shapes import Material, Role, Shape
from tasks.face_mesh import MOUTH_BOTTOM
from tasks.perception.character_sheet import FaceClass

_LENGTH = 62.0  # head units of an adult's hand; a child's is smaller against its face
_LENGTH_SMALL = 50.0
_REACH = 0.78  # of the hand lies between its wrist and the middle of the mouth
_LEAN = 24.0  # degrees from upright
_ELBOW = (58.0, 235.0)  # sideways of the wrist, and below the chin: beyond a bust's lower edge
_SLEEVE = (15.0, 25.0)  # half the width at the wrist and at the elbow
_CUFF = 8.0  # how far the sleeve begins below the wrist


def hand_before_mouth(context: HeadContext) -> list[Shape]:
    """Back to front: sleeve, hand, the lines between the fingers. Nothing if the mouth is seen."""
    if not context.mouth_hidden:
        return []
    side = _side(context)
    size = _LENGTH_SMALL if context.age.small else _LENGTH
    angle = np.radians(_LEAN)
    up = -np.cos(angle) * context.down - side * np.sin(angle) * context.across
    wrist = context.mesh[MOUTH_BOTTOM] - up * _REACH * size
    degrees = float(np.degrees(np.arctan2(up[1], up[0])))
    hand = HANDS["relaxed"].placed(as_points(wrist)[0], degrees, size, -side)
    _, palette = dress(context.sheet, context.skin, context.seed)
    elbow = as_points((wrist[0] + side * _ELBOW[0], _ELBOW[1]))[0]
    shapes = drawn(
        "sleeve_hand",
        _tube(as_points(wrist - up * _CUFF)[0], elbow),
        palette.main,
        Material.CLOTH,
        outline=1.1,
        shade=3.0,
    )
    shapes += drawn("hand", hand.loops, context.skin, outline=1.1, shade=2.0, cast=2.5)
    lines = [stroke(spline(line, closed=False), 1.2) for line in hand.lines]
    return shapes + drawn(
        "hand_line", lines, context.tone(-22, 9, 4), role=Role.PEN, clip="hand", opacity=0.8
    )


def _side(context: HeadContext) -> float:
    """1 if the arm comes from the right of the picture, -1 if from the left: where skin is seen below."""
    below = (context.height_map > 4) & (np.abs(context.side_map) < 80)
    seen = context.sheet.skin * below * (context.sheet.share(FaceClass.NECK) < 0.5)
    weight = float((seen * context.side_map).sum())
    return -1.0 if weight < 0 else 1.0


def _tube(start: Points, end: Points) -> Points:
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-3)
    across = np.array([-along[1], along[0]], np.float32)
    near, far = _SLEEVE
    return as_points([start + across * near, end + across * far, end - across * far, start - across * near])
