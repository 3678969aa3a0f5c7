"""The photo's light, told apart from the skin's own color: by what is white in every face.

Lightness is left as it was measured: nobody is made lighter or darker than the photo shows them.
"""

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import LabImage
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import FaceClass

_SURE = 0.7  # a pixel of this probability is of its class
_FEWEST = 25  # map pixels; fewer say nothing
# What is white: its a and b in plain light, and how light it must be against the skin to be a witness.
_TEETH, _TEETH_FROM = (1.0, 8.0), 1.0
_EYES, _EYES_FROM = (3.5, 4.0), 0.75
# A cast below the first is within the spread of teeth and eyes; of what is beyond, half is taken away, and
# never more than the last: a warm evening stays warm.
_SLIGHT_CAST, _TAKEN, _MOST_TAKEN = 5.0, 0.5, 6.0
# Skin in plain light, of any lightness: b over a, and chroma with its share of lightness. In little light the
# camera's red runs away: brick red is nobody's.
_REDDEST, _YELLOWEST = 0.85, 2.0
_DIM = 50.0  # L* below which rosy skin is the camera's: dark skin is golden
_MOST_CHROMA, _MOST_CHROMA_PER_LIGHTNESS = 32.0, 0.62


def skin_in_plain_light(skin: Lab, classes: NDArray[np.float32], lab: LabImage) -> Lab:
    """The skin's color without the photo's cast.

    Args:
        skin: As measured.
        classes: (19, H, W), the sheet's.
        lab: (H, W, 3), the sheet's.
    """
    lightness, a, b = skin
    color = np.array([a, b]) - _cast(lightness, classes, lab)
    a, b = _plausible(color, np.array([a, b]), lightness)
    return lightness, round(a, 2), round(b, 2)


def _witness(lab: LabImage, mask: NDArray[np.bool_], least: float) -> NDArray[np.float64] | None:
    """a and b of the lighter part of what should be white; None where it is not light enough to be that."""
    if mask.sum() < _FEWEST:
        return None
    pixels = lab[mask]
    lighter = pixels[pixels[:, 0] >= np.percentile(pixels[:, 0], 60)]
    middle = np.median(lighter, axis=0)
    return middle[1:].astype(np.float64) if middle[0] >= least else None


def _cast(skin_lightness: float, classes: NDArray[np.float32], lab: LabImage) -> NDArray[np.float64]:
    """What of a and b is the light's and is to be taken away."""
    eyes = classes[[FaceClass.RIGHT_EYE, FaceClass.LEFT_EYE]].sum(0) > _SURE
    teeth = classes[FaceClass.MOUTH] > _SURE
    seen = (
        (_witness(lab, teeth, _TEETH_FROM * skin_lightness), _TEETH),
        (_witness(lab, eyes, _EYES_FROM * skin_lightness), _EYES),
    )
    casts = [color - np.array(plain) for color, plain in seen if color is not None]
    if not casts:
        return np.zeros(2)
    cast = np.mean(casts, axis=0)
    size = float(np.hypot(*cast))
    taken = min(max(size - _SLIGHT_CAST, 0) * _TAKEN, _MOST_TAKEN)
    return np.asarray(cast * (taken / max(size, 1e-6)), np.float64)


def _plausible(
    color: NDArray[np.float64], measured: NDArray[np.float64], lightness: float
) -> tuple[float, float]:
    """The nearest color that skin can have; half of what was measured beyond that is believed."""
    chroma = float(np.hypot(*color))
    most = min(_MOST_CHROMA, max(_MOST_CHROMA_PER_LIGHTNESS * lightness, 12.0))
    chroma = min(chroma, most)
    if chroma < 4:
        return float(color[0]), float(color[1])
    low, high = np.arctan(_REDDEST), np.arctan(_YELLOWEST)
    hue = float(np.clip(np.arctan2(color[1], color[0]), low, high))
    before = float(np.arctan2(measured[1], measured[0]))
    if before < low and lightness > _DIM:  # rosy: half of the way, for some skin is
        hue = (before + low) / 2
    elif before > high:
        hue = min(before, (before + high) / 2)
    return chroma * float(np.cos(hue)), chroma * float(np.sin(hue))
