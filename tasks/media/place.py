"""Where a design goes on its sheet: nothing of the head is ever cut, and feet stand on the ground."""

import numpy as np

from tasks.arrays import Points
from tasks.design.shapes import CharacterDesign, Framing, Role, Shape
from tasks.media.placement import Placement

# Shares of the sheet. A portrait's face is 26 to 32 % of its height; a bust is drawn at least
# 0.55 / 0.26 * 100 = 210 units deep below the chin, or its lower edge shows.
FACE, SMALLEST_FACE, LARGEST_FACE = 0.29, 0.26, 0.32
MIDDLE_OF_FACE = 0.43
ABOVE, ASIDE = 0.045, 0.03  # free sheet over the crown, beside the head or the body
LOWEST_CHIN = 0.66  # under tall headwear
GROUND = 0.915  # where the feet of a full body stand
_NUDGE_SIZE, _NUDGE_ASIDE = 0.03, 0.02


def place_design(
    design: CharacterDesign, width: int, height: int, nudge: tuple[float, float] = (0.0, 0.0)
) -> Placement:
    """The design on a sheet of so many pixels: the same composition at every size of the same proportions.

    `nudge` is the seed's wish: relative size and sideways shift, about -1..1 each. The face of a portrait
    is smaller than `SMALLEST_FACE` only where hair or headwear would leave the sheet otherwise.
    """
    proportions = width / height
    if design.framing is Framing.FULL_BODY and design.feet is not None:
        scale, x, y = _full_body(design, design.feet, proportions, nudge)
    else:
        scale, x, y = _portrait(design, proportions, nudge)
    return Placement(width, height, scale * height, (x * height - 0.5, y * height - 0.5))


def _portrait(
    design: CharacterDesign, proportions: float, nudge: tuple[float, float]
) -> tuple[float, float, float]:
    """Scale and origin as shares of the sheet's height."""
    low, high = _extent(design.shapes, above_chin=True)
    wanted = float(np.clip(FACE * (1 + _NUDGE_SIZE * nudge[0]), SMALLEST_FACE, LARGEST_FACE)) / 100
    tall, wide = max(-float(low[1]), 100.0), max(float(high[0] - low[0]), 1.0)
    most = min((LOWEST_CHIN - ABOVE) / tall, (proportions - 2 * ASIDE) / wide)
    scale = min(wanted, most)
    chin = max(MIDDLE_OF_FACE + 50 * scale, ABOVE + tall * scale)
    center = proportions / 2 + _NUDGE_ASIDE * nudge[1]
    return scale, _kept_aside(center, low, high, scale, proportions), chin


def _full_body(
    design: CharacterDesign, feet: float, proportions: float, nudge: tuple[float, float]
) -> tuple[float, float, float]:
    low, high = _extent(design.shapes, above_chin=False)
    tall, wide = feet - float(low[1]), float(high[0] - low[0])
    below = max(float(high[1]) - feet, 0.0)  # toes that stand nearer
    scale = min((GROUND - ABOVE) / max(tall, 1.0), (proportions - 2 * ASIDE) / max(wide, 1.0))
    scale *= 1 + _NUDGE_SIZE * (nudge[0] - 1) / 2
    center = proportions / 2 - float(low[0] + high[0]) / 2 * scale * 0.5 + _NUDGE_ASIDE * nudge[1]
    chin = min(GROUND - feet * scale, 1 - ASIDE / 2 - (feet + below) * scale)
    return scale, _kept_aside(center, low, high, scale, proportions), chin


def _kept_aside(center: float, low: Points, high: Points, scale: float, proportions: float) -> float:
    least, most = ASIDE - float(low[0]) * scale, proportions - ASIDE - float(high[0]) * scale
    return (least + most) / 2 if most < least else float(np.clip(center, least, most))


def _extent(shapes: tuple[Shape, ...], above_chin: bool) -> tuple[Points, Points]:
    """The least and the greatest x and y of what is filled; of the head alone, if asked for."""
    loops = [
        loop for shape in shapes if shape.role is Role.FILL and shape.clip is None for loop in shape.loops
    ]
    every = np.vstack([np.array([[-50, -100], [50, 0]], np.float32), *loops])
    every = every[np.isfinite(every).all(1)]
    kept = every[every[:, 1] <= 0] if above_chin else every
    return kept.min(0), kept.max(0)
