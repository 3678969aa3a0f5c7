"""Opaque brush dabs with bristle marks, laid along a direction."""

from dataclasses import dataclass

import numpy as np

from tasks.arrays import BgrImage, Color, Mask, Plane
from tasks.renderer.noise import Rng
from tasks.renderer.pixels import as_float32, blur, smoothstep

_DIRECTIONS, _BRISTLES = 16, 4


@dataclass(frozen=True)
class DabLook:
    """How closely dabs lie (pixels apart) and how much their color wavers."""

    spacing: float
    waver: float


def make_brushes(rng: Rng, length: float, half_width: float) -> list[Mask]:
    """Dab masks in 16 directions, 4 bristle patterns each."""
    brushes = []
    reach = int(np.ceil(length * 0.5 + 2))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    for direction in range(_DIRECTIONS):
        angle = (direction + 0.5) * np.pi / _DIRECTIONS
        along = columns * np.cos(angle) + rows * np.sin(angle)
        across = -columns * np.sin(angle) + rows * np.cos(angle)
        for _ in range(_BRISTLES):
            hairs = blur(as_float32(rng.uniform(0.45, 1.15, (1, 24))), 0.7).ravel()
            bristle = np.interp(across.ravel(), np.linspace(-half_width, half_width, 24), hairs).reshape(
                across.shape
            )
            slanted = np.abs(along) + rng.uniform(-1, 1) * across * 0.3
            mask = smoothstep(np.abs(across), half_width * 0.5, half_width * 0.36)
            mask = mask * smoothstep(slanted, length * 0.5, length * 0.36) * bristle
            brushes.append(as_float32(np.clip(mask, 0, 1) * 0.9))
    return brushes


def paint_dabs(
    rng: Rng,
    image: BgrImage,
    angle: Plane,
    where: Mask,
    brushes: list[Mask],
    look: DabLook,
) -> BgrImage:
    """The picture painted over with dabs of its own colors, in random order, where the mask is."""
    painted = image.copy()
    columns, rows = _places(rng, where, look.spacing)
    direction = ((angle[rows, columns] % np.pi) / np.pi * _DIRECTIONS).astype(int) % _DIRECTIONS
    chosen = direction * _BRISTLES + rng.integers(0, _BRISTLES, len(rows))
    shade = 1 + rng.normal(0, look.waver, len(rows))
    colors = as_float32(
        image[rows, columns] * shade[:, None] + rng.normal(0, look.waver * 0.35, (len(rows), 3))
    )
    strengths = where[rows, columns].tolist()
    for x, y, brush_number, color, strength in zip(
        columns.tolist(), rows.tolist(), chosen.tolist(), colors, strengths, strict=True
    ):
        stamp(painted, brushes[brush_number], (x, y), color, strength)
    return painted


def _places(rng: Rng, where: Mask, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Where dabs go: a jittered grid in random order, on the mask only."""
    height, width = where.shape
    step = spacing * 0.75
    rows, columns = np.mgrid[0:height:step, 0:width:step]
    spots = np.stack([columns.ravel(), rows.ravel()], 1) + rng.uniform(-step / 2, step / 2, (rows.size, 2))
    spots = spots[rng.permutation(len(spots))]
    x = np.clip(spots[:, 0], 0, width - 1).astype(int)
    y = np.clip(spots[:, 1], 0, height - 1).astype(int)
    kept = where[y, x] >= 0.4
    return x[kept], y[kept]


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
