"""Chance that looks like a material: soft noise, clouds, paper."""

import cv2
import numpy as np

from tasks.arrays import Plane
from tasks.renderer.pixels import as_float32, blur

Rng = np.random.Generator


def soft_noise(rng: Rng, shape: tuple[int, int], size: float) -> Plane:
    """Smooth noise, mean 0, deviation 1, with lumps about `size` pixels wide."""
    height, width = shape
    cell = max(1, int(size / 3.2))  # fine enough for round lumps
    margin = 4  # cells, so that the blur's mirrored borders stay outside
    grid = (height // cell + 2 * margin + 2, width // cell + 2 * margin + 2)
    grains = blur(rng.standard_normal(grid, dtype=np.float32), max(0.6, size / cell / 2))
    look_up = np.array([[1 / cell, 0, margin], [0, 1 / cell, margin]])
    how = (cv2.INTER_CUBIC if cell > 1 else cv2.INTER_NEAREST) | cv2.WARP_INVERSE_MAP
    noise = as_float32(cv2.warpAffine(grains, look_up, (width, height), flags=how))
    noise -= noise.mean()
    noise /= noise.std() + np.float32(1e-6)
    return noise


def clouds(rng: Rng, shape: tuple[int, int], size: float, octaves: int = 4) -> Plane:
    """Noise of several sizes on top of each other, each half as wide and about half as strong."""
    total = np.zeros(shape, np.float32)
    gain, power = 1.0, 0.0
    for octave in range(octaves):
        total += np.float32(gain) * soft_noise(rng, shape, max(1.2, size / 2**octave))
        power += gain * gain
        gain *= 0.55
    total /= np.float32(np.sqrt(power))
    return total


def broad_clouds(rng: Rng, shape: tuple[int, int], size: float, octaves: int = 4) -> Plane:
    """`clouds` of lumps so large that they can be worked out at a quarter of the size."""
    small = (-(-shape[0] // 4), -(-shape[1] // 4))
    wide = cv2.resize(
        clouds(rng, small, size / 4, octaves), (small[1] * 4, small[0] * 4), interpolation=cv2.INTER_CUBIC
    )
    return as_float32(wide[: shape[0], : shape[1]])


def paper_grain(rng: Rng, shape: tuple[int, int]) -> Plane:
    """The tooth of a sheet of paper, deviation 1."""
    grain = soft_noise(rng, shape, 1.6) * 0.5 + soft_noise(rng, shape, 3.2) * 0.7
    grain += soft_noise(rng, shape, 7) * 0.4
    return as_float32(grain / grain.std())
