"""Geometry of faces: upright crops, affine maps of points, polygons, and the face's own axes.

Conventions are those of `tasks.arrays`. A matrix is named target from source.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, BoolMask, Matrix, Plane, Points
from tasks.face_mesh import CHIN, FOREHEAD, LEFT_CHEEK, NOSE_TIP, OVAL, RIGHT_CHEEK


def square_crop(
    image: BgrBytes, center: Points, size: float, angle: float, side: int, flags: int = cv2.INTER_AREA
) -> tuple[BgrBytes, Matrix]:
    """Cut an upright square out of an image; beyond its edges, the edge pixels are repeated.

    Args:
        image: (H, W, 3).
        center: (2,), where the middle of the crop lies in the image.
        size: The width of the crop in image pixels.
        angle: By how many degrees what is to be upright is turned clockwise in the image.
        side: The width of the crop in its own pixels.
        flags: OpenCV's interpolation.

    Returns:
        The crop, (side, side, 3), and `image_from_crop`.
    """
    crop_from_image = cv2.getRotationMatrix2D(
        (float(center[0]), float(center[1])), float(angle), side / float(size)
    )
    crop_from_image[:, 2] = crop_from_image[:, 2] + side / 2 - np.asarray(center, np.float64)
    crop = cv2.warpAffine(image, crop_from_image, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8), np.asarray(cv2.invertAffineTransform(crop_from_image), np.float64)


def transform_points(points: NDArray[np.floating], matrix: Matrix) -> Points:
    """The points, (N, 2), through an affine matrix: in the matrix's target, float32."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def fill_polygon(shape: tuple[int, ...], outline: Points) -> BoolMask:
    """The inside of a polygon, corners rounded to whole pixels. `shape` begins with (H, W)."""
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], (1,))
    return mask > 0


def scale_outline(outline: Points, factor: float) -> Points:
    """The outline, (N, 2), scaled by `factor` about the mean of its points."""
    middle = outline.mean(0)
    return np.asarray((outline - middle) * factor + middle, np.float32)


def ellipse_kernel(size: int) -> NDArray[np.uint8]:
    """A round structuring element about `size` pixels wide, always odd."""
    side = 2 * (size // 2) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


@dataclass(frozen=True)
class FaceAxes:
    """The face's own coordinates: heights are measured from the chin up, in face heights."""

    chin: Points
    middle: Points  # between chin and forehead
    up: Points  # unit vector
    right: Points  # unit vector
    height: float  # pixels, chin to forehead
    width: float  # pixels, cheek to cheek

    def of_points(self, points: NDArray[np.floating]) -> tuple[Plane, Plane]:
        """(height above the chin, sideways from the middle), both in face heights."""
        up = (points - self.chin) @ self.up / self.height
        sideways = (points - self.middle) @ self.right / self.height
        return up.astype(np.float32), sideways.astype(np.float32)

    def grid(self, shape: tuple[int, ...]) -> tuple[Plane, Plane]:
        """The same two coordinates for every pixel of an image."""
        rows = np.arange(shape[0], dtype=np.float32)[:, None]
        columns = np.arange(shape[1], dtype=np.float32)[None, :]

        def along(axis: Points, origin: Points) -> NDArray[np.float32]:
            x, y = (np.float32(value / self.height) for value in axis)
            return np.asarray((columns - origin[0]) * x + (rows - origin[1]) * y, np.float32)

        return along(self.up, self.chin), along(self.right, self.middle)


def face_axes(mesh: Points) -> FaceAxes:
    """The axes of a face from its mesh, (468, 2)."""
    span = mesh[FOREHEAD] - mesh[CHIN]
    height = float(np.linalg.norm(span))
    up = span / height
    right = np.array([-up[1], up[0]], np.float32)
    return FaceAxes(
        chin=mesh[CHIN],
        middle=(mesh[FOREHEAD] + mesh[CHIN]) / 2,
        up=up.astype(np.float32),
        right=right if right[0] >= 0 else -right,
        height=height,
        width=float(np.linalg.norm(mesh[RIGHT_CHEEK] - mesh[LEFT_CHEEK])),
    )


def face_oval(mesh: Points, axes: FaceAxes, factor: float) -> Points:
    """The face's outline, (36, 2), scaled by `factor` about the middle of the face."""
    return np.asarray((mesh[OVAL] - axes.middle) * factor + axes.middle, np.float32)


def head_yaw(mesh: Points) -> float:
    """How far the face is turned to the side: -1..1, 0 is frontal.

    By how much nearer the tip of the nose lies to one cheek, over the width of the face; no angle.
    """
    to_right = np.linalg.norm(mesh[NOSE_TIP] - mesh[RIGHT_CHEEK])
    to_left = np.linalg.norm(mesh[NOSE_TIP] - mesh[LEFT_CHEEK])
    return float((to_right - to_left) / (np.linalg.norm(mesh[RIGHT_CHEEK] - mesh[LEFT_CHEEK]) + 1e-6))
