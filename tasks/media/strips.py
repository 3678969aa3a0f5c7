"""A sheet painted a few rows at a time, so that one for print takes no more memory than a screen's.

What is left to chance (paper, clouds, hatching) is worked out once at the screen's size, and each strip looks
it up at its own: the composition is the same at every size.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrImage, FloatArray, Mask
from tasks.media.placement import SCREEN, Drawing, Placement
from tasks.renderer.canvas import Canvas

_MOST_PIXELS = 1_000_000  # of a strip
_REACH = 30  # rows of the screen's size that a strip sees beyond its own: what blurs and shadows reach


@dataclass(frozen=True)
class Strip:
    """Some rows of a sheet."""

    placement: Placement  # of these rows
    top: int  # the first of them on the sheet

    @property
    def zoom(self) -> float:
        """Pixels of this strip in a pixel of the screen's."""
        return self.placement.zoom

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        return self.placement.height, self.placement.width

    @property
    def canvas(self) -> Canvas:
        """The strip in the screen's coordinates."""
        return Canvas(*SCREEN, zoom=self.zoom, shown=(self.top, self.top + self.placement.height))

    def sampled(self, screen: FloatArray) -> FloatArray:
        """What an array of the screen's size, (1024, 820) or (1024, 820, 3), is on this strip."""
        if self.zoom == 1.0 and self.top == 0 and self.shape == screen.shape[:2]:
            return screen
        step = 1 / self.zoom
        off_x, off_y = (0.5 * step - 0.5), ((self.top + 0.5) * step - 0.5)
        look_up = np.array([[step, 0, off_x], [0, step, off_y]], np.float64)
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        size = (self.placement.width, self.placement.height)
        found = cv2.warpAffine(screen, look_up, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.float32)


@dataclass(frozen=True)
class Painted:
    """A painted strip, as `Drawing` has it, 0..1."""

    sheet: BgrImage
    figure: BgrImage
    alpha: Mask


def paint_in_strips(placement: Placement, paint: Callable[[Strip], Painted]) -> Drawing:
    """The whole sheet, a strip after the other. A sheet of the screen's size is one strip."""
    size = (placement.height, placement.width)
    sheet, figure = np.empty((*size, 3), np.uint8), np.empty((*size, 3), np.uint8)
    alpha = np.empty(size, np.uint8)
    for strip, own in _strips(placement):
        painted = paint(strip)
        rows = slice(strip.top + own.start, strip.top + own.stop)
        for whole, part in ((sheet, painted.sheet), (figure, painted.figure), (alpha, painted.alpha)):
            whole[rows] = _bytes(part[own])
    return Drawing(sheet, figure, alpha)


def on_screen(placement: Placement) -> Placement:
    """The same composition at the screen's size."""
    x, y = placement.origin
    zoom = placement.zoom
    origin = ((x + 0.5) / zoom - 0.5, (y + 0.5) / zoom - 0.5)
    return Placement(*SCREEN, placement.scale / zoom, origin)


def _strips(placement: Placement) -> Iterator[tuple[Strip, slice]]:
    """Each strip with room above and below, and which of its rows are its own."""
    rows = max(1, min(placement.height, _MOST_PIXELS // placement.width))
    reach = int(np.ceil(_REACH * placement.zoom))
    for first in range(0, placement.height, rows):
        last = min(first + rows, placement.height)
        top, bottom = max(0, first - reach), min(placement.height, last + reach)
        x, y = placement.origin
        part = Placement(placement.width, bottom - top, placement.scale, (x, y - top))
        yield Strip(part, top), slice(first - top, last - top)


def _bytes(part: FloatArray) -> NDArray[np.uint8]:
    return np.asarray(np.round(np.clip(part, 0, 1) * 255), np.uint8)
