"""Where a body's shapes are gathered: lengths in heads come in, shapes in head units go out."""

from collections.abc import Iterable, Sequence

import numpy as np

from tasks.arrays import Points
from tasks.design.geometry import stroke
from tasks.design.shapes import Material, Role, Shape
from tasks.perception.analysis import Lab

HEAD_UNITS = 116.0  # in a head of the skeleton: a drawn head (130) is 1.12 of the body's heads
_PEN = 1.1  # head units, of outlines: the face has the same
_LINE = 1.5  # of folds and seams, at a weight of 1
_LIGHT = np.array([0.80, 0.60])  # where shadows fall

Seam = tuple[Points, float]


def inked(lab: Lab) -> Lab:
    """The pen for a color: a dark of its own hue, never black."""
    return max(13.0, lab[0] * 0.36), lab[1] * 0.6 + 4, lab[2] * 0.5 + 2


def shaded(lab: Lab) -> Lab:
    """The second tone of a cloth: darker, a little warmer; blues stay blue."""
    warm = lab[2] > -8
    return (
        max(6.0, lab[0] - 6.5 - 0.075 * lab[0]),
        lab[1] + (2.5 if warm else 1.0),
        lab[2] + (0.5 if warm else -2.5),
    )


def toned(lab: Lab, lightness: float) -> Lab:
    """The same color, lighter or darker."""
    return min(96.0, max(8.0, lab[0] + lightness)), lab[1], lab[2]


class Layers:
    """Shapes back to front."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []

    def fill(
        self,
        name: str,
        loops: Iterable[Points],
        lab: Lab,
        material: Material = Material.CLOTH,
        *,
        outline: float = 1.0,
        shade: float = 0.0,
        cast: float = 0.0,
        seam: Seam | None = None,
        clip: str | None = None,
    ) -> None:
        """A part in its own color. `outline` is in widths of the pen; `shade`, `cast`, `seam` in heads."""
        around = None
        if seam is not None:
            around = (self._scaled(seam[0]), seam[1] * HEAD_UNITS)
        self.shapes.append(
            Shape(
                name=name,
                loops=tuple(self._scaled(loop) for loop in loops),
                lab=lab,
                material=material,
                outline=outline * _PEN,
                shade=shade * HEAD_UNITS,
                cast=cast * HEAD_UNITS,
                seam=around,
                clip=clip,
            )
        )

    def inside(
        self,
        clip: str,
        loops: Sequence[Points],
        lab: Lab,
        role: Role,
        material: Material = Material.CLOTH,
        opacity: float = 1.0,
    ) -> None:
        """Something within the part named `clip`; nothing, if there are no loops."""
        if loops:
            scaled = tuple(self._scaled(loop) for loop in loops)
            self.shapes.append(Shape(clip, scaled, lab, material, role, clip, opacity))

    def pens(
        self,
        clip: str,
        lines: Sequence[Points],
        lab: Lab,
        weight: float = 0.7,
        material: Material = Material.CLOTH,
        ends: float = 0.12,
    ) -> None:
        """Drawn lines within the part named `clip`, in the dark of its color; `weight` is relative."""
        strokes = [stroke(line, weight * _LINE / HEAD_UNITS, ends=(ends, ends)) for line in lines]
        self.inside(clip, strokes, inked(lab), Role.PEN, material, 0.9)

    def crescents(self, clip: str, loops: Iterable[Points], lab: Lab, reach: float) -> None:
        """The shaded edge of a patterned part, laid over its pattern: as far in as `reach`, heads."""
        for loop in loops:
            self.inside(clip, [loop, loop - _LIGHT * reach], shaded(shaded(lab)), Role.SHADE, opacity=0.38)

    @staticmethod
    def _scaled(loop: Points) -> Points:
        return np.asarray(loop * HEAD_UNITS, np.float32)
