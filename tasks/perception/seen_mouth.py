"""The mesh's mouth as wide and as open as the face parser sees it.

The mesh hardly opens its lips beyond a smile: the lower lip of who laughs or shouts lies far below it.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BoolMask, Plane, Points
from tasks.face_mesh import (
    CHIN,
    FOREHEAD,
    LOWER_LIP_BOTTOM,
    LOWER_LIP_EDGE,
    LOWER_LIP_INNER_EDGE,
    MOUTH_BOTTOM,
    MOUTH_CORNERS,
    MOUTH_TOP,
    UPPER_LIP_EDGE,
    UPPER_LIP_INNER_EDGE,
    UPPER_LIP_TOP,
)
from tasks.perception.character_sheet import UNIT, FaceClass, unit_grid

_LIPS = (FaceClass.UPPER_LIP, FaceClass.LOWER_LIP)
_SEEN = 0.5  # a pixel of this probability is of a mouth
_ROOM = (0.75, 14.0, 24.0)  # around the mesh's mouth: of its width to each side; head units above and below
_LEAST_LIP = 0.35  # of the mesh's upper and lower lip: where less is seen, a beard or a hand hides the mouth
_BAND = 0.35  # of half the width: the middle of a mouth, where its heights are measured
_WIDER = (1.0, 1.18)  # by which the mesh's half width may be wrong
_WIDTH_AT, _WITHIN = (
    (0.4, 99.6),
    0.93,
)  # percentiles of a mouth's pixels; where they lie in one, to its corners
_MOST_UP, _MOST_DOWN = 3.0, 15.0  # head units by which an edge is moved
_OPEN = 2.0  # head units between the lips, by the mesh: shut ones stay shut
# From the edges of lips: outer and inner of the upper one, inner and outer of the lower one.
_EDGES = (UPPER_LIP_EDGE, UPPER_LIP_INNER_EDGE, LOWER_LIP_INNER_EDGE, LOWER_LIP_EDGE)
_MIDDLES = (UPPER_LIP_TOP, MOUTH_TOP, MOUTH_BOTTOM, LOWER_LIP_BOTTOM)


def with_seen_mouth(mesh: Points, classes: NDArray[np.float32]) -> Points:
    """The mesh, (468, 2) in head units, with its lips where `classes`, (19, H, W), has them.

    The same mesh where the mouth is shut, hidden or not seen whole.
    """
    if float(np.linalg.norm(mesh[MOUTH_TOP] - mesh[MOUTH_BOTTOM])) < _OPEN:
        return mesh
    down = mesh[CHIN] - mesh[FOREHEAD]
    down = np.asarray(down / np.linalg.norm(down), np.float32)
    across = np.array([down[1], -down[0]], np.float32)
    middle = mesh[list(MOUTH_CORNERS)].mean(0)
    half = float(abs((mesh[MOUTH_CORNERS[1]] - mesh[MOUTH_CORNERS[0]]) @ across)) / 2
    x, y = unit_grid()
    side = (x - middle[0]) * across[0] + (y - middle[1]) * across[1]
    height = (x - middle[0]) * down[0] + (y - middle[1]) * down[1]
    reach, above, below = _ROOM
    room = (np.abs(side) < 2 * reach * half) & (height > -above) & (height < below)
    parts = classes[[FaceClass.UPPER_LIP, FaceClass.MOUTH, FaceClass.LOWER_LIP]] * room
    whole = _largest(parts.sum(0) > _SEEN)
    known = [float((mesh[index] - middle) @ down) for index in _MIDDLES]
    seen = _heights(parts * whole, whole, side, height, _BAND * half)
    if seen is None or not _lips_seen(parts * whole, known, half):
        return mesh
    wider = _wider(side[whole], half)
    out = mesh.copy()
    for edge, before, after in zip(_EDGES, known, seen, strict=True):
        by = float(np.clip(after - before, -_MOST_UP, _MOST_DOWN))
        for index in edge:
            at = float((mesh[index] - middle) @ across)
            inner = max(0.0, 1 - (at / half) ** 2)
            factor = wider[0 if at < 0 else 1]
            out[index] = mesh[index] + inner * by * down + (factor - 1) * at * across
    return out


def _largest(mask: BoolMask) -> BoolMask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return mask
    return np.asarray(labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()), np.bool_)


def _lips_seen(parts: NDArray[np.float32], known: list[float], half: float) -> bool:
    """Whether both lips are seen, each as far as it must be if nothing hides it."""
    upper, _, lower = (float(part.sum()) / UNIT**2 for part in parts)
    # Half an ellipse of the lip's thickness and the mouth's width.
    expected = [np.pi / 4 * 2 * half * max(known[k + 1] - known[k], 1.0) for k in (0, 2)]
    return bool(upper > _LEAST_LIP * expected[0] and lower > _LEAST_LIP * expected[1])


def _heights(
    parts: NDArray[np.float32], whole: BoolMask, side: Plane, height: Plane, band: float
) -> list[float] | None:
    """How far below the corners the four edges are in the middle of the mouth, head units."""
    near = whole & (np.abs(side) < band)
    if not near.any():
        return None
    thick = [float((part * near).sum()) / UNIT**2 / (2 * band) for part in parts]
    center = float(height[near].mean())
    top = center - sum(thick) / 2
    return [top, top + thick[0], top + thick[0] + thick[1], top + sum(thick)]


def _wider(side: Plane, half: float) -> tuple[float, float]:
    """By which factor the mouth is wider on either side than the mesh's."""
    low, high = np.percentile(side, _WIDTH_AT) / _WITHIN
    return float(np.clip(-low / half, *_WIDER)), float(np.clip(high / half, *_WIDER))
