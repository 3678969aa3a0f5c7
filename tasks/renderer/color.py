"""Paint: BGR colors from hex and CIE Lab and back, and a region's color moved to where it belongs."""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from tasks.arrays import BgrImage, Color, LabImage, Mask, Plane
from tasks.renderer.pixels import as_float32, luminance


def to_lab(image: BgrImage) -> LabImage:
    """The image in CIE Lab; values beyond 0..1 are clipped first."""
    return as_float32(cv2.cvtColor(np.clip(image, 0, 1), cv2.COLOR_BGR2Lab))


def from_lab(lab: LabImage) -> BgrImage:
    """The BGR image of a Lab image, clipped into sRGB."""
    return np.clip(as_float32(cv2.cvtColor(as_float32(lab), cv2.COLOR_Lab2BGR)), 0, 1)


def lab_from_bgr(color: ArrayLike) -> Color:
    """L, a, b of one BGR color, (3,)."""
    return as_float32(to_lab(as_float32(color).reshape(1, 1, 3))[0, 0])


def bgr_from_lab(lab: ArrayLike) -> Color:
    """The BGR color of one Lab value, (3,), clipped into sRGB."""
    return as_float32(from_lab(as_float32(lab).reshape(1, 1, 3))[0, 0])


def bgr_from_hex(text: str) -> Color:
    """The color that `#rrggbb` names."""
    red, green, blue = (int(text[i : i + 2], 16) for i in (1, 3, 5))
    return np.array([blue, green, red], np.float32) / 255


def shift_in_lab(
    color: ArrayLike, lightness: float = 0, green_red: float = 0, blue_yellow: float = 0
) -> Color:
    """A BGR color, moved in Lab by so much lightness, green to red, and blue to yellow."""
    lab = lab_from_bgr(color) + np.array([lightness, green_red, blue_yellow], np.float32)
    lab[0] = np.clip(lab[0], 0, 100)
    return bgr_from_lab(lab)


def darken(color: ArrayLike, share: float, most: float) -> Color:
    """A color at `share` of its brightness, and never brighter than `most`, its hue kept."""
    dark = as_float32(color) * np.float32(share)
    return as_float32(dark * min(1.0, most / max(float(dark.max()), 1e-3)))


def saturate(image: BgrImage, amount: Plane | float) -> BgrImage:
    """The picture with its distance from gray scaled by `amount`."""
    gray = luminance(image)[..., None]
    scale = amount[..., None] if isinstance(amount, np.ndarray) else np.float32(amount)
    return np.clip(gray + (image - gray) * scale, 0, 1)


def sepia(image: BgrImage, skin: Mask) -> BgrImage:
    """A gray picture in the browns of an old photograph, the skin warmer: its colors are unknown."""
    lab = to_lab(image)
    lab[..., 1] = 2.5 + 6.5 * skin
    lab[..., 2] = 8 + 7 * skin
    return from_lab(lab)
