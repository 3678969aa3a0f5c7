"""Glasses: a thin line around both lenses and over the bridge of the nose, in a level picture of the eyes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, Mask, Plane, Points
from tasks.face_mesh import (
    LEFT_EYE_OUTER,
    LEFT_LOWER_CHEEK,
    NOSE_BASE,
    RIGHT_EYE_OUTER,
    RIGHT_LOWER_CHEEK,
)
from tasks.perception.analysis import Reading
from tasks.perception.face_crop import lenses
from tasks.perception.geometry import head_yaw
from tasks.perception.lab import lab_of_pixels

# Measured on 39 bare faces and 900 drawn frames: bare faces score at most 0.07 around the lenses.
_AROUND_LENSES, _OVER_BRIDGE = 0.09, 0.06
# Solid dark lenses have no thin line: an edge over the bridge, and little light behind the lenses.
_BRIDGE_EDGE, _DARK_LENS = 1.2, 0.7
_TURNED = 0.6

# Of the level picture, in pixels: the eyes lie on row 60, 88 pixels apart from outer to outer corner.
_SIZE = (192, 140)
_PLACES = np.array([[52, 60], [140, 60], [96, 112]], np.float32)
_LENSES = ((67, 62, 1), (125, 62, -1))  # column, row, and which way the nose is
_RADII = np.arange(13, 31, dtype=np.float32)
_ANGLES = np.radians(np.arange(-10, 191, 8, dtype=np.float32))  # from the nose, under the eye, outwards
_LINE_WIDTH = 6


def _level_eyes(image: BgrBytes, mesh: Points, blur: float) -> Plane:
    """140x192 gray picture of the eyes, level and of one size, with its contrast evened out."""
    here = mesh[[RIGHT_EYE_OUTER, LEFT_EYE_OUTER, NOSE_BASE]].astype(np.float32)
    strip = cv2.warpAffine(image, cv2.getAffineTransform(here, _PLACES), _SIZE, flags=cv2.INTER_AREA)
    gray = cv2.GaussianBlur(cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), blur)
    eyes = gray[40:110]
    return np.asarray((gray - eyes.mean()) / (eyes.std() + 8), np.float32)


def _around_lens(across: Mask, down: Plane, lens: tuple[int, int, int]) -> float:
    """How plain a thin line runs around the lower half of one lens.

    A line is an edge into the dark and one out of it close together, on the way out from the eye.
    """
    column, row, nose = lens
    cosine, sine = nose * np.cos(_ANGLES)[:, None], np.sin(_ANGLES)[:, None]
    x = (column + cosine * _RADII).astype(np.float32)
    y = (row + sine * _RADII * 0.95).astype(np.float32)
    outward = cv2.remap(across, x, y, cv2.INTER_LINEAR) * cosine
    outward = outward + cv2.remap(down, x, y, cv2.INTER_LINEAR) * sine
    windows = np.lib.stride_tricks.sliding_window_view(outward, _LINE_WIDTH, axis=1)
    line = np.minimum(np.maximum(-windows.min(2), 0), np.maximum(windows.max(2), 0)).max(1)
    return float(np.percentile(line, 35))


def _bridge_line(gray: Plane) -> float:
    """How plain a thin dark line crosses the nose between the eyes."""
    wide = cv2.GaussianBlur(gray, (1, 21), 1e-6, sigmaY=5)
    darker = (wide - gray)[44:76, 89:104]
    near_rows = np.lib.stride_tricks.sliding_window_view(darker, 5, axis=0).max(2)
    return float(np.percentile(near_rows, 20, axis=1).max())


def frame_lines(image: BgrBytes, mesh: Points) -> tuple[float, float]:
    """(line around the lenses, the weaker of the two; line over the bridge)."""
    gray = _level_eyes(image, mesh, 1.0)
    across = np.asarray(cv2.Sobel(gray, cv2.CV_32F, 1, 0) / 4, np.float32)
    down = np.asarray(cv2.Sobel(gray, cv2.CV_32F, 0, 1) / 4, np.float32)
    return min(_around_lens(across, down, lens) for lens in _LENSES), _bridge_line(gray)


def _cheek_lightness(image: BgrBytes, mesh: Points) -> float:
    """Of the lighter of the two lower cheeks, which no lens covers."""
    spread = max(2, int(np.linalg.norm(mesh[RIGHT_EYE_OUTER] - mesh[LEFT_EYE_OUTER]) * 0.05))
    medians = []
    for point in (RIGHT_LOWER_CHEEK, LEFT_LOWER_CHEEK):
        x, y = (int(max(0, value)) for value in mesh[point])
        patch = image[max(0, y - spread) : y + spread + 1, max(0, x - spread) : x + spread + 1]
        medians.append(float(np.median(_lightness(patch))) if patch.size else 0.0)
    return max(medians)


def _lightness(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return lab_of_pixels(pixels.reshape(-1, 3))[:, 0]


def _dark_lenses(image: BgrBytes, mesh: Points) -> bool:
    edges = np.abs(cv2.Sobel(_level_eyes(image, mesh, 1.2), cv2.CV_32F, 0, 1))
    if float(np.median(edges[48:72, 88:104].max(0))) < _BRIDGE_EDGE:
        return False
    limit = _DARK_LENS * _cheek_lightness(image, mesh)
    return all(
        lens.sum() > 50 and float(np.percentile(_lightness(image[lens]), 60)) < limit
        for lens in lenses(image.shape, mesh)
    )


def measure_eyewear(image: BgrBytes, mesh: Points) -> Reading:
    """One of "none", "glasses" and "sunglasses"; unknown in profile."""
    if abs(head_yaw(mesh)) > _TURNED:
        return Reading(None, 0.2)
    if _dark_lenses(image, mesh):
        return Reading("sunglasses", 0.8)
    around, bridge = frame_lines(image, mesh)
    if around > _AROUND_LENSES and bridge > _OVER_BRIDGE:
        return Reading("glasses", float(np.clip(0.5 + around, 0.6, 0.9)))
    return Reading("none", float(np.clip(0.9 - 4 * max(around, 0), 0.4, 0.85)))
