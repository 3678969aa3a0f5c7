"""What is particular about a face, a little more so, and a small child's head as storybooks draw it.

Everything on the head is moved by one map, so that brows, hair, glasses and hats stay where they belong.
"""

from dataclasses import dataclass, replace

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import as_points
from tasks.design.head.context import TURNED, HeadContext
from tasks.design.shapes import Shape
from tasks.face_mesh import (
    CHIN,
    LEFT_EYE_INNER,
    LEFT_EYE_OUTER,
    LEFT_JAW,
    MOUTH_BOTTOM,
    MOUTH_TOP,
    NOSE_BASE,
    RIGHT_EYE_INNER,
    RIGHT_EYE_OUTER,
    RIGHT_JAW,
)

MORE = 0.15  # of a face's deviation from the mean is added to it

# Means of the mesh over frontal faces of all ages; heights below the chin, head units.
_HEIGHTS = (
    ((105, 334), -81.6),  # brows
    ((RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_INNER, LEFT_EYE_OUTER), -66.9),
    ((NOSE_BASE,), -40.0),
    ((MOUTH_TOP, MOUTH_BOTTOM), -26.6),
)
_EYES_APART, _JAW = 55.1, 65.0  # between the outer corners; between the corners of the jaw
_ROUND = 0.78  # of the face's width, between the corners of a young jaw: the mesh draws it to a point
_MOST = 1.5  # head units by which any height is moved for its deviation

_LOWER_SMALL = 2.6  # by which a small child's features lie lower
_CROWN_SMALL = 1.09  # how much taller its head is above the brows
_TOP = -100.0  # the forehead
_WIDE = 48.0  # across: beyond the face, nothing is widened


@dataclass(frozen=True)
class Proportions:
    """A map of the plane that keeps the chin and all that lies below it."""

    across: Points
    down: Points
    chin: Points
    middle: float  # of the face, across
    heights: tuple[tuple[float, ...], tuple[float, ...]]  # measured, drawn
    crown: float
    widths: tuple[tuple[float, ...], tuple[float, ...]]  # heights, factors

    def placed(self, points: Points) -> Points:
        """Where points of the head are drawn."""
        side, height = points @ self.across - self.middle, (points - self.chin) @ self.down
        factor = np.interp(height, *self.widths)
        inside = np.clip(np.abs(side), 0, _WIDE)
        wider = side + np.sign(side) * inside * (factor - 1)
        measured, drawn = self.heights
        moved = np.interp(height, measured, drawn)
        moved = np.where(height > 0, height, moved)
        moved = np.where(height < measured[0], drawn[0] + (height - measured[0]) * self.crown, moved)
        offset = np.outer(wider - side, self.across) + np.outer(moved - height, self.down)
        return as_points(points + offset)


def proportions(context: HeadContext) -> Proportions:
    """How this head is drawn."""
    levels = [float(np.mean([context.height_of(int(i)) for i in ids])) for ids, _ in _HEIGHTS]
    lower = _LOWER_SMALL if context.age.small else 0.0
    drawn = [
        level + float(np.clip(MORE * (level - mean), -_MOST, _MOST)) + lower * min(1.0, -level / 40)
        for level, (_, mean) in zip(levels, _HEIGHTS, strict=True)
    ]
    levels, drawn = [_TOP, *levels, 0.0], [_TOP + lower * 0.5, *drawn, 0.0]
    frontal = max(0.0, 1 - abs(context.sheet.yaw) / TURNED)
    eyes, jaw = (
        1 + frontal * MORE * (_apart(context, a, b) / mean - 1)
        for a, b, mean in ((RIGHT_EYE_OUTER, LEFT_EYE_OUTER, _EYES_APART), (RIGHT_JAW, LEFT_JAW, _JAW))
    )
    if context.age.young:
        jaw = max(jaw, _ROUND * context.width / max(_apart(context, RIGHT_JAW, LEFT_JAW), 1.0))
    return Proportions(
        across=context.across,
        down=context.down,
        chin=np.asarray(context.mesh[CHIN], np.float32),
        middle=float(context.middle @ context.across),
        heights=(tuple(np.maximum.accumulate(levels)), tuple(np.maximum.accumulate(drawn))),
        crown=_CROWN_SMALL if context.age.small else 1.0,
        widths=((-130.0, levels[2], levels[4], 0.0), (1.0, eyes, jaw, 1.0)),
    )


def _apart(context: HeadContext, a: int, b: int) -> float:
    """How far two points of the mesh are from each other across the face, head units."""
    return abs(float((context.mesh[a] - context.mesh[b]) @ context.across))


def in_proportion(shapes: list[Shape], how: Proportions) -> list[Shape]:
    """The shapes of a head, moved."""
    return [
        replace(
            shape,
            loops=tuple(how.placed(loop) for loop in shape.loops),
            seam=None if shape.seam is None else (how.placed(as_points(shape.seam[0]))[0], shape.seam[1]),
        )
        for shape in shapes
    ]
