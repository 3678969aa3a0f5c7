"""Glasses: a bar across the bridge of the nose and rims under the eyes, in a level picture of the eyes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.providers.local.analysis import Lab, Points
from tasks.providers.local.colour import lab_of_pixels
from tasks.providers.local.geometry import Image, filled, grown, turned
from tasks.providers.local.mesh_points import (
    LEFT_EYE,
    LEFT_EYE_OUTER,
    NOSE_BASE,
    RIGHT_EYE,
    RIGHT_EYE_OUTER,
)
from tasks.providers.local.scene import lenses

# Measured: bare faces score at most 0.89 on the bridge, sunglasses 1.65, drawn dark frames 5 and more.
_BRIDGE, _UNDER_EYES = 1.2, 0.8


def _eye_strip(image: Image, mesh: Points) -> NDArray[np.float32]:
    """140x192 grey picture of the eyes, level and of one size, with its contrast evened out."""
    here = mesh[[RIGHT_EYE_OUTER, LEFT_EYE_OUTER, NOSE_BASE]].astype(np.float32)
    there = np.array([[52, 60], [140, 60], [96, 112]], np.float32)
    strip = cv2.warpAffine(image, cv2.getAffineTransform(here, there), (192, 140), flags=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), 1.2)
    eyes = grey[40:110]
    return np.asarray((grey - eyes.mean()) / (eyes.std() + 8), np.float32)


def glasses_scores(image: Image, mesh: Points) -> tuple[float, float]:
    """(edge of a bar over the bridge, edge of rims under the eyes)."""
    vertical = np.abs(cv2.Sobel(_eye_strip(image, mesh), cv2.CV_32F, 0, 1))
    bridge = float(np.median(vertical[48:72, 88:104].max(0)))
    rims = [float(np.median(vertical[74:96, left:right].max(0))) for left, right in ((44, 78), (114, 148))]
    return bridge, sum(rims) / 2


def wears_glasses(image: Image, mesh: Points) -> bool:
    """True when the face is frontal enough to tell and both edges are there."""
    bridge, under = glasses_scores(image, mesh)
    return bridge > _BRIDGE and under > _UNDER_EYES and abs(turned(mesh)) < 0.5


def kind_of_glasses(image: Image, mesh: Points, skin: Lab) -> str:
    """ "sunglasses" where the lenses hide the skin behind them, else "glasses"."""
    eyes = filled(image.shape, grown(mesh[LEFT_EYE], 1.15)) | filled(
        image.shape, grown(mesh[RIGHT_EYE], 1.15)
    )
    lens = lenses(image.shape, mesh) & ~eyes
    if lens.sum() <= 50:
        return "glasses"
    lightness = float(np.percentile(lab_of_pixels(image[lens])[:, 0], 60))
    return "sunglasses" if lightness < 0.62 * skin[0] else "glasses"
