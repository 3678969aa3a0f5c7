"""Where things are on a head, however it leans: the head's own coordinates for every map pixel."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BoolMask, Labels, Plane, Points
from tasks.face_mesh import OVAL
from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import (
    FACE_CENTER,
    FACE_PIXELS,
    MAP_SHAPE,
    UNIT,
    CharacterSheet,
    FaceClass,
    map_from_units,
)
from tasks.perception.geometry import fill_polygon, scale_outline

UNKNOWN = Reading()
_HERE = 0.5  # of a mask or a probability, to count as there


@dataclass(frozen=True)
class HeadFrame:
    """A sheet with the head upright: `x` to the picture's right of the chin and `y` below it, head units."""

    sheet: CharacterSheet
    x: Plane  # HxW
    y: Plane  # HxW

    @cached_property
    def inside(self) -> BoolMask:
        """HxW, where the photo is."""
        return np.asarray(self.sheet.inside > _HERE, np.bool_)

    @cached_property
    def labels(self) -> Labels:
        """HxW, the likeliest class; background outside the photo."""
        labels = np.full(MAP_SHAPE, FaceClass.BACKGROUND, np.uint8)
        best = self.sheet.classes[FaceClass.BACKGROUND].copy()
        # As `argmax` says, in a third of its time: a third of the classes are not in a photo.
        for kind in list(FaceClass)[1:]:
            plane = self.sheet.classes[kind]
            if plane.any():
                np.copyto(labels, np.uint8(kind), where=plane > best)
                np.maximum(best, plane, out=best)
        labels[~self.inside] = FaceClass.BACKGROUND
        return labels

    @cached_property
    def face(self) -> BoolMask:
        """HxW, inside the mesh's outline."""
        return fill_polygon(MAP_SHAPE, map_from_units(self.sheet.mesh[OVAL]))

    @property
    def half_width(self) -> float:
        """Half the width of the face, head units."""
        return self.sheet.analysis.face_width / self.sheet.analysis.face_height * 50

    @property
    def across(self) -> Points:
        """(2,), the unit vector of `x` in head units."""
        return np.asarray(_axes(self.sheet.tilt)[1], np.float32)

    def is_class(self, *classes: FaceClass) -> BoolMask:
        """HxW, where some classes together are likelier than not."""
        return np.asarray((self.sheet.share(*classes) > _HERE) & self.inside, np.bool_)

    def box(self, left: float, top: float, right: float, bottom: float) -> BoolMask:
        """HxW, a box in head units, as far as the photo shows it."""
        across = (self.x >= left) & (self.x < right)
        return np.asarray(across & (self.y >= top) & (self.y < bottom) & self.inside, np.bool_)

    def polygon(self, points: Points, factor: float = 1.0) -> BoolMask:
        """HxW, a polygon of mesh points (N, 2), scaled about its middle."""
        return fill_polygon(MAP_SHAPE, map_from_units(scale_outline(points, factor)))

    def column(self, plane: Plane, x: float, top: float, bottom: float, step: float) -> list[float]:
        """The means of a plane in the cells of a column 5 wide around `x`, downwards; -1 off the photo."""
        rows, columns = MAP_SHAPE
        heights = np.arange(top, bottom, step)[:, None, None] + np.array([0.25, 0.5, 0.75])[:, None] * step
        across = np.array([x - 2, x - 1, x, x + 1, x + 2])
        up, right = _axes(self.sheet.tilt)
        points = across[None, None, :, None] * right - heights[..., None] * up
        pixels = np.round(map_from_units(points.astype(np.float32))).astype(np.int32)
        column, row = pixels[..., 0], pixels[..., 1]
        shown = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        row, column = np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)
        shown &= self.inside[row, column]
        values = np.where(shown, plane[row, column], 0).sum((1, 2))
        counts = shown.sum((1, 2))
        return [float(v) / n if n > 4 else -1.0 for v, n in zip(values, counts, strict=True)]

    def ray(self, start: Points, angle: float, reach: float) -> NDArray[np.int32]:
        """The map pixels (N, 2) as column, row from `start` (2,), one a head unit; `angle` 0 is up."""
        up, right = _axes(self.sheet.tilt)
        way = up * np.cos(angle) + right * np.sin(angle)
        origin = right * start[0] - up * start[1]
        steps = np.arange(0.0, reach)[:, None] * way + origin
        pixels = np.round(map_from_units(steps.astype(np.float32))).astype(np.int32)
        rows, columns = MAP_SHAPE
        kept = (pixels[:, 0] >= 0) & (pixels[:, 0] < columns) & (pixels[:, 1] >= 0) & (pixels[:, 1] < rows)
        return np.asarray(pixels[kept], np.int32)


def _axes(tilt: float) -> tuple[Points, Points]:
    up = np.array([np.sin(tilt), -np.cos(tilt)])
    return up, np.array([-up[1], up[0]])


def head_frame(sheet: CharacterSheet) -> HeadFrame:
    """The frame of a sheet's head."""
    rows, columns = MAP_SHAPE
    across = (np.arange(columns, dtype=np.float32) - FACE_CENTER[0])[None, :] / np.float32(UNIT)
    down = (np.arange(rows, dtype=np.float32) - FACE_CENTER[1] - FACE_PIXELS / 2)[:, None] / np.float32(UNIT)
    up, right = _axes(sheet.tilt)
    return HeadFrame(
        sheet,
        np.asarray(across * np.float32(right[0]) + down * np.float32(right[1]), np.float32),
        np.asarray(-(across * np.float32(up[0]) + down * np.float32(up[1])), np.float32),
    )


def mean_in(plane: Plane, mask: BoolMask) -> float:
    """The mean of a plane inside a mask; 0 where the mask is empty."""
    return float(plane[mask].mean()) if mask.any() else 0.0


def eroded(mask: BoolMask, pixels: int) -> BoolMask:
    """The mask without a margin of so many map pixels."""
    return cv2.erode(mask.astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)) > 0


def dilated(mask: BoolMask, pixels: int) -> BoolMask:
    """The mask with a margin of so many map pixels."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)) > 0
