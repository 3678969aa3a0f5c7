"""The face parser's classes of every pixel around a face: looked at closely for the face, widely for hair."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, Mask, Matrix, Points
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
# The network learnt on pictures a quarter of which the face takes up. A crop is so many times as wide as the
# way from the eyes to the mouth, and the middle between them lies so far down in it. With 384 pixels
# instead of 448, white hair turns to skin or hats, and half of a helmet to background.
_LOOKS = ((5.2, 0.48, 448), (9.5, 0.44, 448))  # near, far: width, middle, pixels
_FADE = 5  # cells at the near crop's border where the far one takes over
_COARSE = 2  # pixels of the frame in one where the answers are blended: their cells are 5 to 11 pixels


@dataclass(frozen=True)
class Frame:
    """Where the classes are wanted: (rows, columns), and the map from the image's pixels to the frame's."""

    shape: tuple[int, int]
    frame_from_image: Matrix


@dataclass(frozen=True)
class _Look:
    probability: NDArray[np.float32]  # 19 x n x n
    image_from_cell: Matrix


def _look(image: BgrBytes, eyes: Points, mouth: Points, right: Points, up: Points, index: int) -> _Look:
    times, middle_at, side = _LOOKS[index]
    middle = (eyes + mouth) / 2
    scale = side / max(times * float(np.linalg.norm(mouth - eyes)), 1.0)
    turn = np.array([right, -up], np.float64) * scale
    crop_from_image = np.hstack([turn, (np.array([0.5, middle_at]) * side - turn @ middle)[:, None]])
    crop = cv2.warpAffine(image, crop_from_image, (side, side), borderMode=cv2.BORDER_REPLICATE)
    image_from_crop = np.asarray(cv2.invertAffineTransform(crop_from_image), np.float64)
    # The middle of cell 0 is 3.5 pixels from the middle of pixel 0.
    to_cells = np.array([[_CELL, 0, (_CELL - 1) / 2], [0, _CELL, (_CELL - 1) / 2]], np.float64)
    return _Look(
        nets.face_classes(np.asarray(crop, np.uint8)),
        _after(image_from_crop, to_cells),
    )


def _after(outer: NDArray[np.floating], inner: NDArray[np.floating]) -> Matrix:
    """The affine map that goes through `inner` and then through `outer`."""
    linear = outer[:, :2] @ inner[:, :2]
    return np.asarray(np.hstack([linear, (outer[:, :2] @ inner[:, 2] + outer[:, 2])[:, None]]), np.float64)


def _spread(values: NDArray[np.float32], cell: Matrix, shape: tuple[int, int], border: int) -> Mask:
    """Cells (h, w) as a plane of the coarse frame: `cell` takes cells to its pixels."""
    size = (shape[1], shape[0])
    return np.asarray(
        cv2.warpAffine(values, cell, size, flags=cv2.INTER_CUBIC, borderMode=border), np.float32
    )


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
    near, far = (_look(image, eyes, mouth, right, up, index) for index in range(2))
    rows, columns = frame.shape
    coarse = ((rows + _COARSE - 1) // _COARSE, (columns + _COARSE - 1) // _COARSE)
    half = np.array([[1 / _COARSE, 0, (1 / _COARSE - 1) / 2], [0, 1 / _COARSE, (1 / _COARSE - 1) / 2]])
    coarse_from_image = _after(half, frame.frame_from_image)
    from_near, from_far = (_after(coarse_from_image, look.image_from_cell) for look in (near, far))
    trust = _spread(_trust(near.probability.shape[1]), from_near, coarse, cv2.BORDER_CONSTANT)
    classes = np.zeros((len(near.probability), rows, columns), np.float32)
    for index, plane in enumerate(classes):
        closely, widely = near.probability[index], far.probability[index]
        if max(closely.max(), widely.max()) < 0.02:
            continue
        blended = _spread(widely, from_far, coarse, cv2.BORDER_REPLICATE)
        blended += trust * (_spread(closely, from_near, coarse, cv2.BORDER_REPLICATE) - blended)
        cv2.resize(np.clip(blended, 0, 1), (columns, rows), dst=plane, interpolation=cv2.INTER_LINEAR)
    classes /= np.maximum(classes.sum(0), 0.5)
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


def _trust(cells: int) -> NDArray[np.float32]:
    """1 inside the near crop, falling to 0 at its border."""
    trust = np.zeros((cells, cells), np.float32)
    trust[_FADE:-_FADE, _FADE:-_FADE] = 1
    return np.asarray(cv2.blur(trust, (_FADE + 2, _FADE + 2)), np.float32)
