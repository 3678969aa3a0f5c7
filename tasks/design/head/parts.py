"""Shapes as the parts of a head make them: what has no loop is no shape."""

from collections.abc import Iterable

import numpy as np

from tasks.arrays import Points
from tasks.design.shapes import Material, Role, Shape
from tasks.perception.analysis import Lab


def lab_of(values: Iterable[float]) -> Lab:
    """Any three numbers as a color that can be shown: L* 3..98, a* and b* -90..90."""
    lightness, a, b = np.clip(np.array(list(values), np.float64), (3, -90, -90), (98, 90, 90))
    return float(lightness), float(a), float(b)


def drawn(
    name: str,
    loops: Points | Iterable[Points],
    lab: Iterable[float],
    material: Material = Material.SKIN,
    role: Role = Role.FILL,
    *,
    clip: str | None = None,
    opacity: float = 1.0,
    outline: float = 0.0,
    shade: float = 0.0,
    cast: float = 0.0,
) -> list[Shape]:
    """One shape, or none if nothing of it is a loop. For the arguments see `Shape`."""
    several = [loops] if isinstance(loops, np.ndarray) else list(loops)
    kept = tuple(np.asarray(loop, np.float32) for loop in several if len(loop) > 2)
    if not kept:
        return []
    return [Shape(name, kept, lab_of(lab), material, role, clip, opacity, outline, shade, cast)]


def skin_pen(name: str, line: Points, color: Lab, opacity: float = 1.0) -> list[Shape]:
    """A line drawn on the skin: a lid, a fold, the side of the nose. It ends where the head does."""
    return drawn(name, line, color, role=Role.PEN, clip="head", opacity=opacity)


def skin_shadow(name: str, loops: Points | Iterable[Points], color: Lab, opacity: float) -> list[Shape]:
    """The shadow that hair or headwear casts on the face."""
    return drawn(name, loops, color, role=Role.SHADE, clip="head", opacity=opacity)
