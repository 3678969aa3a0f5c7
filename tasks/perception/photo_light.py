"""The light of one photo, and colors freed of it."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import LabImage
from tasks.perception.analysis import Lab


@dataclass(frozen=True)
class PhotoLight:
    """By how much linear blue, green and red are to be multiplied for a plainer light."""

    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def off_map(self, lab: LabImage) -> LabImage:
        """A (H, W, 3) map of colors in the plainer light; the same map where the light is plain."""
        if self.gains == (1.0, 1.0, 1.0):
            return lab
        linear = cv2.cvtColor(np.asarray(lab, np.float32), cv2.COLOR_LAB2LBGR)
        lit = np.clip(linear * np.asarray(self.gains, np.float32), 0, 1)
        return np.asarray(cv2.cvtColor(lit, cv2.COLOR_LBGR2LAB), np.float32)

    def off(self, color: Lab) -> Lab:
        """One color in the plainer light."""
        lightness, a, b = (float(value) for value in self.off_map(np.array([[color]], np.float32))[0, 0])
        return round(lightness, 2), round(a, 2), round(b, 2)


PLAIN = PhotoLight()
