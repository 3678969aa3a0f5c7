"""CIE Lab: from sRGB pixels and to hex, and how different two colors look (CIEDE2000)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.perception.analysis import Lab

Floats = NDArray[np.float64]


def lab_of_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 3) BGR bytes as (N, 3) CIE Lab, L 0..100; N may be 0."""
    if len(pixels) == 0:
        return np.zeros((0, 3), np.float32)
    bgr = pixels.reshape(-1, 1, 3).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB).reshape(-1, 3), np.float32)


def hex_of_lab(lab: Lab) -> str:
    """The color as `#rrggbb`, clipped into sRGB."""
    bgr = cv2.cvtColor(np.array([[lab]], np.float32), cv2.COLOR_LAB2BGR)[0, 0]
    blue, green, red = (int(value) for value in np.clip(np.round(bgr * 255), 0, 255))
    return f"#{red:02x}{green:02x}{blue:02x}"


def lab_tuple(values: NDArray[np.floating]) -> Lab:
    """L, a, b as a plain tuple, rounded to two decimals."""
    lightness, a, b = (round(float(value), 2) for value in values)
    return lightness, a, b


def chroma(lab: NDArray[np.floating]) -> NDArray[np.floating]:
    """How colorful: the distance from gray, 0 up to about 130 in sRGB. `lab` is (…, 3)."""
    return np.asarray(np.hypot(lab[..., 1], lab[..., 2]))


def _hue(a: Floats, b: Floats) -> Floats:
    return np.degrees(np.arctan2(b, a)) % 360


def color_difference(one: NDArray[np.floating] | Lab, other: NDArray[np.floating] | Lab) -> Floats:
    """CIEDE2000 between Lab colors, (…, 3) broadcast against each other: 1 is just visible, 10 is plain.

    After Sharma, Wu and Dalal (2005), whose test data `tests/tasks/perception/test_color.py` holds.
    """
    first, second = np.broadcast_arrays(np.asarray(one, np.float64), np.asarray(other, np.float64))
    l1, a1, b1 = (first[..., i] for i in range(3))
    l2, a2, b2 = (second[..., i] for i in range(3))
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean_c7 / (mean_c7 + 25.0**7))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = _hue(a1 * stretch, b1), _hue(a2 * stretch, b2)
    gray = c1 * c2 == 0
    step = np.where(gray, 0.0, (h2 - h1 + 180) % 360 - 180)
    around = np.where(h1 + h2 < 360, 360.0, -360.0) * (np.abs(h1 - h2) > 180)
    mean_h = np.where(gray, h1 + h2, (h1 + h2 + around) / 2)
    return _weighted(
        l2 - l1,
        c2 - c1,
        2 * np.sqrt(c1 * c2) * np.sin(np.radians(step / 2)),
        mean=((l1 + l2) / 2, (c1 + c2) / 2, mean_h),
    )


def _weighted(d_l: Floats, d_c: Floats, d_h: Floats, mean: tuple[Floats, Floats, Floats]) -> Floats:
    """CIEDE2000's weighting of the differences in lightness, chroma and hue."""
    mean_l, mean_c, mean_h = mean
    t = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    turn = 60 * np.exp(-(((mean_h - 275) / 25) ** 2))
    rotation = -np.sin(np.radians(turn)) * 2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    l_term, c_term, h_term = d_l / s_l, d_c / s_c, d_h / s_h
    total = l_term**2 + c_term**2 + h_term**2 + rotation * c_term * h_term
    return np.asarray(np.sqrt(np.maximum(total, 0.0)), np.float64)
