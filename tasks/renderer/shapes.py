"""Vector drawing with smooth edges: splines, filled shapes, tapered strokes, dots."""

from collections.abc import Callable, Iterable

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tasks.arrays import BgrImage, Color, Mask, Points
from tasks.renderer.canvas import Canvas
from tasks.renderer.pixels import as_float32, smoothstep

Stroke = tuple[Points, float]  # the points it passes through, its greatest width in pixels

_FIXED_POINT = 4  # bits behind the point that cv2 draws with
_OVERSAMPLING = 2


def as_points(values: ArrayLike) -> Points:
    """Whatever numpy takes for pairs of numbers, as (N, 2) float32."""
    return np.asarray(values, np.float32).reshape(-1, 2)


def spline(knots: Points, per_segment: int = 8, *, closed: bool = False) -> Points:
    """A Catmull-Rom curve through the knots, (N, 2), with `per_segment` points from each to the next."""
    knots = as_points(knots)
    if closed:
        ring = np.vstack([knots[-1], knots, knots[0], knots[1]])
    else:
        ring = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    time = np.linspace(0, 1, per_segment, endpoint=False, dtype=np.float32)[None, :, None]
    before, start, end, after = (ring[i : len(ring) - 3 + i, None] for i in range(4))
    curve = 0.5 * (
        2 * start
        + (end - before) * time
        + (2 * before - 5 * start + 4 * end - after) * time**2
        + (3 * start - before - 3 * end + after) * time**3
    )
    curve = curve.reshape(-1, 2)
    return as_points(curve) if closed else as_points(np.vstack([curve, knots[-1]]))


def fill_path(canvas: Canvas, outline: Points) -> Mask:
    """A mask of the inside of an outline, (N, 2) in canvas pixels, smooth at its edge."""
    return _raster(
        canvas, as_points(outline), 0, lambda sheet, place: _fill(sheet, place(as_points(outline)))
    )


def stroke_path(
    canvas: Canvas, strokes: Iterable[Stroke], *, taper: float = 3.2, blunt: float = 0.22
) -> Mask:
    """A mask of strokes that swell in the middle, smooth at their edges.

    Args:
        canvas: The sheet.
        strokes: The knots of each, splined, and its greatest width in pixels.
        taper: How fast a stroke swells: the share of its width it gains over its whole length.
        blunt: The share of the width that is left at the ends, 0..1.
    """
    curves = [(spline(knots), width) for knots, width in strokes]
    if not curves:
        return canvas.mask()

    def draw(sheet: NDArray[np.uint8], place: Callable[[Points], NDArray[np.int32]]) -> None:
        for curve, width in curves:
            time = np.linspace(0, 1, len(curve))
            swelling = np.clip(np.minimum(time, 1 - time) * taper + blunt, 0, 1)
            _tapered(sheet, place(curve), width * canvas.zoom * _OVERSAMPLING * swelling)

    every_point = as_points(np.vstack([curve for curve, _ in curves]))
    return _raster(canvas, every_point, canvas.zoom * max(width for _, width in curves), draw)


def _tapered(sheet: NDArray[np.uint8], curve: NDArray[np.int32], widths: NDArray[np.float64]) -> None:
    for start, end, width in zip(curve[:-1].tolist(), curve[1:].tolist(), widths.tolist(), strict=False):
        cv2.line(sheet, start, end, 255, max(1, round(width)), cv2.LINE_AA, _FIXED_POINT)


def _fill(sheet: NDArray[np.uint8], outline: NDArray[np.int32]) -> None:
    cv2.fillPoly(sheet, [outline], 255, cv2.LINE_AA, _FIXED_POINT)


def _raster(
    canvas: Canvas,
    extent: Points,
    margin: float,
    draw: Callable[[NDArray[np.uint8], Callable[[Points], NDArray[np.int32]]], None],
) -> Mask:
    """Draw at twice the size inside the extent's box, and bring it down into a mask."""
    mask = canvas.mask()
    extent = canvas.made(extent)
    low = np.maximum(np.floor(extent.min(0) - margin - 4), 0).astype(int)
    high = np.minimum(np.ceil(extent.max(0) + margin + 5), canvas.shape[::-1]).astype(int)
    width, height = (high - low).tolist()
    if width <= 0 or height <= 0:
        return mask
    sheet = np.zeros((height * _OVERSAMPLING, width * _OVERSAMPLING), np.uint8)

    def place(curve: Points) -> NDArray[np.int32]:
        return np.asarray(np.round((canvas.made(curve) - low) * _OVERSAMPLING * 2**_FIXED_POINT), np.int32)

    draw(sheet, place)
    small = cv2.resize(sheet, (width, height), interpolation=cv2.INTER_AREA)
    mask[low[1] : high[1], low[0] : high[0]] = as_float32(small) / 255
    return mask


def ellipse_outline(
    center: ArrayLike, radii: tuple[float, float], angle: float = 0.0, count: int = 48
) -> Points:
    """An ellipse as points; `angle` in radians."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    across, down = radii[0] * np.cos(turn), radii[1] * np.sin(turn)
    x = across * np.cos(angle) - down * np.sin(angle)
    y = across * np.sin(angle) + down * np.cos(angle)
    return as_points(np.stack([x, y], 1) + np.asarray(center))


def fill_dot(
    image: BgrImage,
    center: tuple[float, float],
    radius: float,
    color: Color,
    opacity: float,
    soft: float = 0.8,
) -> None:
    """Paint a dot into `image`, in place: `radius` and the width of its soft edge in pixels, opacity 0..1."""
    window = dot_window(image.shape[:2], center, radius, soft)
    if window is not None:
        box, mask = window
        image[box] += (color - image[box]) * (mask * np.float32(opacity))[..., None]


def multiply_dot(
    image: BgrImage,
    center: tuple[float, float],
    radius: float,
    color: Color,
    opacity: float,
    soft: float = 0.8,
) -> None:
    """Multiply a dot of transparent color into `image`, in place: it darkens what is below."""
    window = dot_window(image.shape[:2], center, radius, soft)
    if window is not None:
        box, mask = window
        image[box] *= 1 - (mask * np.float32(opacity))[..., None] * (1 - color)


def dot_window(
    shape: tuple[int, ...], center: tuple[float, float], radius: float, soft: float
) -> tuple[tuple[slice, slice], Mask] | None:
    """The window of a dot in a sheet of `shape`, and its mask there; None when it lies outside."""
    reach, (x, y) = int(radius + soft + 3), center
    top, bottom = max(0, int(y) - reach), min(shape[0], int(y) + reach + 1)
    left, right = max(0, int(x) - reach), min(shape[1], int(x) + reach + 1)
    if bottom <= top or right <= left:
        return None
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    mask = smoothstep(np.hypot(columns - x, rows - y), radius + soft, radius - soft)
    return (slice(top, bottom), slice(left, right)), mask
