"""Leaves that grow before the figure where the photo cuts it."""

import numpy as np

from tasks.arrays import BgrImage, Color
from tasks.renderer.dabs import make_leaves, stamp
from tasks.renderer.figure import Figure
from tasks.renderer.noise import Rng
from tasks.renderer.pixels import as_float32, mix

_WORTH_COVERING = 400  # pixels of cut edge


def cover_cuts(
    sheet: BgrImage,
    figure: Figure,
    colors: tuple[Color, Color],
    rng: Rng,
    *,
    size: float = 0.11,
    crowd: int = 60,
) -> None:
    """Grow leaves, dark below and light above, over every cut side below the chin. In place.

    `size` is a leaf's length in face heights; one leaf for every `crowd` pixels to cover.
    """
    canvas, (shade, light) = figure.canvas, colors
    below_chin = canvas.rows > figure.chin[1] + 0.12 * figure.face_height
    cut = (figure.person > 0.5) & (figure.fade < 0.75) & below_chin
    if cut.sum() < _WORTH_COVERING:
        return
    rows, columns = np.nonzero(np.maximum.accumulate(cut, axis=0))  # rooted: down to the ground
    leaves = make_leaves(rng, size * figure.face_height, 0.24 * size * figure.face_height)
    low = float(rows.min())
    for index in rng.choice(len(rows), min(620, max(120, len(rows) // crowd)), replace=False):
        x, y = int(columns[index] + rng.normal(0, 16)), int(rows[index] + rng.normal(0, 16))
        height = float(np.clip((y - low) / max(canvas.height - low, 1), 0, 1))
        color = mix(light, shade, float(np.clip(0.25 + 0.6 * height + rng.normal(0, 0.25), 0, 1)))
        stamp(sheet, leaves[int(rng.integers(len(leaves)))], (x, y), as_float32(color), 0.96)
