"""Ears: one drawn form, as large and as far out as the parser sees them; none on a turned head's far side."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import area_of, as_points, ellipse, grown, parts_touching, spline, stroke
from tasks.design.head.context import TURNED, HeadContext
from tasks.design.head.parts import drawn
from tasks.design.shapes import Role, Shape
from tasks.perception.character_sheet import FaceClass

_LEAST = 22.0  # square head units that are seen of an ear
_WITHIN = (-86.0, -14.0)  # heights between which an ear can be, head units from the chin
_NEAR = 18.0  # how far from the face the parser's ear may begin
_TALL = (20.0, 42.0)  # the height of a drawn ear
_WIDE = (5.0, 19.0)  # and how far it stands out, or lies back on a turned head
_INSIDE = 0.5  # an ear that lies so far within the head is drawn on it, not behind it

# Knots across (0 at the cheek, 1 outermost) and down (0 top, 1 bottom).
_OUTLINE = ((-0.5, 0.16), (0.15, 0.0), (0.68, 0.03), (1.0, 0.24), (0.97, 0.5), (0.74, 0.72), (0.52, 0.93),
            (0.15, 1.0), (-0.5, 0.86))  # fmt: skip
_HELIX = ((0.08, 0.24), (0.42, 0.14), (0.72, 0.24), (0.76, 0.45), (0.6, 0.6), (0.42, 0.72))
_HOLLOW = (0.3, 0.5)


@dataclass(frozen=True)
class Ear:
    """Where an ear is: its corner at the top of the cheek, and axes as long as it is wide and tall."""

    name: str
    corner: Points
    out: Points
    down: Points
    on_face: bool

    def at(self, knots: tuple[tuple[float, float], ...]) -> Points:
        """Knots of the form as points."""
        k = as_points(knots)
        return as_points(self.corner + k[:, :1] * self.out + k[:, 1:] * self.down)


def ears_behind(context: HeadContext) -> list[Shape]:
    """The ears that the head covers a part of."""
    return [shape for ear in find_ears(context) if not ear.on_face for shape in _draw(context, ear)]


def ears_before(context: HeadContext) -> list[Shape]:
    """The ear that lies within a turned head."""
    return [shape for ear in find_ears(context) if ear.on_face for shape in _draw(context, ear)]


def find_ears(context: HeadContext) -> list[Ear]:
    """The ears that are seen, the person's right one first."""
    found = [
        _find(context, FaceClass.RIGHT_EAR, "ear_right", far=context.sheet.yaw < -TURNED),
        _find(context, FaceClass.LEFT_EAR, "ear_left", far=context.sheet.yaw > TURNED),
    ]
    return [ear for ear in found if ear is not None]


def _find(context: HeadContext, kind: FaceClass, name: str, *, far: bool) -> Ear | None:
    if far:
        return None
    height = context.height_map
    seen = context.sheet.share(kind) * (height > _WITHIN[0]) * (height < _WITHIN[1])
    if area_of(seen) < _LEAST:
        return None
    seen = parts_touching(seen, grown(context.face, _NEAR))
    if area_of(seen) < _LEAST:
        return None
    inside = seen > 0.5
    across, down = context.side_map[inside], context.height_map[inside]
    side = 1.0 if float(np.median(across)) > 0 else -1.0
    near, outer = np.percentile(across * side, (4, 98))
    top, bottom = np.percentile(down, (2, 98))
    middle, tall = (top + bottom) / 2, float(np.clip(bottom - top, *_TALL))
    wide = float(np.clip(outer - near, *_WIDE))
    corner = context.middle + context.across * side * (outer - wide)
    corner = corner + context.down * (middle - tall / 2 - context.height_of(context.middle))
    on_face = bool(np.mean(context.face[inside] > 0.5) > _INSIDE) or abs(context.sheet.yaw) > 2 * TURNED
    return Ear(name, as_points(corner)[0], context.across * side * wide, context.down * tall, on_face)


def _draw(context: HeadContext, ear: Ear) -> list[Shape]:
    tall, wide = float(np.linalg.norm(ear.down)), float(np.linalg.norm(ear.out))
    angle = float(np.arctan2(ear.down[1], ear.down[0])) - np.pi / 2
    hollow = ellipse(ear.at((_HOLLOW,))[0], 0.26 * wide, 0.2 * tall, angle=angle)
    helix = stroke(spline(ear.at(_HELIX), closed=False), 1.5 * context.age.pen, ends=(0.3, 0.2))
    outline = spline(ear.at(_OUTLINE))
    return [
        *drawn(ear.name, outline, context.tone(-2, 3, 1), outline=1.0),
        *drawn("ear_hollow", hollow, context.tone(-13, 8, 3), role=Role.SHADE, clip=ear.name, opacity=0.7),
        *drawn("ear_line", helix, context.tone(-20, 9, 4), role=Role.PEN, clip=ear.name, opacity=0.8),
    ]
