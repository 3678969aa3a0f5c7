"""Brush dabs as a map: which dab covers a pixel, and how its bristles lie there. Quick at any size."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BgrImage, FloatArray, Plane, Points
from tasks.media.placement import SCREEN
from tasks.media.strips import Strip
from tasks.renderer.flow import Flow
from tasks.renderer.noise import Rng
from tasks.renderer.pixels import as_float32

_FIXED_POINT = 4
_BLUNT = np.array(
    [
        [-0.5, -0.28],
        [-0.42, -0.46],
        [0.34, -0.5],
        [0.5, -0.24],
        [0.48, 0.3],
        [0.36, 0.5],
        [-0.4, 0.46],
        [-0.5, 0.2],
    ],
    np.float32,
)  # a dab of length and width 1


@dataclass(frozen=True)
class Dabs:
    """Dabs on the screen's sheet, in the order in which they are laid."""

    outlines: FloatArray  # (N, 8, 2), screen pixels
    centers: Points  # (N, 2)
    shades: Plane  # (N,), mean 0, deviation 1: how a dab differs from its neighbors


def scatter_dabs(rng: Rng, flow: Flow, spacing: float, length: float, width: float) -> Dabs:
    """Dabs all over the sheet, on a jittered grid in random order, each along the flow under it."""
    across, down = np.meshgrid(np.arange(0, SCREEN[0], spacing), np.arange(0, SCREEN[1], spacing))
    centers = np.stack([across.ravel(), down.ravel()], 1)
    centers = as_float32(centers + rng.uniform(-spacing / 2, spacing / 2, centers.shape))
    centers = centers[rng.permutation(len(centers))]
    x = np.clip(centers[:, 0], 0, SCREEN[0] - 1).astype(int)
    y = np.clip(centers[:, 1], 0, SCREEN[1] - 1).astype(int)
    wander = rng.normal(0, 0.18, len(centers))
    cosine, sine = flow.x[y, x] * np.cos(wander) - flow.y[y, x] * np.sin(wander), None
    sine = flow.y[y, x] * np.cos(wander) + flow.x[y, x] * np.sin(wander)
    size = rng.uniform(0.7, 1.2, (len(centers), 2)) * (length, width)
    along, aside = _BLUNT[None, :, 0] * size[:, :1], _BLUNT[None, :, 1] * size[:, 1:]
    aside = aside + 0.10 * along * rng.uniform(-1, 1, (len(centers), 1))  # none is quite square
    outlines = np.stack(
        [along * cosine[:, None] - aside * sine[:, None], along * sine[:, None] + aside * cosine[:, None]], 2
    )
    shades = rng.standard_normal(len(centers))
    return Dabs(as_float32(outlines + centers[:, None]), centers, as_float32(shades))


def dab_map(dabs: Dabs, strip: Strip) -> np.ndarray:
    """(H, W), which dab is uppermost at every pixel of a strip: its index."""
    canvas = strip.canvas
    made = np.round(canvas.made(dabs.outlines.reshape(-1, 2)) * 2**_FIXED_POINT).astype(np.int32)
    covered = np.zeros(strip.shape, np.int32)
    edge = strip.shape[0] * 2**_FIXED_POINT
    for index, outline in enumerate(made.reshape(-1, len(_BLUNT), 2)):
        if outline[:, 1].max() >= 0 and outline[:, 1].min() <= edge:
            cv2.fillConvexPoly(covered, outline, index, cv2.LINE_8, _FIXED_POINT)
    return covered


def colors_under(dabs: Dabs, color: BgrImage) -> FloatArray:
    """(N, 3), the color in the middle of each dab, of a picture of the screen's size."""
    x = np.clip(np.round(dabs.centers[:, 0]), 0, color.shape[1] - 1).astype(int)
    y = np.clip(np.round(dabs.centers[:, 1]), 0, color.shape[0] - 1).astype(int)
    return as_float32(color[y, x])
