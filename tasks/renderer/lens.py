"""A gentle lens over the figure: larger eyes, a larger head. Pictures, masks and landmarks move together."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BgrImage, Mask, Points
from tasks.renderer.canvas import Canvas
from tasks.renderer.framing import Framing
from tasks.renderer.pixels import as_float32, remap
from tasks.renderer.shapes import as_points


@dataclass(frozen=True)
class Bulge:
    """Enlarge by `growth` around `center`, dying away at `radius` pixels."""

    center: Points
    radius: float
    growth: float


class Lens:
    """Looks from the canvas back into the photo, through bulges (the widest first) and a framing."""

    def __init__(self, canvas: Canvas, framing: Framing, bulges: list[Bulge]) -> None:
        self._framing = framing
        self.columns, self.rows = canvas.columns, canvas.rows
        for bulge in bulges:
            self._bend(bulge)
        self._shift_x = as_float32(self.columns - canvas.columns)
        self._shift_y = as_float32(self.rows - canvas.rows)
        self.photo_columns = as_float32((self.columns - framing.offset[0]) / np.float32(framing.scale))
        self.photo_rows = as_float32((self.rows - framing.offset[1]) / np.float32(framing.scale))

    def _bend(self, bulge: Bulge) -> None:
        if bulge.growth == 1:
            return
        x, y = bulge.center.ravel().tolist()
        distance = np.hypot(self.columns - np.float32(x), self.rows - np.float32(y))
        near = np.clip(1 - distance / np.float32(bulge.radius), 0, 1)
        shrink = 1 - np.float32(1 - 1 / bulge.growth) * near * near * (3 - 2 * near)
        self.columns = as_float32(x + (self.columns - x) * shrink)
        self.rows = as_float32(y + (self.rows - y) * shrink)

    def image(self, photo: BgrImage) -> BgrImage:
        """The photo as seen on the canvas; its edge pixels go on beyond its edges."""
        way = cv2.INTER_CUBIC if self._framing.scale >= 1 else cv2.INTER_LINEAR
        seen = cv2.remap(photo, self.photo_columns, self.photo_rows, way, borderMode=cv2.BORDER_REPLICATE)
        return np.clip(as_float32(seen), 0, 1)

    def mask(self, mask: Mask) -> Mask:
        """A mask as seen on the canvas; nothing beyond the photo's edges."""
        seen = cv2.remap(
            mask, self.photo_columns, self.photo_rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return as_float32(seen)

    def points(self, photo_points: Points) -> Points:
        """Where points of the photo are seen (the inverse of the bend, by fixed point)."""
        target = self._framing.to_canvas(photo_points.reshape(-1, 2))
        seen = target.copy()
        for _ in range(6):
            x, y = seen[:, 0].reshape(-1, 1).copy(), seen[:, 1].reshape(-1, 1).copy()
            shift = [remap(plane, x, y).ravel() for plane in (self._shift_x, self._shift_y)]
            seen = as_points(target - np.stack(shift, 1))
        return seen.reshape(photo_points.shape)
