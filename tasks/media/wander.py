"""Edges as a hand draws them: the flats, looked up a little beside where they are."""

import cv2
import numpy as np

from tasks.arrays import FloatArray, Mask, Plane
from tasks.media.flats import Flats
from tasks.media.strips import Strip
from tasks.renderer.noise import Rng, soft_noise
from tasks.renderer.pixels import as_float32, blur

_SPARED = 3.0  # screen pixels around features that stay where they are


def wander_of(rng: Rng, shape: tuple[int, int], size: float, amount: float) -> tuple[Plane, Plane]:
    """How far the hand strays in x and y, in screen pixels: lumps of `size`, deviation `amount`."""
    x, y = (as_float32(soft_noise(rng, shape, size) * np.float32(amount)) for _ in range(2))
    return x, y


def strayed(flats: Flats, strip: Strip, wander: tuple[Plane, Plane]) -> Flats:
    """The flats with straying edges; eyes, lips and drawn lines keep their place."""
    still = 1 - np.clip(blur(flats.feature, _SPARED * strip.zoom) * 3, 0, 1)
    columns, rows = strip_grid(strip)
    x = columns + strip.sampled(wander[0]) * np.float32(strip.zoom) * still
    y = rows + strip.sampled(wander[1]) * np.float32(strip.zoom) * still

    def moved(plane: FloatArray) -> FloatArray:
        if plane.shape[:2] != strip.shape:
            return plane
        return as_float32(cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    alpha: Mask = moved(flats.alpha)
    premultiplied = moved(as_float32(flats.color * flats.alpha[..., None]))
    color = as_float32(premultiplied / np.maximum(alpha, np.float32(1e-4))[..., None])
    planes = (moved(plane) for plane in (flats.skin, flats.hair, flats.feature, flats.edge))
    return Flats(np.minimum(color, 1), alpha, *planes)


def strip_grid(strip: Strip) -> tuple[Plane, Plane]:
    """(H, W) each, the column and the row of every pixel of a strip."""
    height, width = strip.shape
    columns = np.tile(np.arange(width, dtype=np.float32), (height, 1))
    return columns, np.tile(np.arange(height, dtype=np.float32)[:, None], (1, width))
