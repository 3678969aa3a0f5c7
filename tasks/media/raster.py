"""Closed loops of a design as coverage masks: antialiased, at any placement, no larger than needed."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import Mask, Plane, Points
from tasks.media.placement import Placement

Window = tuple[slice, slice]  # rows, columns of a sheet

_FIXED_POINT = 4  # bits behind the point that cv2 fills with
_RIM = 2  # pixels around a shape: its smooth edge


@dataclass(frozen=True)
class Patch:
    """Where a shape lies on a sheet, and how much of each pixel there it covers."""

    window: Window
    mask: Mask  # of the window's shape


def rasterize(loops: Iterable[Points], placement: Placement, margin: float = 0.0) -> Patch | None:
    """The coverage of some closed loops, even-odd where they overlap; None where they miss the sheet.

    Args:
        loops: Each (N, 2) in head units.
        placement: The sheet.
        margin: Pixels of empty room to leave around the loops, where the sheet has it.
    """
    placed = [placement.pixels(loop) for loop in loops if len(loop) > 2]
    window = window_around(placed, placement, margin)
    if window is None:
        return None
    finer = _oversampling(placement)
    sheet = _blank(window, finer)
    cv2.fillPoly(sheet, [_fixed(loop, window, finer) for loop in placed], 255, cv2.LINE_AA, _FIXED_POINT)
    return Patch(window, _brought_down(sheet, finer))


def rasterize_ribbon(
    loops: Iterable[Points], half_widths: Iterable[Plane], placement: Placement, margin: float = 0.0
) -> Patch | None:
    """The coverage of lines along closed loops, as wide at each point as is said.

    Args:
        loops: Each (N, 2) in head units.
        half_widths: For each loop (N,), in pixels, on either side of it.
        placement: The sheet.
        margin: As in `rasterize`.
    """
    sides = [
        _sides(placement.pixels(loop), half)
        for loop, half in zip(loops, half_widths, strict=True)
        if len(loop) > 2
    ]
    window = window_around([side for pair in sides for side in pair], placement, margin)
    if window is None:
        return None
    finer = _oversampling(placement)
    sheet = _blank(window, finer)
    for outer, inner in sides:
        quads = np.stack([outer, np.roll(outer, -1, 0), np.roll(inner, -1, 0), inner], 1)
        for quad in _fixed(quads, window, finer):
            cv2.fillConvexPoly(sheet, quad, 255, cv2.LINE_AA, _FIXED_POINT)
    return Patch(window, _brought_down(sheet, finer))


def window_around(placed: list[Points], placement: Placement, margin: float) -> Window | None:
    """The part of the sheet that holds some points (in its pixels) and `margin` pixels around them."""
    if not placed:
        return None
    every = np.vstack(placed)
    if not np.isfinite(every).all():
        return None
    size = np.array([placement.width, placement.height])
    low = np.clip(np.floor(every.min(0) - margin).astype(int) - _RIM, 0, size)
    high = np.clip(np.ceil(every.max(0) + margin).astype(int) + _RIM + 1, 0, size)
    if (high <= low).any():
        return None
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def as_mask(sheet: NDArray[np.uint8]) -> Mask:
    """Bytes 0..255 -> a mask 0..1."""
    return np.multiply(sheet, np.float32(1 / 255), dtype=np.float32)


def moved(mask: Mask, right: float, down: float) -> Mask:
    """The mask moved by fractions of pixels; what lies beyond its edges is like the edge."""
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float64)
    size = (mask.shape[1], mask.shape[0])
    flags = cv2.INTER_LINEAR
    return np.asarray(
        cv2.warpAffine(mask, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _oversampling(placement: Placement) -> int:
    """cv2's smooth edges make a shape a third of a pixel larger: too much for thin lines on a screen."""
    return 1 if placement.zoom > 1.5 else 2


def _blank(window: Window, finer: int) -> NDArray[np.uint8]:
    rows, columns = window
    return np.zeros(((rows.stop - rows.start) * finer, (columns.stop - columns.start) * finer), np.uint8)


def _fixed(points: Points, window: Window, finer: int) -> NDArray[np.int32]:
    """Pixels of the sheet -> the fixed-point numbers of cv2, from the window's corner."""
    corner = np.array([window[1].start, window[0].start], np.float32)
    at = (points - corner + np.float32(0.5)) * finer - np.float32(0.5)  # whole numbers are pixels' centers
    return np.asarray(np.round(at * 2**_FIXED_POINT), np.int32)


def _brought_down(sheet: NDArray[np.uint8], finer: int) -> Mask:
    if finer > 1:
        size = (sheet.shape[1] // finer, sheet.shape[0] // finer)
        sheet = np.asarray(cv2.resize(sheet, size, interpolation=cv2.INTER_AREA), np.uint8)
    return as_mask(sheet)


def _sides(line: Points, half_width: Plane) -> tuple[Points, Points]:
    """The two edges of a closed line of varying width."""
    along = np.roll(line, -1, 0) - np.roll(line, 1, 0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)
    normal = np.stack([-along[:, 1], along[:, 0]], 1) / length[:, None] * np.asarray(half_width)[:, None]
    return np.asarray(line + normal, np.float32), np.asarray(line - normal, np.float32)
