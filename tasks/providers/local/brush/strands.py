"""Tapering strands in many colours: hair, grass, pencil lines."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.providers.local.brush.pixels import FloatImage, as_image
from tasks.providers.local.brush.shapes import Points

_OVERSAMPLING = 2
_FIXED_POINT = 4


def rendered(
    paths: list[Points], tones: FloatImage, widths: list[float], shape: tuple[int, int]
) -> tuple[FloatImage, FloatImage]:
    """Strands with tapering tips on a sheet of `shape`: their colours, and their mask.

    `tones` are BGR 0..1, one for each path; later strands lie over earlier ones.
    """
    height, width = shape
    everything = np.vstack(paths)
    low = np.maximum(np.floor(everything.min(0)) - 4, 0).astype(int)
    high = np.minimum(np.ceil(everything.max(0)) + 5, (width, height)).astype(int)
    size = (high - low).tolist()
    layer, mask = np.zeros((height, width, 3), np.float32), np.zeros(shape, np.float32)
    if min(size) <= 1:
        return layer, mask
    big = (size[1] * _OVERSAMPLING, size[0] * _OVERSAMPLING)
    colours, cover = np.zeros((*big, 3), np.uint8), np.zeros(big, np.uint8)
    for path, tone, thickness in zip(paths, (tones * 255).round().tolist(), widths, strict=True):
        curve = np.round((path - low) * _OVERSAMPLING * 2**_FIXED_POINT).astype(np.int32)
        _taper(colours, cover, curve, tone, thickness * _OVERSAMPLING)
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    small_cover = as_image(cv2.resize(cover, size, interpolation=cv2.INTER_AREA)) / 255
    small_colours = as_image(cv2.resize(colours, size, interpolation=cv2.INTER_AREA)) / 255
    layer[window] = np.clip(small_colours / np.maximum(small_cover, 1 / 255)[..., None], 0, 1)
    mask[window] = small_cover
    return layer, mask


def _taper(
    colours: NDArray[np.uint8],
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
        cv2.line(colours, start, end, tone, thickness, cv2.LINE_8, _FIXED_POINT)
        cv2.line(cover, start, end, 255, thickness, cv2.LINE_8, _FIXED_POINT)
