"""A variant laid over its photo's character sheet: the same face at the same place."""

from dataclasses import dataclass

import cv2
import numpy as np

from tasks.arrays import BgrBytes, BoolMask, LabImage, Mask, Matrix, Points
from tasks.face_mesh import LEFT_EYE, MOUTH_LEFT, MOUTH_RIGHT, NOSE_BASE, OVAL, RIGHT_EYE
from tasks.perception.analysis import Lab
from tasks.perception.character_sheet import MAP_SHAPE, CharacterSheet, map_from_units, unit_grid
from tasks.perception.likeness.palette import face_color

# Points that a drawing keeps where they are, more or less; together they say where the head is and how large.
_ANCHORS = np.concatenate([OVAL, RIGHT_EYE, LEFT_EYE, [NOSE_BASE, MOUTH_RIGHT, MOUTH_LEFT]])


@dataclass(frozen=True)
class Aligned:
    """A variant in the frame of a sheet's maps."""

    picture: BgrBytes  # HxWx3
    lab: LabImage  # HxWx3
    inside: Mask  # HxW, 1 where the variant is
    mesh: Points  # 468x2, map pixels
    skin: Lab  # of the variant's face


def aligned(sheet: CharacterSheet, variant: BgrBytes, mesh: Points) -> Aligned:
    """Bring a variant, whose face has `mesh` (468x2, pixels), into the frame of the sheet's maps."""
    matrix = _similarity(mesh[_ANCHORS], map_from_units(sheet.mesh)[_ANCHORS])
    size = (MAP_SHAPE[1], MAP_SHAPE[0])
    picture = cv2.warpAffine(variant, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    ones = np.ones(variant.shape[:2], np.float32)
    return Aligned(
        picture=np.asarray(picture, np.uint8),
        lab=np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_BGR2LAB), np.float32),
        inside=np.asarray(cv2.warpAffine(ones, matrix, size, flags=cv2.INTER_NEAREST), np.float32),
        mesh=np.asarray(mesh @ matrix[:, :2].T + matrix[:, 2], np.float32),
        skin=face_color(variant, mesh),
    )


def _similarity(source: Points, target: Points) -> Matrix:
    """`target_from_source`: shift, turn and scale, by least squares."""
    from_middle, to_middle = source.mean(0), target.mean(0)
    one = (source - from_middle) @ np.array([1, 1j])
    other = (target - to_middle) @ np.array([1, 1j])
    turn = np.vdot(one, other) / max(float(np.vdot(one, one).real), 1e-9)
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.asarray(np.hstack([linear, (to_middle - linear @ from_middle)[:, None]]), np.float64)


def box(left: float, right: float, top: float, bottom: float) -> BoolMask:
    """Where a map lies between these bounds, in head units."""
    x, y = unit_grid()
    return np.asarray((x > left) & (x < right) & (y > top) & (y < bottom), np.bool_)
