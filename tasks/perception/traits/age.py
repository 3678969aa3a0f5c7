"""Apparent age, as a broad band."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, Points
from tasks.errors import WeightLeftOut
from tasks.face_mesh import (
    LEFT_EYE_INNER,
    LEFT_EYE_OUTER,
    NOSE_BASE,
    RIGHT_EYE_INNER,
    RIGHT_EYE_OUTER,
)
from tasks.perception import nets
from tasks.perception.analysis import Reading
from tasks.profile import AgeBand

# Where the age network expects dlib's five points, as shares of its crop before a margin of about 0.2.
_TEMPLATE = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642404242],
        [0.4901123135679, 0.6277975316475],
    ],
    np.float32,
)
_MARGINS, _SIDE = (0.16, 0.2, 0.24), 64
BANDS = (
    (4, AgeBand.TODDLER),
    (13, AgeBand.CHILD),
    (19, AgeBand.TEEN),
    (35, AgeBand.YOUNG_ADULT),
    (55, AgeBand.ADULT),
    (200, AgeBand.OLDER_ADULT),
)


def year_chances(image: BgrBytes, mesh: Points) -> NDArray[np.float64] | None:
    """The probability of each year from 0, (81,): the mean of looks at a few sizes and mirrored.

    One look alone jumps by decades when a photo is blurred, mirrored or scaled by a little. None where the
    network is left out of the weights.
    """
    points = [LEFT_EYE_OUTER, LEFT_EYE_INNER, RIGHT_EYE_OUTER, RIGHT_EYE_INNER, NOSE_BASE]
    looks = []
    for margin in _MARGINS:
        target = (_TEMPLATE + margin) / (1 + 2 * margin) * _SIDE
        matrix, _ = cv2.estimateAffinePartial2D(mesh[points].astype(np.float32), target, method=cv2.LMEDS)
        crop = np.asarray(cv2.warpAffine(image, matrix, (_SIDE, _SIDE), flags=cv2.INTER_AREA), np.uint8)
        try:
            looks += [nets.age_distribution(each) for each in (crop, np.ascontiguousarray(crop[:, ::-1]))]
        except WeightLeftOut:
            return None
    chances = np.mean(looks, axis=0, dtype=np.float64)
    return np.asarray(chances / max(float(chances.sum()), 1e-9), np.float64)


def apparent_years(chances: NDArray[np.float64] | None) -> tuple[float, float] | None:
    """(expected years, their spread) of `year_chances`; None where there are none."""
    if chances is None:
        return None
    years = np.arange(len(chances))
    mean = float((chances * years).sum())
    return mean, float(np.sqrt(max(0.0, (chances * (years - mean) ** 2).sum())))


def age_band(apparent: tuple[float, float] | None) -> Reading:
    """The band of an apparent age (years, spread); the spread of the guess lowers the confidence."""
    if apparent is None:
        return Reading()
    years, spread = apparent
    band = next(band for limit, band in BANDS if years < limit)
    return Reading(band.value, float(np.clip(0.8 - spread / 25, 0.3, 0.75)))
