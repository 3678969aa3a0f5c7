"""Which way a stroke goes: along the locks of hair, along sleeves and legs, as the shapes themselves run."""

import numpy as np

from tasks.arrays import Plane
from tasks.design.shapes import CharacterDesign, Material, Role
from tasks.media.placement import SCREEN, Placement
from tasks.renderer.flow import Flow
from tasks.renderer.pixels import as_float32, blur, enlarge

_CELL = 8  # screen pixels in a cell of the coarse grid
_SPREAD, _FAR, _FAR_SHARE = 1.8, 6.0, 0.5  # cells near an outline, and in the middle of large shapes
_ALONG = (Material.HAIR, Material.CLOTH, Material.HEADWEAR)


def form_flow(design: CharacterDesign, screen: Placement, angle: float, weight: Plane) -> Flow:
    """The direction of strokes everywhere on the screen's sheet.

    Args:
        design: Its hair and cloth give the direction, by the way their outlines and lines run.
        screen: The placement at the screen's size.
        angle: Of the strokes where nothing gives one, radians clockwise from the x axis.
        weight: (1024, 820), how far form is followed, 0..1.
    """
    cosine, sine = _directions(design, screen)
    sure = np.hypot(cosine, sine)
    share = enlarge(as_float32(sure / (sure + 0.10)), weight) * weight
    doubled_x = enlarge(as_float32(cosine / (sure + 1e-6)), weight) * share + np.cos(2 * angle) * (1 - share)
    doubled_y = enlarge(as_float32(sine / (sure + 1e-6)), weight) * share + np.sin(2 * angle) * (1 - share)
    turned = as_float32(0.5 * np.arctan2(doubled_y, doubled_x))
    return Flow(as_float32(np.cos(turned)), as_float32(np.sin(turned)), share)


def _directions(design: CharacterDesign, screen: Placement) -> tuple[Plane, Plane]:
    """The outlines' mean direction on a coarse grid, as the cosine and the sine of the doubled angle."""
    rows, columns = SCREEN[1] // _CELL, -(-SCREEN[0] // _CELL)
    total = np.zeros((2, rows * columns))
    for shape in design.shapes:
        if shape.material not in _ALONG or shape.role in (Role.PATTERN, Role.BLUSH):
            continue
        for loop in shape.loops:
            start = screen.pixels(loop)
            step = np.roll(start, -1, 0) - start
            middle = np.floor((start + step / 2) / _CELL).astype(int)
            inside = (middle >= 0).all(1) & (middle < (columns, rows)).all(1)
            x, y = step[inside].T.astype(np.float64)
            length = np.maximum(np.hypot(x, y), 1e-6)
            cell = middle[inside, 1] * columns + middle[inside, 0]
            for index, part in enumerate(((x * x - y * y) / length, 2 * x * y / length)):
                total[index] += np.bincount(cell, part, rows * columns)
    planes = (as_float32(plane.reshape(rows, columns) / _CELL) for plane in total)
    cosine, sine = (blur(plane, _SPREAD) + np.float32(_FAR_SHARE) * blur(plane, _FAR) for plane in planes)
    return as_float32(cosine), as_float32(sine)
