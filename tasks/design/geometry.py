"""Curves for shapes, and the way between curves and maps.

Curves are closed loops, (N, 2) float32 in head units (tasks/design/shapes.py). Maps are those of the
character sheet, (H, W) as `MAP_SHAPE`; lengths and areas of maps are given in head units here too, so that a
threshold means the same wherever it stands.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tasks.arrays import BoolMask, Labels, Mask, Plane, Points
from tasks.perception.character_sheet import MAP_SHAPE, UNIT, map_from_units, units_from_map

_FIXED_POINT = 4  # bits behind the point that cv2 fills with
_FINER = 2  # contours are followed at so many times the map's resolution: about the screen's
_WIDE_BLUR = 4.0  # sigma in pixels from which a map is blurred at half its size
_WIDE_DISC = 9.0  # pixels from which distances are quicker than a structuring element
_MARGIN = 10  # map pixels by which what meets the map's edge runs on beyond it


def as_points(values: ArrayLike) -> Points:
    """Whatever numpy takes for pairs of numbers, as (N, 2) float32."""
    return np.asarray(values, np.float32).reshape(-1, 2)


def spline(knots: ArrayLike, *, closed: bool = True, per_segment: int = 8) -> Points:
    """A Catmull-Rom curve through the knots, (N, 2), with `per_segment` points from each to the next."""
    p = as_points(knots)
    count = len(p)
    if count < 3:
        return p
    steps = np.arange(count if closed else count - 1)

    def knot(offset: int) -> NDArray[np.float32]:
        at = (steps + offset) % count if closed else np.clip(steps + offset, 0, count - 1)
        return np.asarray(p[at][:, None], np.float32)

    before, start, end, after = (knot(offset) for offset in (-1, 0, 1, 2))
    t = np.linspace(0, 1, per_segment, endpoint=False, dtype=np.float32)[None, :, None]
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    curve = curve.reshape(-1, 2)
    return as_points(curve if closed else np.vstack([curve, p[-1:]]))


def ellipse(
    center: ArrayLike, width: float, height: float | None = None, *, angle: float = 0.0, count: int = 40
) -> Points:
    """An ellipse, (count, 2); `width` and `height` are its half axes, `angle` turns it clockwise, radians."""
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    x, y = width * np.cos(t), (width if height is None else height) * np.sin(t)
    cos, sin = np.cos(angle), np.sin(angle)
    return as_points(np.stack([x * cos - y * sin, x * sin + y * cos], 1) + np.asarray(center, np.float64))


def normals(path: Points) -> Points:
    """Unit vectors across an open path, (N, 2): a quarter turn clockwise of where it leads."""
    along = np.gradient(path, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    return as_points(across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6))


def stroke(
    path: ArrayLike, width: float, *, ends: tuple[float, float] = (0.1, 0.1), bulge: float = 0.5
) -> Points:
    """A drawn line as a closed loop: `width` wide where it bulges, thinner at its ends.

    Args:
        path: (N, 2), what the pen follows; two points are enough.
        width: The greatest width, in the path's unit.
        ends: The width at the start and at the end, as shares of `width`.
        bulge: Where along the path it is widest, 0..1.
    """
    p = as_points(path)
    if len(p) < 3:
        p = as_points(np.linspace(p[0], p[-1], 5))
    t = np.linspace(0, 1, len(p))
    rise = np.where(t < bulge, t / max(bulge, 1e-6), (1 - t) / max(1 - bulge, 1e-6))
    least = np.where(t < bulge, *ends)
    half = (width / 2 * (least + (1 - least) * np.sin(rise * np.pi / 2)))[:, None]
    across = normals(p)
    return as_points(np.vstack([p + across * half, (p - across * half)[::-1]]))


def scaled(path: Points, factor: float | tuple[float, float], about: ArrayLike | None = None) -> Points:
    """The path, (N, 2), larger or smaller about a point: its middle, unless given."""
    middle = path.mean(0) if about is None else np.asarray(about, np.float32)
    return as_points((path - middle) * np.asarray(factor, np.float32) + middle)


def hull(points: ArrayLike) -> Points:
    """The convex hull of some points, as a loop."""
    return as_points(cv2.convexHull(as_points(points))[:, 0])


def area(loop: Points) -> float:
    """What a loop encloses, square head units; never negative."""
    x, y = loop[:, 0].astype(np.float64), loop[:, 1].astype(np.float64)
    return abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())) / 2


def smoothstep(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.float32]:
    """0 at `low`, 1 at `high`, smooth between; `low` may be the larger one."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def fill(*loops: Points) -> Mask:
    """The inside of some loops as a map, edges smooth; even-odd where they overlap."""
    mask = np.zeros(MAP_SHAPE, np.uint8)
    fixed = [
        np.round(map_from_units(loop) * 2**_FIXED_POINT).astype(np.int32) for loop in loops if len(loop) > 2
    ]
    if fixed:
        cv2.fillPoly(mask, fixed, (255,), cv2.LINE_AA, _FIXED_POINT)
    return np.asarray(mask.astype(np.float32) / 255, np.float32)


def loops_of(
    mask: NDArray[np.floating] | BoolMask,
    *,
    blur: float = 0.6,
    even: float = 2.0,
    least: float = 20.0,
    level: float = 0.5,
) -> tuple[Points, ...]:
    """The outlines of a map's mask as smooth loops, largest first, holes included (even-odd).

    Args:
        mask: (H, W), 0..1. What meets the map's edge runs on a little beyond it.
        blur: Sigma of the blur before the outline is followed, head units; small parts vanish.
        even: Over how much of its length the outline is smoothed, head units.
        least: Loops that enclose less are left out, square head units.
        level: Where between 0 and 1 the outline runs.
    """
    values: NDArray[Any] = np.asarray(mask, np.float32)
    values = cv2.copyMakeBorder(values, *(_MARGIN,) * 4, cv2.BORDER_REPLICATE)
    if blur > 0:
        values = cv2.GaussianBlur(values, (0, 0), blur * UNIT)
    values = cv2.resize(values, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_LINEAR)
    values = cv2.copyMakeBorder(values, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    found, _ = cv2.findContours((values > level).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    smallest = least * (UNIT * _FINER) ** 2
    kept = sorted((c for c in found if cv2.contourArea(c) >= smallest), key=cv2.contourArea, reverse=True)
    return tuple(units_from_map(_evened(c[:, 0], even) / _FINER - _MARGIN) for c in kept)


def _evened(contour: NDArray[Any], even: float) -> NDArray[np.float32]:
    """A contour of the finer map, smoothed and thinned; in its pixels, moved to where the map has them."""
    points = contour.astype(np.float64) - 1 + 0.5 - _FINER / 2  # less the border; pixel centers of a resize
    sigma = max(even * UNIT * _FINER / 2, 0.5)
    reach = min(int(3 * sigma) + 1, (len(points) - 1) // 2)
    if reach > 0:
        weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
        weights /= weights.sum()
        ring = np.vstack([points[-reach:], points, points[:reach]])
        points = np.stack([np.convolve(ring[:, i], weights, "valid") for i in (0, 1)], 1)
    count = max(12, len(points) // 3)
    thinned = points[np.linspace(0, len(points), count, endpoint=False).astype(int)]
    return np.asarray(thinned, np.float32)


def blurred(values: Plane, sigma: float, within: Mask | BoolMask | None = None) -> Plane:
    """A map blurred by `sigma` head units; with `within`, as if nothing lay outside that mask."""
    if within is None:
        return _gauss(np.asarray(values, np.float32), sigma * UNIT)
    weight = np.asarray(within, np.float32)
    seen = _gauss(np.asarray(values * weight, np.float32), sigma * UNIT)
    return np.asarray(seen / np.maximum(_gauss(weight, sigma * UNIT), 1e-3), np.float32)


def _gauss(values: Plane, sigma: float) -> Plane:
    """Wide blurs at half the size, where nothing finer is left: a quarter of the work."""
    if sigma < _WIDE_BLUR:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
    rows, columns = values.shape
    half = cv2.resize(values, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    half = _gauss(np.asarray(half, np.float32), sigma / 2)
    return np.asarray(cv2.resize(half, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)


def disc(size: float) -> Labels:
    """A round structuring element `size` head units wide, at least one pixel."""
    side = int(size * UNIT) | 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def grown(mask: Mask | BoolMask, size: float) -> Mask:
    """The mask widened by half of `size` head units on every side; by much, its edge is one half's."""
    if size * UNIT < _WIDE_DISC:
        return np.asarray(cv2.dilate(np.asarray(mask, np.float32), disc(size)), np.float32)
    return _grown(np.asarray(mask, np.float32) > 0.5, size * UNIT / 2)


def shrunk(mask: Mask | BoolMask, size: float) -> Mask:
    """The mask narrowed by half of `size` head units on every side; by much, its edge is one half's."""
    if size * UNIT < _WIDE_DISC:
        return np.asarray(cv2.erode(np.asarray(mask, np.float32), disc(size)), np.float32)
    return np.asarray(1 - _grown(np.asarray(mask, np.float32) <= 0.5, size * UNIT / 2), np.float32)


def _grown(inside: BoolMask, reach: float) -> Mask:
    """By the distance transform, which takes the same time however far it reaches; pixels."""
    if not inside.any():
        return np.zeros(inside.shape, np.float32)
    away = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(np.clip(reach + 0.5 - away, 0, 1), np.float32)


def closed(mask: Mask | BoolMask, size: float) -> Mask:
    """The mask with gaps up to `size` head units closed; the map's edge opens no gap."""
    pad = int(size * UNIT) + 1
    reach = size * UNIT / 2
    inside = (np.asarray(mask, np.float32) > 0.5).astype(np.uint8)
    wide = cv2.copyMakeBorder(inside, *(pad,) * 4, cv2.BORDER_CONSTANT, value=(0,))
    back = _grown(_grown(np.asarray(wide) > 0, reach) < 0.5, reach) < 0.5
    return np.asarray(np.maximum(back[pad:-pad, pad:-pad], inside), np.float32)


def moved(mask: Mask, dx: float, dy: float) -> Mask:
    """The mask moved by head units; what comes in from outside is empty."""
    matrix = np.array([[1, 0, dx * UNIT], [0, 1, dy * UNIT]], np.float32)
    return np.asarray(cv2.warpAffine(mask, matrix, MAP_SHAPE[::-1]), np.float32)


def parts_touching(mask: Mask, near: Mask | BoolMask, level: float = 0.5) -> Mask:
    """Only the connected parts of a mask that touch the area `near`."""
    inside = np.asarray(mask, np.float32) > level
    _, labels = cv2.connectedComponents(inside.astype(np.uint8))
    keep = np.unique(labels[(np.asarray(near, np.float32) > 0.5) & inside])
    return np.asarray(mask * np.isin(labels, keep[keep > 0]), np.float32)


def parts_of_share(mask: Mask, share: float) -> Mask:
    """Only the connected parts of a mask that are at least so much of the whole, 0..1."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 0.5).astype(np.uint8))
    sizes = stats[:count, cv2.CC_STAT_AREA].astype(np.float64)
    sizes[0] = 0
    return np.asarray(mask * (sizes > share * max(sizes.sum(), 1))[labels], np.float32)


def area_of(mask: Mask | BoolMask) -> float:
    """How much of a map lies in a mask, square head units."""
    return float((np.asarray(mask, np.float32) > 0.5).sum()) / UNIT**2


def median_lab(lab: NDArray[np.floating], where: BoolMask, least: int = 40) -> NDArray[np.float64] | None:
    """The median color, (3,), of a map's pixels; None if there are fewer than `least`."""
    return np.median(lab[where], 0).astype(np.float64) if where.sum() >= least else None
