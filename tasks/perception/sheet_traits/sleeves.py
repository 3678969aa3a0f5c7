"""Long sleeves or none: what lies along the outer edges of a body, from the shoulders to below the elbows.

Short sleeves and rolled ones end alike in a bare forearm, so neither is said.
"""

import cv2
import numpy as np

from tasks.arrays import BoolMask, Mask, Plane
from tasks.face_mesh import CHIN
from tasks.perception.analysis import Reading
from tasks.perception.pixel_classes import connected_components
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame

_CELL = 2.5  # head units in a pixel of the frame that a whole body is looked at in
_ROWS, _COLUMNS = 160, 240  # from the chin down; the chin is above the middle
_PERSON, _HERE = 0.6, 0.5
_INWARDS = (4.0, 16.0)  # head units from the body's edge: an arm, not what lies beside it
_SHOULDER, _UPPER_ARM, _FOREARM = (
    60.0,
    120.0,
    230.0,
)  # y: where an arm begins, above the elbow, below it
_MOST, _HALF = 0.9, 0.5  # of an edge that is cloth or skin; of the other edge that must be as bare
_HAND = 3600.0  # square head units: more bare skin in one piece is more than a hand
_NECK, _CHEST = 60.0, 60.0  # |x| and y within which bare skin is the neck's
_YAW = 0.7


def read_sleeves(frame: HeadFrame) -> Reading:
    """Long or none; unknown in groups, where the photo ends too early, and for sleeves in between."""
    analysis = frame.sheet.analysis
    if analysis.face_count > 1 or abs(frame.sheet.yaw) > _YAW or analysis.monochrome:
        return UNKNOWN
    body = _Body(frame)
    less_bare, more_bare = body.edges(_SHOULDER, _UPPER_ARM, body.bare)
    if more_bare > _MOST and less_bare > _HALF and body.more_than_hands():
        return Reading("none", 0.6)
    least_cloth, _ = body.edges(_SHOULDER, _FOREARM, body.cloth)
    return Reading("long", 0.6) if least_cloth > _MOST and not body.more_than_hands() else UNKNOWN


class _Body:
    """A whole body, upright as the photo is: person, cloth and bare skin; (_ROWS, _COLUMNS)."""

    def __init__(self, frame: HeadFrame) -> None:
        analysis = frame.sheet.analysis
        scale = 100 / analysis.face_height / _CELL
        shift = np.array([_COLUMNS / 2, 0]) - analysis.mesh[CHIN] * scale
        self._matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float64)
        self._person = self._seen(analysis.person) > _PERSON
        self.cloth: BoolMask = np.asarray(self._seen(analysis.clothes) > _HERE, np.bool_)
        self.bare: BoolMask = np.asarray(self._seen(analysis.skin) > _HERE, np.bool_)
        self._x: Plane = ((np.arange(_COLUMNS) - _COLUMNS / 2) * _CELL)[None, :].astype(np.float32)
        self._y: Plane = (np.arange(_ROWS) * _CELL)[:, None].astype(np.float32)

    def _seen(self, mask: Mask) -> Mask:
        size = (_COLUMNS, _ROWS)
        return np.asarray(cv2.warpAffine(mask, self._matrix, size, flags=cv2.INTER_AREA), np.float32)

    def edges(self, top: float, bottom: float, kind: BoolMask) -> tuple[float, float]:
        """How much of the body's two edges is of one kind, less and more; 0 where one is cut."""
        rows = slice(round(top / _CELL), round(bottom / _CELL))
        near, far = (round(way / _CELL) for way in _INWARDS)
        shares = []
        for person, what in ((self._person, kind), (self._person[:, ::-1], kind[:, ::-1])):
            part, seen = person[rows], what[rows]
            edge = part.argmax(1)
            if not part.any(1).all() or (edge == 0).any():
                return 0.0, 0.0
            at = np.clip(edge[:, None] + np.arange(near, far), 0, _COLUMNS - 1)
            shares.append(float(np.take_along_axis(seen, at, 1).mean()))
        return min(shares), max(shares)

    def more_than_hands(self) -> bool:
        """Whether more bare skin than a hand is seen away from the neck."""
        bare = self.bare & ((np.abs(self._x) > _NECK) | (self._y > _CHEST))
        _, _, areas = connected_components(np.asarray(bare, np.bool_))
        return bool((areas[1:] * _CELL**2 > _HAND).any())
