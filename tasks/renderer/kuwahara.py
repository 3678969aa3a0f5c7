"""The generalised Kuwahara filter: smooth areas, sharp edges, the look of a loaded brush."""

import cv2
import numpy as np

from tasks.arrays import BgrImage, Mask
from tasks.renderer.pixels import as_float32, blur

_SECTORS = 8
_SUM = np.ones((1, 3), np.float32)


def kuwahara(image: BgrImage, radius: int, sharpness: float = 6.0) -> BgrImage:
    """The picture as patches of even color about `radius` pixels wide."""
    squares = as_float32(cv2.transform(image * image, _SUM))
    total = np.zeros_like(image)
    weights = np.zeros_like(squares)
    for kernel in _sector_kernels(radius):
        mean = as_float32(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT))
        variance = as_float32(cv2.filter2D(squares, -1, kernel, borderType=cv2.BORDER_REFLECT))
        variance -= as_float32(cv2.transform(mean * mean, _SUM))
        deviation = np.sqrt(np.maximum(variance, 0)) * np.float32(255 / 8)
        weight = as_float32(1 / (1 + deviation**sharpness))
        mean *= weight[..., None]
        total += mean
        weights += weight
    total /= weights[..., None]
    return total


def _sector_kernels(radius: int) -> list[Mask]:
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float32)
    bell = np.exp(-(columns**2 + rows**2) / (2 * (radius * 0.5) ** 2))
    bell *= np.hypot(columns, rows) <= radius + 0.5
    angle = np.arctan2(rows, columns)
    kernels = []
    for sector in range(_SECTORS):
        away = np.abs((angle - 2 * np.pi * sector / _SECTORS + np.pi) % (2 * np.pi) - np.pi)
        share = np.clip(1 - away / (2 * np.pi / _SECTORS), 0, 1)
        share[radius, radius] = 1 / _SECTORS
        kernel = blur(as_float32(bell * share), 0.7)
        kernels.append(as_float32(kernel / kernel.sum()))
    return kernels
