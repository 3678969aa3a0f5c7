"""The shape of glasses: the superellipse whose outline runs along the dark line around each eye.

The parser's cells are too coarse for a rim's corners, so outlines are held against the photo itself. A word
is said where both lenses agree on it and no other shape fits nearly as well.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import Plane, Points
from tasks.face_mesh import CHIN, LEFT_EYE, LEFT_EYE_OUTER, RIGHT_EYE, RIGHT_EYE_OUTER
from tasks.perception.analysis import Reading
from tasks.perception.geometry import square_crop
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame

_FRONTAL = 0.35  # |yaw|: turned farther, the lenses are foreshortened
_SMALLEST_FACE = 90.0  # pixels of the photo, chin to forehead: below it a rim is a pixel wide
_SIDE, _UNIT = 200, 2.4  # pixels of the crop about an eye, and in one head unit
_LINE = 15  # pixels: a dark line is narrower
_CONTRAST = 14.0  # L* by which a rim is darker than what is on both of its sides
# Head units: where lenses may lie beside the eye's middle (outwards, below), half their widths and heights.
_OUTWARDS, _BELOW = np.arange(-4.0, 6.1, 2.0), np.arange(-4.0, 7.1, 2.0)
_WIDE, _TALL = np.arange(10.0, 23.1, 1.0), np.arange(7.0, 23.1, 1.0)
_TAPERS = (0.0, 0.1, 0.2)  # by which a lens is narrower below and wider above
_ELLIPSE, _SQUARE = 2.0, 5.0  # exponents
_CORNERS = 64  # points of an outline
_ALONG = 0.88  # of both outlines that must lie on a dark line
_BETTER = 0.115  # by which a shape must do better than the other
_ROUND, _OVAL = 0.93, 0.76  # height over width from which an ellipse is round, and up to which it is oval


@dataclass(frozen=True)
class _Fit:
    along: float  # of the outline on a dark line, 0..1
    aspect: float  # height over width


def read_rims(frame: HeadFrame, glasses: Reading) -> Reading:
    """Round, oval or square; unknown for other shapes, thin or light rims, small and turned faces."""
    analysis = frame.sheet.analysis
    if glasses.value not in ("glasses", "sunglasses") or abs(frame.sheet.yaw) > _FRONTAL:
        return UNKNOWN
    if analysis.face_height / analysis.scale < _SMALLEST_FACE:
        return UNKNOWN
    lines = [
        _dark_lines(frame, frame.sheet.mesh[eye].mean(0), sign)
        for eye, sign in ((RIGHT_EYE, -1), (LEFT_EYE, 1))
    ]
    ellipses, squares = ([_best(each, exponent) for each in lines] for exponent in (_ELLIPSE, _SQUARE))
    word = _word(ellipses, squares)
    return Reading(word, 0.6) if word else UNKNOWN


def _word(ellipses: list[_Fit], squares: list[_Fit]) -> str | None:
    better = [square.along - ellipse.along for ellipse, square in zip(ellipses, squares, strict=True)]
    if min(better) > 0 and np.mean(better) > _BETTER:
        return "square" if np.mean([fit.along for fit in squares]) > _ALONG else None
    if max(better) < 0 and np.mean(better) < -_BETTER and np.mean([fit.along for fit in ellipses]) > _ALONG:
        aspect = float(np.mean([fit.aspect for fit in ellipses]))
        return "round" if aspect >= _ROUND else "oval" if aspect <= _OVAL else None
    return None


def _dark_lines(frame: HeadFrame, middle: Points, sign: int) -> Plane:
    """How surely each pixel of a crop about an eye is on a dark line, 0..1; the nose is to its left."""
    analysis, mesh = frame.sheet.analysis, frame.sheet.mesh
    right = mesh[LEFT_EYE_OUTER] - mesh[RIGHT_EYE_OUTER]
    unit = analysis.face_height / 100
    center = np.asarray(analysis.mesh[CHIN] + middle * unit, np.float32)
    angle = float(np.degrees(np.arctan2(right[1], right[0])))
    crop, _ = square_crop(analysis.image, center, _SIDE / _UNIT * unit, angle, _SIDE)
    lab = cv2.cvtColor(crop[:, ::sign].astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    lightness = cv2.GaussianBlur(lab[..., 0], (0, 0), 1.0)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_LINE, _LINE))
    darker = np.clip(cv2.morphologyEx(lightness, cv2.MORPH_BLACKHAT, kernel) / _CONTRAST, 0, 1)
    return np.asarray(darker, np.float32)


@cache
def _unit_outline(exponent: float) -> NDArray[np.float64]:
    """(_CORNERS, 2): a superellipse of half width and height 1, its points evenly apart."""
    angle = np.linspace(0, 2 * np.pi, 1440, endpoint=False)
    points = np.stack([np.sign(w) * np.abs(w) ** (2 / exponent) for w in (np.cos(angle), np.sin(angle))], 1)
    way = np.cumsum(np.linalg.norm(np.diff(points, axis=0, prepend=points[-1:]), axis=1))
    return points[np.searchsorted(way, np.linspace(0, way[-1], _CORNERS, endpoint=False))]


def _best(lines: Plane, exponent: float) -> _Fit:
    """The place and size at which an outline of this exponent runs most along dark lines."""
    grid = np.array(list(product(_OUTWARDS, _BELOW, _WIDE, _TALL)), np.float32)
    best = _along(np.asarray(cv2.dilate(lines, np.ones((3, 3), np.uint8)), np.float32), grid, exponent)
    near = [np.array([-1.0, -0.5, 0.0, 0.5, 1.0])] * 4
    finer = np.array(list(product(*near)), np.float32) + grid[int(best.argmax())]
    tapered = [_along(lines, finer, exponent, taper) for taper in _TAPERS]
    along, found = max((float(each.max()), int(each.argmax())) for each in tapered)
    return _Fit(along, float(finer[found, 3] / finer[found, 2]))


def _along(
    lines: Plane, lenses: NDArray[np.float32], exponent: float, taper: float = 0.0
) -> NDArray[np.float32]:
    """(N,), how much of each lens' outline is on a dark line; `lenses` is (N, 4): place, half size."""
    outline = _unit_outline(exponent).astype(np.float32)
    columns = lenses[:, :1] + lenses[:, 2:3] * (outline[:, 0] * (1 - taper * outline[:, 1]))
    rows = lenses[:, 1:2] + lenses[:, 3:] * outline[:, 1]
    at = [np.clip(plane * _UNIT + _SIDE / 2, 0, _SIDE - 1).astype(np.int32) for plane in (rows, columns)]
    return np.asarray(lines[at[0], at[1]].mean(1), np.float32)
