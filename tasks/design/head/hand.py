"""A hand before the mouth, drawn with its sleeve instead of the mouth that it hides."""

import numpy as np

from tasks.arrays import BoolMask, Points
from tasks.design.body.dress import dress
from tasks.design.body.hands import HANDS
from tasks.design.geometry import area_of, as_points, spline, stroke
from tasks.design.head.context import HeadContext
from tasks.design.head.parts import drawn
from tasks.design.shapes import Material, Role, Shape
from tasks.face_mesh import MOUTH_BOTTOM
from tasks.perception.character_sheet import FaceClass

_LENGTH = 62.0  # head units of an adult's hand; a child's is smaller against its face
_LENGTH_SMALL = 50.0
_REACH = 0.78  # of the hand lies between its wrist and the middle of the mouth
_LEAN = 16.0  # degrees from upright
_FOREARM = 55.0  # head units below the chin: shoulders lie above
_LEAST_FOREARM = 150.0  # square head units
_SAME_TINT, _SHADED = 0.3, 0.5  # of the skin's tint; of its L*
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
    hand = HANDS["over"].placed(as_points(wrist)[0], degrees, size, -side)
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
    shapes += drawn("hand_line", lines, context.tone(-22, 9, 4), role=Role.PEN, clip="hand", opacity=0.8)
    return shapes + drawn("nail", hand.nails, context.tone(7, 3, -3), role=Role.LIGHT, clip="hand")


def _side(context: HeadContext) -> float:
    """1 if the arm comes from the right of the picture, -1 if from the left: where skin is seen below.

    A forearm before the clothes is surer than skin beside the chin: that may be a shoulder's.
    """
    sheet, beside = context.sheet, np.abs(context.side_map) < 80
    low = (context.height_map > _FOREARM) & beside & (sheet.person > 0.5) & _of_skin(context)
    if area_of(low) > _LEAST_FOREARM:
        return -1.0 if float(context.side_map[low].mean()) < 0 else 1.0
    below = (context.height_map > 4) & beside
    seen = sheet.skin * below * (sheet.share(FaceClass.NECK) < 0.5)
    weight = float((seen * context.side_map).sum())
    return -1.0 if weight < 0 else 1.0


def _of_skin(context: HeadContext) -> BoolMask:
    """HxW, what has the skin's tint in whatever light; the parser takes arms for clothes."""
    lab, (lightness, *tint) = context.sheet.lab, context.skin
    light = np.maximum(lab[..., 0] + 16, 24)[..., None]
    own = np.asarray(tint, np.float32) / np.float32(lightness + 16)
    apart = np.linalg.norm(lab[..., 1:] / light - own, axis=-1)
    dark = lab[..., 0] < _SHADED * lightness
    return np.asarray((apart < _SAME_TINT * float(np.linalg.norm(own))) & ~dark, np.bool_)


def _tube(start: Points, end: Points) -> Points:
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-3)
    across = np.array([-along[1], along[0]], np.float32)
    near, far = _SLEEVE
    return as_points([start + across * near, end + across * far, end - across * far, start - across * near])
