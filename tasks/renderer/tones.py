"""Even tones with clean borders: regions of a picture reduced to a few flat colors."""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from tasks.arrays import BgrImage, Color, FloatArray, Mask, Plane
from tasks.renderer.color import bgr_from_lab, main_colors, to_lab
from tasks.renderer.noise import Rng
from tasks.renderer.pixels import as_float32, blur, enlarge, mix, shrink, smoothstep

_CRISP = 0.05  # half the width of a border, as mask value
_NEARLY_THE_SAME = 8.0  # Lab distance


def sharpen_mask(mask: Mask, rounding: float) -> Mask:
    """A mask with a clean border, its corners rounded over about `rounding` pixels."""
    return smoothstep(blur(mask, rounding), 0.5 - _CRISP, 0.5 + _CRISP)


def flat_colors(image: BgrImage, mask: Mask, count: int, rounding: float, rng: Rng) -> BgrImage:
    """The picture where the mask is, in `count` of its own colors with smooth borders; gray elsewhere."""
    lab = to_lab(shrink(image, 2))
    inside = shrink(mask, 2) > 0.5
    if inside.sum() < 120:
        return np.full_like(image, 0.5)
    centers = _told_apart(main_colors(lab[inside], count, rng))
    importance = np.array([0.6, 1.3, 1.3], np.float32)
    away = np.stack([blur(as_float32(((lab - c) ** 2 * importance).sum(-1)), rounding / 2) for c in centers])
    nearest = away.argmin(0)
    total, weights = np.zeros_like(image), np.zeros_like(mask)
    for index, center in enumerate(centers):
        share = enlarge(blur(_without_specks(nearest == index), rounding / 2), mask)
        share = smoothstep(share, 0.40, 0.60)
        total += share[..., None] * bgr_from_lab(center * (1, 1.12, 1.12))
        weights += share
    return mix(image, total / np.maximum(weights, 1e-3)[..., None], np.clip(weights * 4, 0, 1))


def _told_apart(centers: FloatArray) -> FloatArray:
    """The colors without those that are nearly another one."""
    kept: list[Color] = []
    for center in centers:
        if all(np.linalg.norm((center - other) * (0.7, 1, 1)) > _NEARLY_THE_SAME for other in kept):
            kept.append(center)
    return as_float32(kept)


def _without_specks(where: Mask) -> Mask:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    return as_float32(cv2.morphologyEx(where.astype(np.uint8), cv2.MORPH_OPEN, kernel))


def shade_region(
    base_lab: ArrayLike,
    lightness: Plane,
    mask: Mask,
    steps: tuple[tuple[float, tuple[float, float, float]], ...],
    edge: float,
) -> BgrImage:
    """One base color, with shadow and light shapes where the lightness leaves its middle.

    Each step is (deviations from the median at which it begins, shift of the base in Lab); negative
    deviations make shadows. `edge` is half the border's width in lightness.
    """
    base = np.asarray(base_lab, np.float32)
    inside = mask > 0.6
    painted = np.ones((*mask.shape, 3), np.float32) * bgr_from_lab(base)
    if inside.sum() < 200:
        return painted
    middle, spread = float(np.median(lightness[inside])), max(4.0, float(lightness[inside].std()))
    for deviations, shift in steps:
        level = middle + deviations * spread
        shape = (
            smoothstep(lightness, level + edge, level - edge)
            if deviations < 0
            else smoothstep(lightness, level - edge, level + edge)
        )
        painted = mix(painted, bgr_from_lab(np.clip(base + shift, (0, -90, -90), (98, 90, 90))), shape)
    return painted


def with_dark_kept(
    painted: BgrImage,
    photo: BgrImage,
    lightness: Plane,
    skin: Mask,
    level: float,
    *,
    crisp_edge: bool = False,
) -> BgrImage:
    """The photo's own even colors where it is far darker than `level`: a beard, a deep shadow."""
    begins, ends, rounding = (0.55, 0.51, 4.0) if crisp_edge else (0.64, 0.46, 2.5)
    dark = smoothstep(blur(lightness, rounding), begins * level, ends * level)
    return mix(painted, photo, dark * skin)


def posterize(lightness: Plane, mask: Mask, count: float, softness: float, contrast: float) -> Plane:
    """Lightness in `count` bands within the region of a mask."""
    inside = mask > 0.5
    if inside.sum() < 200:
        return lightness
    low, high = np.percentile(lightness[inside], [6, 94])
    position = (lightness - low) / max(6.0, high - low) * count
    step = np.floor(position)
    level = (step + smoothstep(position - step, 0.5 - softness, 0.5 + softness)) / count
    return as_float32(low + level * (high - low) * contrast + (1 - contrast) * 0.5 * (low + high))
