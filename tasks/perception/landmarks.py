"""The face mesh and the irises: where exactly everything in a face is."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, Points
from tasks.face_mesh import (
    LEFT_EYE,
    LEFT_EYE_OUTER,
    OVAL,
    RIGHT_EYE,
    RIGHT_EYE_OUTER,
)
from tasks.perception import nets
from tasks.perception.geometry import square_crop, transform_points

# The mesh network was trained on faces that fill two thirds of its crop.
_CROP_PER_FACE = 1.5
_CROP_PER_EYE = 2.3


@dataclass(frozen=True)
class FaceMesh:
    """A face's mesh in pixels of the image it was fitted to."""

    points: Points  # 468x2
    depth: NDArray[np.float32]  # 468
    confidence: float  # 0..1; below 0.5 this is no face


def _angle(start: Points, end: Points) -> float:
    return float(np.degrees(np.arctan2(end[1] - start[1], end[0] - start[0])))


def fit_mesh(image: BgrBytes, box: tuple[float, float, float, float], eyes: Points) -> FaceMesh:
    """Fit the mesh to a detected face, in two passes: the second crops by what the first has found.

    Args:
        image: (H, W, 3).
        box: x, y, width, height of the face in pixels.
        eyes: (2, 2), the middles of the eyes, the one further left in the image first.

    Raises:
        ModelsMissing: A network's weights are not here.
    """
    x, y, width, height = box
    center = np.array([x + width / 2, y + height / 2], np.float32)
    size, angle = _CROP_PER_FACE * max(width, height), _angle(eyes[0], eyes[1])
    for _ in range(2):
        crop, image_from_crop = square_crop(image, center, size, angle, 192)
        raw, confidence = nets.mesh_points(crop)
        points, depth = transform_points(raw[:, :2], image_from_crop), raw[:, 2] * np.float32(size / 192)
        angle = _angle(points[RIGHT_EYE_OUTER], points[LEFT_EYE_OUTER])
        low, high = points[OVAL].min(0), points[OVAL].max(0)
        center = ((low + high) / 2).astype(np.float32)
        size = max(_CROP_PER_FACE * float((high - low).max()), 8.0)
    return FaceMesh(points, depth.astype(np.float32), confidence)


@dataclass(frozen=True)
class Eye:
    """One eye, in image pixels."""

    iris_center: Points
    iris_radius: float
    contour: Points  # 16x2: lower lid then upper lid, outer to inner corner


def _look_at_eye(image: BgrBytes, outer: Points, inner: Points, *, mirrored: bool) -> Eye:
    size = max(_CROP_PER_EYE * float(np.linalg.norm(outer - inner)), 4.0)
    angle = _angle(inner, outer) if mirrored else _angle(outer, inner)
    crop, image_from_crop = square_crop(
        image, np.asarray((outer + inner) / 2, np.float32), size, angle, 64, cv2.INTER_LINEAR
    )
    iris, contour = nets.iris_points(np.ascontiguousarray(crop[:, ::-1]) if mirrored else crop)
    both = np.vstack([iris, contour])
    if mirrored:
        both[:, 0] = 64 - both[:, 0]
    both = transform_points(both, image_from_crop)
    radius = float(np.linalg.norm(both[1:5] - both[0], axis=1).mean())
    return Eye(both[0], radius, both[5:])


def find_eyes(image: BgrBytes, mesh: Points) -> tuple[Eye, Eye]:
    """The person's right eye and left eye, from an image and its mesh, (468, 2). Raises ModelsMissing."""
    right = _look_at_eye(image, mesh[RIGHT_EYE[0]], mesh[RIGHT_EYE[8]], mirrored=False)
    left = _look_at_eye(image, mesh[LEFT_EYE[0]], mesh[LEFT_EYE[8]], mirrored=True)
    return right, left
