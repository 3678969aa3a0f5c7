"""Curves, and tubes along them: limbs, sleeves, skirts, fingers and pen lines. All lengths in heads.

A tube knows every point by (u, v), u 0..1 along its middle line and v -1..1 across, so what is drawn on it, a
stripe or a fold, bends with it.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tasks.arrays import FloatArray, Points
from tasks.design.geometry import spline

_KNOTS = 48  # points of a tube's middle line
_FINE = 420.0  # raster of a union, pixels a head: about three and a half a head unit
_SMOOTH = 1.6  # sigma along a traced contour, in its pixels: takes the raster's stairs away
_EVERY = 3  # of a traced contour, the points kept


def xy(x: float, y: float) -> Points:
    """A point, or a way."""
    return np.array([x, y], np.float64)


def closed(through: ArrayLike, steps: int = 8) -> Points:
    """A smooth outline through some points."""
    return spline(through, per_segment=steps)


def opened(through: ArrayLike, steps: int = 8) -> Points:
    """A smooth line through some points, its ends included."""
    return spline(through, closed=False, per_segment=steps)


def rounded(joints: Sequence[ArrayLike], cut: float = 0.27, rounds: int = 4) -> Points:
    """A line along some joints, its corners cut round (Chaikin): a limb's middle line."""
    p = np.asarray(joints, np.float64).reshape(-1, 2)
    for _ in range(rounds):
        q = np.empty((2 * len(p), 2))
        q[0], q[-1] = p[0], p[-1]
        q[1:-1:2] = p[:-1] * (1 - cut) + p[1:] * cut
        q[2:-1:2] = p[:-1] * cut + p[1:] * (1 - cut)
        p = q
    return even(p, _KNOTS)


def even(line: Points, count: int) -> Points:
    """The same line by points evenly apart."""
    along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(line, axis=0).T))]
    at = np.linspace(0, along[-1], count)
    return np.stack([np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])], 1)


class Tube:
    """A strip about a middle line; `widths` are half widths, evenly apart unless `at` says where."""

    def __init__(self, line: Points, widths: Sequence[float], at: Sequence[float] | None = None) -> None:
        self.line = even(np.asarray(line, np.float64), _KNOTS)
        knots = np.linspace(0, 1, len(widths)) if at is None else np.asarray(at, float)
        smooth = opened(np.stack([knots, np.asarray(widths, float)], 1), 10)
        self.half = np.interp(np.linspace(0, 1, _KNOTS), smooth[:, 0], smooth[:, 1])
        along = np.gradient(self.line, axis=0)
        along /= np.hypot(*along.T)[:, None] + 1e-9
        self.normal = np.stack([along[:, 1], -along[:, 0]], 1)

    @property
    def length(self) -> float:
        """Of its middle line."""
        return float(np.hypot(*np.diff(self.line, axis=0).T).sum())

    def width(self, u: float) -> float:
        """Half the width at `u`."""
        return float(np.interp(u * (_KNOTS - 1), np.arange(_KNOTS), self.half))

    def at(self, u: FloatArray | float, v: FloatArray | float) -> Points:
        """(u, v) -> points, (N, 2) or (2,)."""
        where = np.clip(np.asarray(u, float), 0, 1) * (_KNOTS - 1)
        knots = np.arange(_KNOTS)
        base, across = (
            np.stack([np.interp(where, knots, a[:, k]) for k in (0, 1)], -1) for a in (self.line, self.normal)
        )
        return np.asarray(base + across * (np.interp(where, knots, self.half) * v)[..., None])

    def side(self, v: float, start: float = 0.0, end: float = 1.0, count: int = 32) -> Points:
        """The line at `v` across, from `start` to `end`."""
        return self.at(np.linspace(start, end, count), np.full(count, float(v)))

    def path(self, us: Sequence[float], vs: Sequence[float]) -> Points:
        """A smooth line through some (u, v)."""
        return self.at(*opened(np.stack([us, vs], 1), 8).T)

    def ahead(self, u: float) -> Points:
        """The direction at `u`, of length 1."""
        a, b = self.at(np.array([max(0.0, u - 0.03), min(1.0, u + 0.03)]), np.zeros(2))
        return np.asarray((b - a) / (np.hypot(*(b - a)) + 1e-9))

    def end(self, u: float = 1.0, bulge: float = 0.0, v: float = 1.0) -> Points:
        """Across the tube at `u` from -v to v, as round as `bulge` half widths: 1 a fingertip, 0.15 a hem."""
        n = np.linspace(-1, 1, 13)
        bow = np.sqrt(np.clip(1 - n**2, 0, 1)) * self.width(u) * bulge
        return np.asarray(self.at(np.full(13, u), n * v) + self.ahead(u) * bow[:, None])

    def outline(self, start: float = 0.0, end: float = 1.0, bulge: float = 0.0) -> Points:
        """The outline between two places, its far end as round as `bulge`."""
        return np.vstack([self.side(-1, start, end), self.end(end, bulge), self.side(1, start, end)[::-1]])

    def band(self, start: float, end: float, bulge: float = 0.0) -> Points:
        """A piece whose both ends are bent alike: a stripe, a cuff, a waistband."""
        return np.vstack([self.end(start, bulge, 1.05), self.end(end, bulge, 1.05)[::-1]])


def turned(shape: Points, degrees: float) -> Points:
    """Turned about (0, 0), clockwise as seen (y points down)."""
    a = np.deg2rad(degrees)
    return np.asarray(shape @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]))


def union(shapes: Sequence[Points]) -> tuple[Points, ...]:
    """The outlines of what some shapes cover together, largest first; specks are left out.

    Traced from a fine raster: an exact union of splines is not worth its code.
    """
    every = np.vstack(list(shapes))
    low = every.min(0) - 4 / _FINE
    size = np.ceil((every.max(0) - low) * _FINE).astype(int) + 5
    mask = np.zeros((size[1], size[0]), np.uint8)
    for shape in shapes:  # one at a time: together they would cancel out where they overlap
        cv2.fillPoly(mask, [np.round((shape - low) * _FINE * 16).astype(np.int32)], (255,), cv2.LINE_8, 4)
    traced, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    loops = [_smoothed(c.reshape(-1, 2)) / _FINE + low for c in traced if len(c) > 40]
    return tuple(sorted(loops, key=len, reverse=True))


def _smoothed(contour: NDArray[Any]) -> Points:
    reach = 5
    kernel = np.exp(-((np.arange(-reach, reach + 1) / _SMOOTH) ** 2) / 2)
    kernel /= kernel.sum()
    ring = np.vstack([contour[-reach:], contour, contour[:reach]]).astype(float)
    return np.stack([np.convolve(ring[:, k], kernel, "valid") for k in (0, 1)], 1)[::_EVERY]
