"""How much light a photo had: in a dim photo every color is darker than in truth, and less sure."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes
from tasks.perception.analysis import Lab, Reading

# The lightest parts of a photo. Above the first it is lit, or simply holds nothing white; below the second
# no color in it can be told.
_LIT, _DARK = 60.0, 45.0
# A dim photo is judged as if its lightest parts were this light, which is less than they would be by day:
# skin is never made lighter than it is.
_AS_IF = 70.0
_LEAST_TRUST = 0.3


@dataclass(frozen=True)
class Light:
    """How to judge the colors of one photo."""

    lift: float  # factor on lightness (counted from CIE's -16, where light scales a color evenly)
    trust: float  # factor on confidence

    def judged(self, lab: NDArray[np.floating] | Lab) -> NDArray[np.float64]:
        """A color as it would be in plain light: for its word only, never for drawing."""
        lightness, a, b = (float(value) for value in lab)
        return np.array([(lightness + 16) * self.lift - 16, a * self.lift, b * self.lift])

    def trusted(self, reading: Reading) -> Reading:
        """A word of a color, with the confidence that this light allows."""
        return Reading(reading.value, reading.confidence * self.trust)


PLAIN_LIGHT = Light(1.0, 1.0)


def light_of(photo: BgrBytes) -> Light:
    """The light of a whole HxWx3 BGR photo."""
    small = cv2.resize(photo, (128, 128), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lightest = float(np.percentile(cv2.cvtColor(small, cv2.COLOR_BGR2LAB)[..., 0], 99))
    if lightest >= _LIT:
        return PLAIN_LIGHT
    share = (lightest - _DARK) / (_LIT - _DARK)
    lift = (_AS_IF + 16) / (max(lightest, _DARK) + 16)
    return Light(lift, float(np.clip(share, 0, 1)) * (1 - _LEAST_TRUST) + _LEAST_TRUST)
