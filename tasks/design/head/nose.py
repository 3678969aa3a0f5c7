"""The nose: its wings and nostrils, and the one line of its bridge where it is turned."""

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import as_points, ellipse, spline, stroke
from tasks.design.head.context import TURNED, HeadContext
from tasks.design.head.parts import skin_pen
from tasks.design.shapes import Shape

_WINGS = ((49, 48, 64, 98), (279, 278, 294, 327))  # right, left: around the wing, down to its foot
_HOLES = ((97, 98), (326, 327))  # a nostril lies between
_BRIDGE = (168, 6, 197, 195, 5, 4)
_FAR = 0.5  # |yaw| from which the far wing is hidden by the nose itself


def nose(context: HeadContext) -> list[Shape]:
    """Back to front: the profile of a turned nose, wings, nostrils. What models it is the face's tones."""
    yaw, pen = context.sheet.yaw, context.age.pen
    shapes = _profile(context)
    hidden = (yaw < -_FAR, yaw > _FAR)
    for side in (0, 1):
        if hidden[side]:
            continue
        wing = spline(context.mesh[list(_WINGS[side])], closed=False)
        shapes += skin_pen("nose_wing", stroke(wing, 1.3 * pen), context.tone(-21, 9, 5), 0.85)
        shapes += skin_pen("nostril", _nostril(context, side), context.tone(-33, 10, 5), 0.9)
    return shapes


def _nostril(context: HeadContext, side: int) -> Points:
    inner, outer = context.mesh[list(_HOLES[side])]
    middle = as_points(0.55 * inner + 0.45 * outer - context.down)[0]
    along = outer - inner
    size = 1.0 if context.age.years >= 12 else 0.85
    return ellipse(middle, 2.4 * size, 1.1 * size, angle=float(np.arctan2(along[1], along[0])), count=20)


def _profile(context: HeadContext) -> list[Shape]:
    """A turned nose shows its profile on the far side."""
    turned = float(np.clip(context.sheet.yaw, -1, 1))
    if abs(turned) <= (_FAR if context.age.small else TURNED):
        return []
    line = context.mesh[list(_BRIDGE)] + context.across * np.sign(turned) * 5.0 * (1 - abs(turned))
    bridge = stroke(spline(line, closed=False), 1.4 * context.age.pen)
    return skin_pen("nose_bridge", bridge, context.tone(-12, 5, 3), 0.35 if context.age.small else 0.7)
