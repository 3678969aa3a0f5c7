"""Things painted in front of a figure, kept apart from it, so that they can be laid over it at any size."""

import numpy as np

from tasks.arrays import BgrImage, Color, FloatArray, Mask
from tasks.renderer.dabs import stamp
from tasks.renderer.pixels import as_float32
from tasks.renderer.shapes import dot_window


class Overlay:
    """A transparent sheet: `color` (H, W, 3) is multiplied by `cover` (H, W)."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.color: BgrImage = np.zeros((*shape, 3), np.float32)
        self.cover: Mask = np.zeros(shape, np.float32)

    def paint(self, window: tuple[slice, slice], paint: FloatArray, mask: Mask) -> None:
        """Lay a color, (3,), or colors of the window's shape through a mask of it."""
        self.color[window] += (as_float32(paint) - self.color[window]) * mask[..., None]
        self.cover[window] += (1 - self.cover[window]) * mask

    def stamp(self, mask: Mask, center: tuple[int, int], color: Color, opacity: float) -> None:
        """Lay one color through a small square mask around `center`."""
        stamp(self.color, mask, center, color, opacity)
        stamp(self.cover[..., None], mask, center, np.ones(1, np.float32), opacity)

    def dot(
        self, center: tuple[float, float], radius: float, color: Color, opacity: float, soft: float = 0.8
    ) -> None:
        """Lay a round dot: `radius` and the width of its soft edge in pixels."""
        found = dot_window(self.cover.shape, center, radius, soft)
        if found is not None:
            window, mask = found
            self.paint(window, color, mask * np.float32(opacity))
