"""Where a design lies on its sheet, at any size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, Points

SCREEN = (820, 1024)  # width, height of a picture
PRINT = (2460, 3072)  # the same composition for a book page: 8.2 x 10.24 inches at 300 dpi


@dataclass(frozen=True)
class Placement:
    """A sheet of `width` x `height` pixels; a head unit is `scale` of them, and the chin is at `origin`."""

    width: int
    height: int
    scale: float
    origin: tuple[float, float]

    @property
    def zoom(self) -> float:
        """Pixels of this sheet in a pixel of the screen's: paper and brushes grow with it."""
        return self.width / SCREEN[0]

    def pixels(self, points: Points) -> Points:
        """Head units -> pixels of the sheet."""
        return np.asarray(points, np.float32) * np.float32(self.scale) + np.array(self.origin, np.float32)

    def on_screen(self, points: Points) -> Points:
        """Head units -> pixels of the screen's sheet, whatever this one's size."""
        return np.asarray((self.pixels(points) + 0.5) / self.zoom - 0.5, np.float32)


@dataclass(frozen=True)
class Drawing:
    """A drawn person: the finished sheet, and the person alone. Bytes, 0..255."""

    sheet: BgrBytes  # (H, W, 3): on paper, with its background
    figure: BgrBytes  # (H, W, 3): the person's own colors, not multiplied by `alpha`
    alpha: NDArray[np.uint8]  # (H, W)
