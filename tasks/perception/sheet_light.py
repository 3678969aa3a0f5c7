"""The photo's light, told apart from the person's own colors: by what is white in every face.

A cast is taken off the whole photo, so that skin, hair and cloth stay as far apart as they are. Lightness is
left as it was measured, but where even the whites are dim: then a part of the missing light is added. Dark
skin is as dark beside its whites in any light, so nobody is made lighter for being dark.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import LabImage
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import FaceClass
from tasks.perception.photo_light import PLAIN, PhotoLight

_SURE = 0.7  # a pixel of this probability is of its class
_FEWEST = 25  # map pixels; fewer say nothing
# What is white: its color in plain light, and how light it must be against the skin to be a witness.
_TEETH: Lab = (76.0, 1.0, 8.0)
_EYES: Lab = (70.0, 3.0, 6.0)
_TEETH_SHARE, _EYES_SHARE = 0.4, 0.15  # of the class, the lightest of it: an eye is iris and lashes too
_TEETH_FROM, _EYES_FROM = 1.0, 0.75
# A cast below the first is within the spread of teeth and eyes; of what is beyond, more than half is taken
# away: a warm evening stays warm.
_SLIGHT_CAST, _TAKEN, _MOST_TAKEN = 5.0, 0.65, 20.0
_LIGHTER_THAN_SKIN = (
    0.95  # of the skin's L*: a darker witness lies in the shade and says nothing of the light
)
_DOUBT = 6.0  # L* by which the skin's lightness, told by the whites, may be wrong
_ADDED, _MOST_ADDED = 0.5, 10.0  # of what is missing beyond that; L* at the most
_DIM_SKIN, _LIT_SKIN = 48.0, 58.0  # L* of skin to which light is added, and from which none is
_LUMINANCE = np.array([0.0722, 0.7152, 0.2126])  # of linear blue, green, red
# Skin in plain light, of any lightness: b over a, and chroma with its share of lightness. In little light the
# camera's red runs away: brick red is nobody's.
_REDDEST, _YELLOWEST = 0.85, 2.0
_DIM = 50.0  # L* below which rosy skin is the camera's: dark skin is golden
_MOST_CHROMA, _MOST_CHROMA_PER_LIGHTNESS = 32.0, 0.62
_LEAST_CHROMA = 13.0  # skin is never gray: of what is missing, half is added
_USUAL_HUE = np.radians(50)


def light_on(skin: Lab, classes: NDArray[np.float32], lab: LabImage) -> PhotoLight:
    """The light that lies on a face; plain where nothing white is seen.

    Args:
        skin: As measured.
        classes: (19, H, W), the sheet's.
        lab: (H, W, 3), the photo as it is.
    """
    eyes = classes[[FaceClass.RIGHT_EYE, FaceClass.LEFT_EYE]].sum(0) > _SURE
    teeth = classes[FaceClass.MOUTH] > _SURE
    found = (
        (_witness(lab, teeth, _TEETH_SHARE, _TEETH_FROM * skin[0]), _TEETH),
        (_witness(lab, eyes, _EYES_SHARE, _EYES_FROM * skin[0]), _EYES),
    )
    seen = [(color, np.array(plain)) for color, plain in found if color is not None]
    if not seen:
        return PLAIN
    cast = np.mean([color[1:] - plain[1:] for color, plain in seen], axis=0)
    blue, green, red = _without_cast(np.mean([color for color, _ in seen], axis=0), cast) * _added(skin, seen)
    return PhotoLight((float(blue), float(green), float(red)))


def skin_in_plain_light(skin: Lab) -> Lab:
    """Skin that the light was taken off, with what a camera adds to skin taken off too."""
    a, b = _plausible(np.array(skin[1:]), skin[0])
    return skin[0], round(a, 2), round(b, 2)


def _witness(
    lab: LabImage, mask: NDArray[np.bool_], share: float, least: float
) -> NDArray[np.float64] | None:
    """The color of the lightest share of what should be white; None where that is too dark for it."""
    if mask.sum() < _FEWEST:
        return None
    pixels = lab[mask]
    lighter = pixels[pixels[:, 0] >= np.percentile(pixels[:, 0], 100 * (1 - share))]
    middle = np.median(lighter, axis=0)
    return middle.astype(np.float64) if middle[0] >= least else None


def _without_cast(white: NDArray[np.float64], cast: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,), gains that take a cast (in a and b) off what is white, and keep its luminance."""
    size = float(np.hypot(*cast))
    taken = min(max(size - _SLIGHT_CAST, 0) * _TAKEN, _MOST_TAKEN)
    if taken == 0:
        return np.ones(3)
    wanted = white - np.array([0, *(cast * (taken / size))])
    gains = _linear(wanted) / np.maximum(_linear(white), 1e-3)
    kept = float(_linear(white) @ _LUMINANCE) / max(float((gains * _linear(white)) @ _LUMINANCE), 1e-6)
    return np.asarray(gains * kept, np.float64)


def _added(skin: Lab, seen: list[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> float:
    """The factor on the light of a dim photo, 1 or more."""
    light = [
        _luminance(color[0]) / _luminance(plain[0])
        for color, plain in seen
        if color[0] >= _LIGHTER_THAN_SKIN * skin[0]
    ]
    if not light or max(light) >= 1:
        return 1.0
    missing = _lightness(min(_luminance(skin[0]) / max(light), 1.0)) - skin[0] - _DOUBT
    dim = float(np.clip((_LIT_SKIN - skin[0]) / (_LIT_SKIN - _DIM_SKIN), 0, 1))
    added = float(np.clip(missing * _ADDED, 0, _MOST_ADDED)) * dim
    return _luminance(skin[0] + added) / _luminance(skin[0])


def _linear(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,), linear blue, green, red of a color."""
    linear = cv2.cvtColor(np.asarray(lab, np.float32)[None, None], cv2.COLOR_LAB2LBGR)
    return np.asarray(linear[0, 0], np.float64)


def _luminance(lightness: float) -> float:
    """0..1 of CIE L* above 8."""
    return float(((max(lightness, 8.0) + 16) / 116) ** 3)


def _lightness(luminance: float) -> float:
    return float(116 * luminance ** (1 / 3) - 16)


def _plausible(color: NDArray[np.float64], lightness: float) -> tuple[float, float]:
    """The nearest color that skin can have; half of what was measured beyond that is believed."""
    chroma = float(np.hypot(*color))
    most = min(_MOST_CHROMA, max(_MOST_CHROMA_PER_LIGHTNESS * lightness, 12.0))
    hueless = chroma < 4
    chroma = min(max(chroma, (chroma + _LEAST_CHROMA) / 2), most)
    low, high = np.arctan(_REDDEST), np.arctan(_YELLOWEST)
    before = _USUAL_HUE if hueless else float(np.arctan2(color[1], color[0]))
    hue = float(np.clip(before, low, high))
    if low > before and lightness > _DIM:  # rosy: half of the way, for some skin is
        hue = max((before + low) / 2, 0.7 * low)
    elif before > high:
        hue = min(before, (before + high) / 2)
    return chroma * float(np.cos(hue)), chroma * float(np.sin(hue))
