"""The face parser's classes of every pixel: one look at head and shoulders, and a close one at the face."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, Matrix, Points
from tasks.face_mesh import (
    LEFT_EYE_INNER,
    LEFT_EYE_OUTER,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    NOSE_BRIDGE,
    RIGHT_EYE_INNER,
    RIGHT_EYE_OUTER,
)
from tasks.perception import nets
from tasks.perception.character_sheet import FaceClass

_PAIRS = (
    (FaceClass.RIGHT_BROW, FaceClass.LEFT_BROW),
    (FaceClass.RIGHT_EYE, FaceClass.LEFT_EYE),
    (FaceClass.RIGHT_EAR, FaceClass.LEFT_EAR),
)
_CELL = 8  # pixels of a crop in one cell of the network's answer
# A crop is so many times as wide as the way from the eyes to the mouth, and the middle between them lies so
# far down in it. The network learnt on crops about 5 times as wide. Wider ones know clothes and hats better,
# up to 7.5 times (at 9.5 they go wrong); closer ones are finer on lids, lips and brows, down to 2.6.
_CLOSE, _WIDE = (2.6, 0.50, 288), (6.6, 0.48, 448)  # width, middle, pixels
_STRIDE, _LEAST = 32, 160  # pixels: of the network's coarsest cells; of the shorter side of what is looked at
_BEYOND = 32  # pixels beyond the photo's border that are looked at, too: a brim that it cuts goes on
_FADE = 5  # cells at the close crop's border where the wide one takes over
_COARSE = 4  # pixels of the frame in one that the wide look is first laid on: its cells are 7 pixels
_SEEN = 0.05  # a class that nowhere reaches this is not there


@dataclass(frozen=True)
class Frame:
    """Where the classes are wanted: (rows, columns), and the map from the image's pixels to the frame's."""

    shape: tuple[int, int]
    frame_from_image: Matrix


@dataclass(frozen=True)
class _Look:
    probability: NDArray[np.float32]  # 19 x rows x columns
    image_from_cell: Matrix
    top_seen: bool  # whether its upper edge is within the photo


def _look(
    image: BgrBytes, eyes: Points, mouth: Points, right: Points, up: Points, how: tuple[float, float, int]
) -> _Look:
    times, middle_at, side = how
    middle = (eyes + mouth) / 2
    scale = side / max(times * float(np.linalg.norm(mouth - eyes)), 1.0)
    turn = np.array([right, -up], np.float64) * scale
    crop_from_image = np.hstack([turn, (np.array([0.5, middle_at]) * side - turn @ middle)[:, None]])
    left, top, right_end, bottom = _shown(image.shape, crop_from_image, side)
    crop_from_image[:, 2] -= (left, top)
    size = (right_end - left, bottom - top)
    crop = cv2.warpAffine(image, crop_from_image, size, borderMode=cv2.BORDER_REPLICATE)
    image_from_crop = np.asarray(cv2.invertAffineTransform(crop_from_image), np.float64)
    # The middle of cell 0 is 3.5 pixels from the middle of pixel 0.
    to_cells = np.array([[_CELL, 0, (_CELL - 1) / 2], [0, _CELL, (_CELL - 1) / 2]], np.float64)
    return _Look(
        nets.face_classes(np.asarray(crop, np.uint8)),
        _after(image_from_crop, to_cells),
        top_seen=top == 0,
    )


def _shown(shape: tuple[int, ...], crop_from_image: Matrix, side: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what the photo shows of a crop, in whole strides of the network.

    What lies beyond the photo's border says nothing, and is not looked at.
    """
    rows, columns = shape[:2]
    corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]]) @ crop_from_image[:, :2].T
    corners += crop_from_image[:, 2]
    low = np.clip(np.floor((corners.min(0) - _BEYOND) / _STRIDE) * _STRIDE, 0, side - _LEAST)
    high = np.clip(np.ceil((corners.max(0) + _BEYOND) / _STRIDE) * _STRIDE, low + _LEAST, side)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _after(outer: NDArray[np.floating], inner: NDArray[np.floating]) -> Matrix:
    """The affine map that goes through `inner` and then through `outer`."""
    linear = outer[:, :2] @ inner[:, :2]
    return np.asarray(np.hstack([linear, (outer[:, :2] @ inner[:, 2] + outer[:, 2])[:, None]]), np.float64)


def _spread(wide: _Look, frame: Frame) -> NDArray[np.float32]:
    """What the wide look saw, over the whole frame: 19 x rows x columns."""
    rows, columns = frame.shape
    coarse = (columns // _COARSE, rows // _COARSE)
    half = (1 / _COARSE - 1) / 2
    coarse_from_frame = np.array([[1 / _COARSE, 0, half], [0, 1 / _COARSE, half]])
    matrix = _after(coarse_from_frame, _after(frame.frame_from_image, wide.image_from_cell))
    # Beyond its sides the look is thought to go on as it ends; but no hat goes on upwards.
    if wide.top_seen:
        wide.probability[[FaceClass.HAIR, FaceClass.HAT], 0] = 0
    classes = np.zeros((len(wide.probability), rows, columns), np.float32)
    for seen, plane in zip(wide.probability, classes, strict=True):
        if seen.max() > _SEEN:
            small = cv2.warpAffine(
                seen, matrix, coarse, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
            cv2.resize(np.clip(small, 0, 1), (columns, rows), dst=plane, interpolation=cv2.INTER_LINEAR)
    return classes


def _put_in(classes: NDArray[np.float32], close: _Look, frame: Frame) -> None:
    """Let the close look take over where it looked."""
    down, across = close.probability.shape[1:]
    matrix = _after(frame.frame_from_image, close.image_from_cell)
    corners = np.array([[0, 0], [across, 0], [0, down], [across, down]]) @ matrix[:, :2].T + matrix[:, 2]
    left, top = np.clip(np.floor(corners.min(0)), 0, frame.shape[::-1]).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(0)), 0, frame.shape[::-1]).astype(int)
    if right - left < 1 or bottom - top < 1:
        return
    matrix[:, 2] -= (left, top)
    size = (int(right - left), int(bottom - top))
    trust = np.asarray(cv2.warpAffine(_trust(down, across), matrix, size, flags=cv2.INTER_LINEAR), np.float32)
    for seen, plane in zip(close.probability, classes, strict=True):
        part = plane[top:bottom, left:right]
        if seen.max() > _SEEN:
            closely = cv2.warpAffine(
                seen, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
            part += trust * (np.clip(closely, 0, 1) - part)
        else:
            part *= 1 - trust


def parse_face(image: BgrBytes, mesh: Points, up: Points, frame: Frame) -> NDArray[np.float32]:
    """The probability of each class at each pixel of the frame: 19 x rows x columns, adding up to about 1.

    Args:
        image: (H, W, 3), the face some 100 to 400 pixels high.
        mesh: (468, 2).
        up: (2,), the unit vector from chin to forehead.
        frame: Where the answer is to lie.

    Raises:
        ModelsMissing: The parser's weights are not here.
    """
    eyes = mesh[[RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_INNER, LEFT_EYE_OUTER]].mean(0)
    mouth = mesh[[MOUTH_RIGHT, MOUTH_LEFT]].mean(0)
    right = np.array([-up[1], up[0]])
    close, wide = (_look(image, eyes, mouth, right, up, how) for how in (_CLOSE, _WIDE))
    classes = _spread(wide, frame)
    _put_in(classes, close, frame)
    seen = [index for index, plane in enumerate(classes) if plane.any()]
    total = np.maximum(sum(classes[index] for index in seen), np.float32(0.5))
    for index in seen:
        classes[index] /= total
    bridge = _points(frame.frame_from_image, mesh[NOSE_BRIDGE])
    _tell_sides_apart(classes, bridge, right)
    return classes


def _points(matrix: Matrix, point: Points) -> Points:
    return np.asarray(matrix[:, :2] @ point + matrix[:, 2], np.float32)


def _tell_sides_apart(classes: NDArray[np.float32], bridge: Points, right: NDArray[np.floating]) -> None:
    """Put brows, eyes and ears on their sides of the nose: the network knows them, but not which is which."""
    rows, columns = classes.shape[1:]
    across = (np.arange(columns, dtype=np.float32) - bridge[0]) * np.float32(right[0])
    down = (np.arange(rows, dtype=np.float32) - bridge[1]) * np.float32(right[1])
    persons_right = across[None, :] + down[:, None] < 0
    for right_class, left_class in _PAIRS:
        both = classes[right_class] + classes[left_class]
        classes[right_class] = np.where(persons_right, both, 0)
        classes[left_class] = both - classes[right_class]


def _trust(down: int, across: int) -> NDArray[np.float32]:
    """1 inside the close crop, falling to 0 at its border."""
    trust = np.zeros((down, across), np.float32)
    trust[_FADE:-_FADE, _FADE:-_FADE] = 1
    return np.asarray(cv2.blur(trust, (_FADE + 2, _FADE + 2)), np.float32)
