"""Straight, wavy, curly or coily: by how well neighbouring strands agree on a direction.

The structure tensor at the finest scale, averaged over a few pixels and over many: straight hair agrees over
both distances, waves over the short one alone, coils over neither. Averaging over a larger patch first, as is
usual, makes all hair look alike.
"""

import cv2
import numpy as np

from tasks.arrays import Plane
from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import FaceClass
from tasks.perception.sheet_traits.hair_mask import Hair
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame, eroded

_FINE = 0.8  # map pixels (0.5 head units): sigma of the gradient
_NEAR, _FAR = 3.0, 12.0  # map pixels: sigma of what is averaged
_FEWEST = 800
# Agreement, 0..1. Straight hair has 0.75 and more near by, short tousled hair 0.49 to 0.55, coils up to 0.45.
_STRAIGHT_NEAR, _STRAIGHT_FAR = 0.78, 0.70
_COILS = 0.46
_WAVES_NEAR, _WAVES_FAR = (0.50, 0.76), 0.62
_LEAST_FACE = 80.0  # pixels of the photo: below, strands are noise
_NOISE = 1.6  # contrast of hair must be so many times that of skin


def _agreement(lightness: Plane, weight: Plane, sigma: float) -> Plane:
    fine = cv2.GaussianBlur(lightness, (0, 0), _FINE)
    across, down = cv2.Sobel(fine, cv2.CV_32F, 1, 0), cv2.Sobel(fine, cv2.CV_32F, 0, 1)

    def near(plane: Plane) -> Plane:
        return np.asarray(cv2.GaussianBlur(plane * weight, (0, 0), sigma), np.float32)

    energy = near(across**2 + down**2)
    return np.asarray(
        np.hypot(near(across**2 - down**2), near(2 * across * down)) / (energy + 1e-3), np.float32
    )


def read_texture(frame: HeadFrame, hair: Hair, *, long_enough: bool) -> Reading:
    """The texture; unknown where hair is little, small, blurred or noisy.

    Waves need some length to show, and coils that fall are called curls.
    """
    inner = eroded(hair.mask, 3)
    analysis = frame.sheet.analysis
    if inner.sum() < _FEWEST or analysis.face_height / analysis.scale < _LEAST_FACE:
        return UNKNOWN
    lightness = np.asarray(frame.sheet.lab[..., 0], np.float32)
    detail = lightness - cv2.GaussianBlur(lightness, (0, 0), 3)
    skin = eroded(frame.is_class(FaceClass.SKIN) & frame.face, 6)
    weight = inner.astype(np.float32)
    near = float(np.median(_agreement(lightness, weight, _NEAR)[inner]))
    far = float(np.median(_agreement(lightness, weight, _FAR)[inner]))
    if near >= _STRAIGHT_NEAR and far >= _STRAIGHT_FAR:
        return Reading("straight", 0.7)
    if near <= _COILS and skin.any() and float(detail[inner].std()) > _NOISE * float(detail[skin].std()):
        return Reading("curly" if long_enough else "coily", 0.7)
    if long_enough and _WAVES_NEAR[0] < near < _WAVES_NEAR[1] and far < _WAVES_FAR:
        return Reading("wavy", 0.5)
    return UNKNOWN
