"""What is worn on the head: seen by looking outward from the face, and named by where it sits and how wide.

Rays go out from the middle of the forehead. What a hat or cloth covers lies on them behind skin and hair with
no background in between: trees and neighbours' hair, which the parser also takes for hats, lie beyond a gap
or outside the person's matte.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BoolMask
from tasks.face_mesh import LEFT_CHEEK, RIGHT_CHEEK
from tasks.perception.analysis import Reading
from tasks.perception.character_sheet import FaceClass
from tasks.perception.pixel_classes import connected_components
from tasks.perception.sheet_traits.head_frame import UNKNOWN, HeadFrame, eroded, mean_in

_CENTER_Y = -60.0  # where the rays start: between the eyes
_REACH = 130.0
_CROWN = np.radians(np.arange(-100, 101, 5))
_GAP = 4  # units of background that end a ray
_INNER = 20  # units from where it starts that always belong to it
_THICK = 5  # units of it on a ray that make it covered
_PERSON = 0.4
_FEWEST = 100  # map pixels

# Of the rays over the crown. Bare heads have 0.05 (and 0.20 before a neighbour's dark curls), worn things
# start at 0.41 (a veil that has slipped back).
_NONE, _WORN = 0.20, 0.32
# Cloth that the parser calls hair: of a chroma and a hue (degrees) that no hair has, or before the throat.
_COLORFUL, _HAIR_HUES = 22.0, (20.0, 110.0)
_THROAT, _THROAT_HIDDEN = (-9.0, 6.0, 9.0, 22.0), 0.6
_LEANS = 0.25  # radians: a head that looks down or leans has its own hair there
# Beside the cheek, so far from the face's edge, from the cheekbone to below the chin: a veil or a hood covers
# all of it, a brim or a collar a part (0.4).
_BESIDE, _FROM, _TO = (1.0, 20.0), -50.0, 5.0
_HANGS = 0.7
_TURNED = 0.3  # a turned head shows one side
_EYES = (-75.0, -50.0)  # y: a brim behind the head is seen beside the eyes
_BRIM_SEEN = 0.5
_WIDE_BRIM = 1.75  # times the face's width
_BRIM = 1.3  # times as wide low down as high up
_ROUND_CROWN = 1.35  # times the face's width: wrapped cloth or a shell, not a cap
# L* of highlights above the median, and of fine contrast. A helmet shines by 41 and has 0.55; cloth and straw
# shine by up to 18, and but for smooth dark cloth they are rougher.
_HIGHLIGHT, _SMOOTH = 28.0, 0.8
_OVER_EARS = -62.0  # y of a knitted hat's lower edge at the temples


@dataclass(frozen=True)
class _Covering:
    crown: float  # share of the rays over the crown
    crown_cloth: float  # the same, of what the parser calls clothes


def _labels_on(frame: HeadFrame, shown: NDArray[np.uint8], angle: float) -> NDArray[np.uint8]:
    """The labels on a ray, up to the first gap."""
    pixels = frame.ray(np.array([-12 * frame.sheet.yaw, _CENTER_Y]), float(angle), _REACH)
    labels = shown[pixels[:, 1], pixels[:, 0]]
    empty = labels == FaceClass.BACKGROUND
    empty[: _INNER + 1] = False
    ends = np.convolve(empty, np.ones(_GAP + 1, np.int64), "valid") > _GAP
    return labels[: int(ends.argmax()) + _GAP] if ends.any() else labels


def _covering(frame: HeadFrame) -> _Covering:
    own = np.where(frame.sheet.person > _PERSON, frame.labels, FaceClass.BACKGROUND).astype(np.uint8)
    rays = [_labels_on(frame, own, float(angle)) for angle in _CROWN]
    cloth = np.array([(ray == FaceClass.CLOTH).sum() for ray in rays])
    both = cloth + np.array([(ray == FaceClass.HAT).sum() for ray in rays])
    return _Covering(float((both >= _THICK).mean()), float((cloth >= _THICK).mean()))


def _worn_piece(frame: HeadFrame) -> BoolMask:
    """HxW, the largest piece of the hat above the shoulders."""
    above = frame.is_class(FaceClass.HAT) & (frame.y < 20)
    count, pieces, areas = connected_components(above)
    if count < 2:
        return above
    return np.asarray(pieces == 1 + int(np.argmax(areas[1:])), np.bool_)


def _width(frame: HeadFrame, piece: BoolMask, low: float, high: float) -> float:
    """The width between two heights, in widths of the face."""
    row = piece & (frame.y >= low) & (frame.y < high)
    if row.sum() < 20:
        return 0.0
    left, right = np.percentile(frame.x[row], [1, 99])
    return float(right - left) / (2 * frame.half_width)


def _beside(frame: HeadFrame, covered: BoolMask, top: float, bottom: float) -> tuple[float, float]:
    """How much of the strips beside the face is covered between two heights: the lesser, the greater."""
    near, far = (frame.half_width + margin for margin in _BESIDE)
    middle = float(np.mean(frame.sheet.mesh[[RIGHT_CHEEK, LEFT_CHEEK]], axis=0) @ frame.across)
    plane = covered.astype(np.float32)
    left = mean_in(plane, frame.box(middle - far, top, middle - near, bottom))
    right = mean_in(plane, frame.box(middle + near, top, middle + far, bottom))
    return min(left, right), max(left, right)


def _hangs_down(frame: HeadFrame) -> bool:
    """Whether cloth falls beside the face to below the chin, as of a veil or a hood."""
    cloth = frame.is_class(FaceClass.HAT, FaceClass.CLOTH)
    less, more = _beside(frame, cloth, _FROM, _TO)
    if _beside(frame, cloth, *_EYES)[1] < _BRIM_SEEN:
        return False  # a collar
    return more > _HANGS and (less > _HANGS / 2 or abs(frame.sheet.yaw) > _TURNED)


def _is_hood(covering: _Covering) -> bool:
    """Whether what covers the head is of the clothes."""
    return covering.crown_cloth > covering.crown / 2


def _is_shell(frame: HeadFrame, piece: BoolMask) -> bool:
    """Whether it shines and is smooth."""
    lightness = np.asarray(frame.sheet.lab[..., 0], np.float32)
    inner = eroded(piece, 4)
    if inner.sum() < 200:
        return False
    fine = np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), 1.5))[inner]
    light = lightness[inner]
    shines = float(np.percentile(light, 99) - np.median(light)) > _HIGHLIGHT
    return shines and float(np.median(fine)) < _SMOOTH


def _named(frame: HeadFrame, covering: _Covering) -> str:
    piece = _worn_piece(frame)
    if _hangs_down(frame) or (_is_hood(covering) and piece.sum() < _FEWEST):
        return "hood" if _is_hood(covering) else "veil"
    if piece.sum() < _FEWEST:
        return "hat"
    return _named_by_width(frame, piece)


def _named_by_width(frame: HeadFrame, piece: BoolMask) -> str:
    top, bottom = np.percentile(frame.y[piece], [2, 98])
    span = float(bottom - top)
    low = _width(frame, piece, bottom - 0.35 * span, bottom + 1)
    high = _width(frame, piece, top + 0.1 * span, top + 0.35 * span)
    wide = max(low, high) > _ROUND_CROWN
    if wide and _is_shell(frame, piece):
        return "helmet"
    brim = low > _WIDE_BRIM or (wide and low > _BRIM * high)
    if brim or _beside(frame, piece, *_EYES)[1] > _BRIM_SEEN:
        return "hat"
    if wide:
        return "turban"
    temples = piece & (np.abs(np.abs(frame.x) - frame.half_width) < 8)
    over_ears = temples.any() and float(np.percentile(frame.y[temples], 95)) > _OVER_EARS
    return "beanie" if over_ears else "cap"


def _hair_is_cloth(frame: HeadFrame) -> bool:
    """Whether what the parser calls hair may be a veil or a hood."""
    hair = eroded(frame.is_class(FaceClass.HAIR), 3)
    if hair.sum() < _FEWEST:
        return False
    level = abs(frame.sheet.yaw) < _TURNED and abs(frame.sheet.tilt) < _LEANS
    alone = frame.sheet.analysis.face_count == 1
    throat = mean_in(frame.sheet.share(FaceClass.HAIR), frame.box(*_THROAT))
    before_throat = alone and level and throat > _THROAT_HIDDEN
    _, a, b = (float(value) for value in np.median(frame.sheet.lab[hair], axis=0))
    low, high = _HAIR_HUES
    dyed = np.hypot(a, b) > _COLORFUL and not low <= np.degrees(np.arctan2(b, a)) <= high
    return bool(before_throat or dyed)


def read_headwear(frame: HeadFrame) -> Reading:
    """None, cap, hat, beanie, helmet, veil, turban or hood; unknown where little of the crown is seen."""
    covering = _covering(frame)
    if covering.crown <= _NONE:
        if _hair_is_cloth(frame):
            return UNKNOWN
        return Reading("none", 0.9 if covering.crown < _NONE / 2 else 0.6)
    if covering.crown < _WORN:
        return UNKNOWN
    return Reading(_named(frame, covering), float(np.clip(0.5 + covering.crown / 2, 0.6, 0.9)))
