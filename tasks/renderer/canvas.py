"""The sheet that a drawing is made on: its size and its coordinates."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tasks.arrays import BgrImage, Color, Mask, Plane
from tasks.renderer.pixels import as_float32


@dataclass(frozen=True)
class Canvas:
    """A sheet of `width` x `height` pixels. One per drawing, never shared."""

    width: int = 820
    height: int = 1024

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W), as arrays have it."""
        return self.height, self.width

    @cached_property
    def columns(self) -> Plane:
        """(H, W), the x of every pixel."""
        return np.tile(np.arange(self.width, dtype=np.float32), (self.height, 1))

    @cached_property
    def rows(self) -> Plane:
        """(H, W), the y of every pixel."""
        return np.tile(np.arange(self.height, dtype=np.float32)[:, None], (1, self.width))

    def blank(self, color: Color | float = 0.0) -> BgrImage:
        """(H, W, 3), all of one color or of one gray value."""
        return np.ones((*self.shape, 3), np.float32) * np.float32(color)

    def mask(self) -> Mask:
        """(H, W) of zeros."""
        return np.zeros(self.shape, np.float32)

    def distance_in(self, box: tuple[slice, slice], x: float, y: float) -> Plane:
        """How far each pixel of a (rows, columns) window is from (x, y)."""
        return as_float32(np.hypot(self.columns[box] - np.float32(x), self.rows[box] - np.float32(y)))

    def distance(self, x: float, y: float, stretch: float = 1.0) -> Plane:
        """How far each pixel is from (x, y); `stretch` > 1 makes the rings wide."""
        return as_float32(
            np.hypot((self.columns - np.float32(x)) / np.float32(stretch), self.rows - np.float32(y))
        )
