"""The parser's classes without the parser: from the regions found by color, and from the mesh.

For installations that leave the parser's weights out. Hats are not told from hair, nor earrings and necklaces
from anything; the rest is coarser.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import Mask, Points
from tasks.face_mesh import (
    BROW_EDGES,
    INNER_LIPS,
    LEFT_EYE,
    LOWER_LIP_EDGE,
    LOWER_LIP_INNER_EDGE,
    OVAL,
    RIGHT_EYE,
    UPPER_LIP_EDGE,
    UPPER_LIP_INNER_EDGE,
)
from tasks.perception.analysis import PersonAnalysis
from tasks.perception.character_sheet import FaceClass
from tasks.perception.face_crop import lenses
from tasks.perception.face_parser import Frame
from tasks.perception.geometry import FaceAxes, face_axes, transform_points

# Around the nose: its bridge, the wing of one side, its base, the other wing.
_NOSE = (168, 351, 399, 437, 358, 327, 326, 2, 97, 98, 129, 217, 174, 122)
_SOFT = 1.0  # pixels of the frame: the edge of a polygon
# In face heights: ears lie at most so far beside the outline and between these heights above the chin; the
# neck ends so far below the chin and beside the middle.
_EAR_WIDTH, _EAR_LOW, _EAR_HIGH = 0.16, 0.25, 0.80
_NECK_LENGTH, _NECK_HALF_WIDTH = 0.55, 0.42


def classes_by_color(analysis: PersonAnalysis, frame: Frame) -> NDArray[np.float32]:
    """What `parse_face` gives, made of an analysis: 19 x rows x columns, adding up to 1."""
    mesh = transform_points(analysis.mesh, frame.frame_from_image)
    classes = np.zeros((len(FaceClass), *frame.shape), np.float32)
    skin, hair, clothes = (_warp(mask, frame) for mask in (analysis.skin, analysis.hair, analysis.clothes))
    beard = _warp(analysis.beard, frame) if analysis.beard is not None else np.zeros_like(skin)
    classes[FaceClass.HAIR] = np.clip(hair - beard, 0, 1)
    classes[FaceClass.CLOTH] = clothes
    _share_skin(classes, skin + np.minimum(beard, hair), mesh)
    for which, outline in _features(mesh).items():
        _paint(classes, which, _polygon(outline, frame.shape))
    if analysis.eyewear is not None:
        right, left = lenses(frame.shape, mesh)
        _paint(classes, FaceClass.GLASSES, (right | left).astype(np.float32))
    classes[FaceClass.BACKGROUND] = 0
    total = classes.sum(0)
    classes /= np.maximum(total, 1)
    classes[FaceClass.BACKGROUND] = np.clip(1 - total, 0, 1)
    return classes


def _warp(mask: Mask, frame: Frame) -> Mask:
    size = (frame.shape[1], frame.shape[0])
    return np.asarray(cv2.warpAffine(mask, frame.frame_from_image, size, flags=cv2.INTER_LINEAR), np.float32)


def _polygon(outline: Points, shape: tuple[int, int]) -> Mask:
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], (255,), cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32) / np.float32(255), (0, 0), _SOFT), np.float32)


def _features(mesh: Points) -> dict[FaceClass, Points]:
    right_brow, left_brow = ([*upper, *reversed(lower)] for upper, lower in BROW_EDGES)
    upper_lip = [*UPPER_LIP_EDGE, *reversed(UPPER_LIP_INNER_EDGE)]
    lower_lip = [*LOWER_LIP_EDGE, *reversed(LOWER_LIP_INNER_EDGE)]
    return {
        FaceClass.NOSE: mesh[list(_NOSE)],
        FaceClass.RIGHT_BROW: mesh[right_brow],
        FaceClass.LEFT_BROW: mesh[left_brow],
        FaceClass.RIGHT_EYE: mesh[RIGHT_EYE],
        FaceClass.LEFT_EYE: mesh[LEFT_EYE],
        FaceClass.MOUTH: mesh[INNER_LIPS],
        FaceClass.UPPER_LIP: mesh[upper_lip],
        FaceClass.LOWER_LIP: mesh[lower_lip],
    }


def _paint(classes: NDArray[np.float32], which: FaceClass, mask: Mask) -> None:
    """Put a feature over what is there, but not over hair and clothes that hang before it."""
    free = mask * (1 - classes[FaceClass.HAIR]) * (1 - classes[FaceClass.CLOTH])
    classes *= 1 - free
    classes[which] += free


def _share_skin(classes: NDArray[np.float32], skin: Mask, mesh: Points) -> None:
    """Face, ears and neck by where they lie; skin elsewhere (hands, arms) has no class."""
    axes = face_axes(mesh)
    height, sideways = axes.grid(skin.shape)
    oval = _polygon(mesh[OVAL], (skin.shape[0], skin.shape[1]))
    ears = _ears(axes, height, sideways) * (1 - oval)
    neck = ((height < 0.2) & (height > -_NECK_LENGTH) & (np.abs(sideways) < _NECK_HALF_WIDTH)) * (1 - oval)
    forehead = (height > _EAR_HIGH) & (height < 1.5) & (np.abs(sideways) < 0.6)  # and a bald head
    face = np.maximum(oval, forehead * (1 - ears))
    classes[FaceClass.SKIN] = skin * face
    classes[FaceClass.RIGHT_EAR] = skin * ears * (sideways < 0)
    classes[FaceClass.LEFT_EAR] = skin * ears * (sideways >= 0)
    classes[FaceClass.NECK] = skin * np.clip(neck - ears, 0, 1)


def _ears(axes: FaceAxes, height: Mask, sideways: Mask) -> Mask:
    half = axes.width / axes.height / 2
    beside = (np.abs(sideways) > half * 0.85) & (np.abs(sideways) < half + _EAR_WIDTH)
    return np.asarray(beside & (height > _EAR_LOW) & (height < _EAR_HIGH), np.float32)
