"""Brush dabs that lie along a direction, and small things stamped on a sheet: petals, leaves.

Dabs are a map: which dab covers a pixel. That is quick at any size, and what a dab does to its pixels is up
to the painter.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrImage, Color, FloatArray, Mask, Plane, Points
from tasks.renderer.canvas import Canvas
from tasks.renderer.noise import Rng
from tasks.renderer.pixels import as_float32, smoothstep

_DIRECTIONS = 16
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
    """Dabs on a sheet, in the order in which they are laid."""

    outlines: FloatArray  # (N, 8, 2), pixels of the screen's sheet
    centers: Points  # (N, 2)
    shades: Plane  # (N,), mean 0, deviation 1: how a dab differs from its neighbors


def scatter_dabs(rng: Rng, angle: Plane, spacing: float, length: float, width: float) -> Dabs:
    """Dabs all over the sheet, on a jittered grid in random order, each at the angle (radians) under it."""
    rows, columns = angle.shape
    across, down = np.meshgrid(np.arange(0, columns, spacing), np.arange(0, rows, spacing))
    centers = np.stack([across.ravel(), down.ravel()], 1)
    centers = as_float32(centers + rng.uniform(-spacing / 2, spacing / 2, centers.shape))
    centers = centers[rng.permutation(len(centers))]
    x = np.clip(centers[:, 0], 0, columns - 1).astype(int)
    y = np.clip(centers[:, 1], 0, rows - 1).astype(int)
    heading = angle[y, x] + rng.normal(0, 0.18, len(centers))
    cosine, sine = np.cos(heading), np.sin(heading)
    size = rng.uniform(0.7, 1.2, (len(centers), 2)) * (length, width)
    along, aside = _BLUNT[None, :, 0] * size[:, :1], _BLUNT[None, :, 1] * size[:, 1:]
    aside = aside + 0.10 * along * rng.uniform(-1, 1, (len(centers), 1))  # none is quite square
    outlines = np.stack(
        [along * cosine[:, None] - aside * sine[:, None], along * sine[:, None] + aside * cosine[:, None]], 2
    )
    shades = rng.standard_normal(len(centers))
    return Dabs(as_float32(outlines + centers[:, None]), centers, as_float32(shades))


def dab_map(dabs: Dabs, canvas: Canvas) -> NDArray[np.int32]:
    """(H, W), which dab is uppermost at every pixel of a canvas: its index."""
    made = np.asarray(np.round(canvas.made(dabs.outlines.reshape(-1, 2)) * 2**_FIXED_POINT), np.int32)
    outlines = made.reshape(-1, len(_BLUNT), 2)
    covered = np.zeros(canvas.shape, np.int32)
    edge = canvas.shape[0] * 2**_FIXED_POINT
    shown = (outlines[..., 1].max(1) >= 0) & (outlines[..., 1].min(1) <= edge)
    for index in np.flatnonzero(shown).tolist():
        cv2.fillConvexPoly(covered, outlines[index], index, cv2.LINE_8, _FIXED_POINT)
    return covered


def colors_under(dabs: Dabs, color: BgrImage) -> FloatArray:
    """(N, 3), the color in the middle of each dab, of a picture of the screen's size."""
    x = np.clip(np.round(dabs.centers[:, 0]), 0, color.shape[1] - 1).astype(int)
    y = np.clip(np.round(dabs.centers[:, 1]), 0, color.shape[0] - 1).astype(int)
    return as_float32(color[y, x])


def paint_dabs(
    rng: Rng, image: BgrImage, angle: Plane, spacing: float, size: tuple[float, float], waver: float
) -> BgrImage:
    """The picture as dabs of its own colors; `size`: their length and width, `waver`: how unlike they are."""
    dabs = scatter_dabs(rng, angle, spacing, *size)
    under = colors_under(dabs, image)
    under = under * (1 + np.float32(waver) * dabs.shades[:, None])
    under += as_float32(rng.normal(0, waver * 0.35, under.shape))
    return as_float32(under[dab_map(dabs, Canvas(image.shape[1], image.shape[0]))])


def stamp(image: BgrImage, mask: Mask, center: tuple[int, int], color: Color, opacity: float) -> None:
    """Lay one color over `image` in place, through a small square mask around `center`."""
    (x, y), (height, width), reach = center, image.shape[:2], mask.shape[0] // 2
    left, top = max(0, x - reach), max(0, y - reach)
    right, bottom = min(width, x + reach + 1), min(height, y + reach + 1)
    if right <= left or bottom <= top:
        return
    part = mask[top - y + reach : bottom - y + reach, left - x + reach : right - x + reach, None]
    under = image[top:bottom, left:right]
    under += (color - under) * (part * np.float32(opacity))


def make_leaves(rng: Rng, length: float, half_width: float) -> list[Mask]:
    """Pointed leaf masks in 16 directions."""
    leaves = []
    reach = int(np.ceil(length * 0.5 + 2))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    for direction in range(_DIRECTIONS):
        angle = direction * 2 * np.pi / _DIRECTIONS + rng.uniform(-0.1, 0.1)
        along = (columns * np.cos(angle) + rows * np.sin(angle)) / (length / 2)
        across = (-columns * np.sin(angle) + rows * np.cos(angle)) / half_width
        belly = np.clip(1 - along**2, 0, 1) * (1 - 0.25 * along)
        leaves.append(smoothstep(belly - np.abs(across), -0.05, 0.22) * (np.abs(along) < 1))
    return [as_float32(leaf) for leaf in leaves]
