"""The color of a face, of its pixels: where it lies half in shadow, nearer to that of its lit half."""

import numpy as np
from numpy.typing import NDArray

from tasks.perception.analysis import Lab
from tasks.perception.lab import lab_tuple

# L* from the median to the median of the lighter half; the chroma of that half, of what the light would make
# of the skin's; L* of the median. From not believed to believed.
_SPLIT, _OWN_LIGHT, _DIM_FACE = (7.0, 13.0), (0.76, 0.84), (60.0, 48.0)


def lit_skin(lab: NDArray[np.floating]) -> Lab:
    """The median of some pixels, (N, 3) with N above 0; of a dim face in light and shadow, lighter.

    Dark skin shines: its lights have the lamp's color, not more of its own, and say nothing of it.
    """
    middle = np.median(lab, axis=0)
    lights = np.median(lab[lab[:, 0] >= middle[0]], axis=0)
    as_lit = float(np.hypot(*middle[1:])) * float(lights[0] + 16) / float(middle[0] + 16)
    own = float(np.hypot(*lights[1:])) / max(as_lit, 1e-3)
    believed = (
        _ramp(float(lights[0] - middle[0]), _SPLIT)
        * _ramp(own, _OWN_LIGHT)
        * _ramp(float(middle[0]), _DIM_FACE)
    )
    return lab_tuple(middle + believed * (lights - middle))


def _ramp(value: float, ends: tuple[float, float]) -> float:
    """0 at the first end, 1 at the second."""
    return float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0, 1))
