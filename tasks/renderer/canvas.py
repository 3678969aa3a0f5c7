"""The sheet that a drawing is made on: its size and its coordinates."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tasks.arrays import BgrImage, Color, FloatArray, Mask, Plane, Points
from tasks.renderer.pixels import as_float32


@dataclass(frozen=True)
class Canvas:
    """A sheet of `width` x `height` pixels of a screen. One per drawing, never shared.

    Coordinates are always the screen's. For print, `zoom` pixels are made for each of them, and only the rows
    `shown`, counted in pixels that are made.
    """

    width: int = 820
    height: int = 1024
    zoom: float = 1.0
    shown: tuple[int, int] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of what is made, as arrays have it."""
        top, bottom = self.shown or (0, round(self.height * self.zoom))
        return bottom - top, round(self.width * self.zoom)

    @cached_property
    def columns(self) -> Plane:
        """(H, W), the x of every pixel."""
        return np.tile(self._screen(np.arange(self.shape[1], dtype=np.float32)), (self.shape[0], 1))

    @cached_property
    def rows(self) -> Plane:
        """(H, W), the y of every pixel."""
        top = self.shown[0] if self.shown else 0
        made = np.arange(top, top + self.shape[0], dtype=np.float32)
        return np.tile(self._screen(made)[:, None], (1, self.shape[1]))

    def _screen(self, made: FloatArray) -> FloatArray:
        return made if self.zoom == 1 else as_float32((made + 0.5) / self.zoom - 0.5)

    def made(self, points: Points) -> Points:
        """Screen pixels -> pixels that are made."""
        if self.zoom == 1 and self.shown is None:
            return points
        top = self.shown[0] if self.shown else 0
        return as_float32((points + np.float32(0.5)) * self.zoom - 0.5 - np.array([0, top], np.float32))

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
