"""How different two pictures look: CIEDE2000, written down from its definition."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])

Floats = NDArray[np.float64]


def mean_difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The mean CIEDE2000 difference of two sRGB pictures of the same size."""
    assert one.shape == other.shape, (one.shape, other.shape)
    return float(_difference(_lab(one), _lab(other)).mean())


def lab_of_bgr(color: NDArray[Any]) -> Floats:
    """The Lab of BGR colors of 0..1, (…, 3)."""
    return _lab(np.asarray(color, np.float64)[..., ::-1] * 255)


def difference_of_lab(one: ArrayLike, other: ArrayLike) -> Floats:
    """The CIEDE2000 difference of Lab colors, (…, 3)."""
    return _difference(np.asarray(one, np.float64), np.asarray(other, np.float64))


def linear(pixels: NDArray[Any]) -> Floats:
    """sRGB levels as light, 0 to 1."""
    value = pixels / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _lab(pixels: NDArray[Any]) -> Floats:
    xyz = linear(pixels) @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    )


def _difference(one: Floats, other: Floats) -> Floats:
    (light, a, b), (other_light, other_a, other_b) = np.moveaxis(one, -1, 0), np.moveaxis(other, -1, 0)
    seventh = ((np.hypot(a, b) + np.hypot(other_a, other_b)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(seventh / (seventh + 25.0**7))
    a, other_a = a * stretch, other_a * stretch
    chroma, other_chroma = np.hypot(a, b), np.hypot(other_a, other_b)
    hue, other_hue = np.degrees(np.arctan2(b, a)) % 360, np.degrees(np.arctan2(other_b, other_a)) % 360
    gray = chroma * other_chroma == 0
    turn = (other_hue - hue + 180) % 360 - 180
    hue_step = 2 * np.sqrt(chroma * other_chroma) * np.sin(np.radians(np.where(gray, 0, turn) / 2))
    mean_light, mean_chroma = (light + other_light) / 2, (chroma + other_chroma) / 2
    mean_hue = np.where(gray, hue + other_hue, (hue + turn / 2) % 360)
    t = (
        1
        - 0.17 * np.cos(np.radians(mean_hue - 30))
        + 0.24 * np.cos(np.radians(2 * mean_hue))
        + 0.32 * np.cos(np.radians(3 * mean_hue + 6))
        - 0.20 * np.cos(np.radians(4 * mean_hue - 63))
    )
    lightness = (other_light - light) / (
        1 + 0.015 * (mean_light - 50) ** 2 / np.sqrt(20 + (mean_light - 50) ** 2)
    )
    chroma_step = (other_chroma - chroma) / (1 + 0.045 * mean_chroma)
    hue_step = hue_step / (1 + 0.015 * mean_chroma * t)
    turning = -2 * np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7))
    turning = turning * np.sin(np.radians(60 * np.exp(-(((mean_hue - 275) / 25) ** 2))))
    return np.asarray(np.sqrt(lightness**2 + chroma_step**2 + hue_step**2 + turning * chroma_step * hue_step))
