"""The nose: its underside, wings and nostrils, and the one line of its bridge."""

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import as_points, ellipse, spline, stroke
from tasks.design.head.context import TURNED, HeadContext
from tasks.design.head.parts import drawn, skin_pen
from tasks.design.shapes import Role, Shape
from tasks.face_mesh import NOSTRILS

_WINGS = ((49, 48, 64, 98), (279, 278, 294, 327))  # right, left: around the wing, down to its foot
_HOLES = ((97, 98), (326, 327))  # a nostril lies between
_BRIDGE = (197, 195, 5)
_FAR = 0.5  # |yaw| from which the far wing is hidden by the nose itself


def nose(context: HeadContext) -> list[Shape]:
    """Back to front: the underside's tone, the bridge, wings, nostrils, the light on the tip."""
    yaw, pen = context.sheet.yaw, context.age.pen
    shapes = drawn(
        "nose_under", _underside(context), context.tone(-11, 6, 3), role=Role.SHADE, clip="head", opacity=0.8
    )
    shapes += _bridge(context)
    hidden = (yaw < -_FAR, yaw > _FAR)
    for side in (0, 1):
        if hidden[side]:
            continue
        wing = spline(context.mesh[list(_WINGS[side])], closed=False)
        shapes += skin_pen("nose_wing", stroke(wing, 1.4 * pen), context.tone(-21, 9, 5))
        shapes += skin_pen("nostril", _nostril(context, side), context.tone(-33, 10, 5), 0.9)
    return shapes


def _underside(context: HeadContext) -> Points:
    lower = context.mesh[list(NOSTRILS)] + 0.6 * context.down
    upper = context.mesh[[290, 94, 60]] - 2.0 * context.down
    return spline(np.vstack([lower, upper]))


def _nostril(context: HeadContext, side: int) -> Points:
    inner, outer = context.mesh[list(_HOLES[side])]
    middle = as_points(0.55 * inner + 0.45 * outer - context.down)[0]
    along = outer - inner
    size = 1.0 if context.age.years >= 12 else 0.85
    return ellipse(middle, 2.4 * size, 1.1 * size, angle=float(np.arctan2(along[1], along[0])), count=20)


def _bridge(context: HeadContext) -> list[Shape]:
    """On the side that lies in shade; a turned nose shows its profile on the far side."""
    sheet = context.sheet
    if context.age.small and abs(sheet.yaw) < _FAR:
        return []
    turned = float(np.clip(sheet.yaw, -1, 1))
    if abs(turned) > TURNED:
        side, path = float(np.sign(turned)), [168, 6, *_BRIDGE, 4]
    else:
        side, path = _shaded_side(context), list(_BRIDGE)
    line = context.mesh[path] + context.across * side * 5.0 * (1 - min(1.0, abs(turned)))
    bridge = stroke(spline(line, closed=False), 1.4 * context.age.pen)
    return skin_pen("nose_bridge", bridge, context.tone(-12, 5, 3), 0.35 if context.age.small else 0.7)


def _shaded_side(context: HeadContext) -> float:
    """-1 if the face is darker on the left of the picture, else 1."""
    left = context.bare & (context.side_map < 0)
    right = context.bare & (context.side_map >= 0)
    if not left.any() or not right.any():
        return 1.0
    lightness = context.sheet.lab[..., 0]
    return -1.0 if np.median(lightness[left]) < np.median(lightness[right]) else 1.0
