"""Tapering strands in many colors: hair, grass, pencil lines."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrImage, FloatArray, Mask, Points
from tasks.renderer.pixels import as_float32

_OVERSAMPLING = 2
_FIXED_POINT = 4


@dataclass(frozen=True)
class StrandLayer:
    """Strands on a sheet: where they lie, their colors there (HxWx3), and their mask there (HxW)."""

    window: tuple[slice, slice]
    colors: BgrImage
    mask: Mask


def render_strands(
    paths: list[Points], tones: FloatArray, widths: list[float], shape: tuple[int, int]
) -> StrandLayer:
    """Strands with tapering tips on a sheet of `shape`. Later ones lie over earlier ones.

    `tones` are BGR 0..1 and `widths` pixels, one for each path.
    """
    height, width = shape
    everything = np.vstack(paths)
    low = np.clip(np.floor(everything.min(0)) - 4, 0, (width - 2, height - 2)).astype(int)
    high = np.clip(np.ceil(everything.max(0)) + 5, low + 2, (width, height)).astype(int)
    size = (high - low).tolist()
    big = (size[1] * _OVERSAMPLING, size[0] * _OVERSAMPLING)
    colors, cover = np.zeros((*big, 3), np.uint8), np.zeros(big, np.uint8)
    for path, tone, thickness in zip(paths, (tones * 255).round().tolist(), widths, strict=True):
        curve = np.round((path - low) * _OVERSAMPLING * 2**_FIXED_POINT).astype(np.int32)
        _taper(colors, cover, curve, tone, thickness * _OVERSAMPLING)
    mask = as_float32(cv2.resize(cover, size, interpolation=cv2.INTER_AREA)) / 255
    averaged = as_float32(cv2.resize(colors, size, interpolation=cv2.INTER_AREA))
    averaged /= np.maximum(mask, 1 / 255)[..., None] * 255
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    return StrandLayer(window, np.minimum(averaged, 1, out=averaged), mask)


def _taper(
    colors: NDArray[np.uint8],
    cover: NDArray[np.uint8],
    curve: NDArray[np.int32],
    tone: list[float],
    width: float,
) -> None:
    """One strand, thin at its tip. Drawn without smoothing: the shrinking smooths."""
    last = len(curve) - 1
    knots = curve.tolist()
    for index, (start, end) in enumerate(pairwise(knots)):
        share = index / last
        thickness = max(1, round(width * min(1.0, 0.35 + 2.2 * share, 2.0 * (1.08 - share))))
        cv2.line(colors, start, end, tone, thickness, cv2.LINE_8, _FIXED_POINT)
        cv2.line(cover, start, end, 255, thickness, cv2.LINE_8, _FIXED_POINT)
