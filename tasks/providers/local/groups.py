"""Who is whose: the part of the person matte that belongs to one face among several."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.providers.local.analysis import FloatImage
from tasks.providers.local.faces import FoundFace
from tasks.providers.local.geometry import Image


def _distance_to(found: FoundFace, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """How far each pixel is from a person, in face heights: bodies widen and go on downwards."""
    x, y, width, height = found.face.box
    rows = (np.arange(shape[0], dtype=np.float32)[:, None] - np.float32(y + height / 2)) / np.float32(height)
    columns = (np.arange(shape[1], dtype=np.float32)[None, :] - np.float32(x + width / 2)) / np.float32(
        height
    )
    aside = np.maximum(np.abs(columns) - np.clip(rows * 0.35, 0, 0.9), 0) * 1.25
    return np.asarray(np.hypot(aside, np.where(rows < 0, rows, rows * 0.30)), np.float32)


def own_matte(image: Image, matte: FloatImage, faces: list[FoundFace]) -> FloatImage:
    """The matte of the first face's person alone."""
    if len(faces) < 2:
        return matte
    distances = np.stack([_distance_to(found, image.shape) for found in faces])
    own = cv2.blur((distances.argmin(0) == 0).astype(np.float32), (9, 9))
    return np.asarray(matte * own * np.clip((3.2 - distances[0]) / 0.4, 0, 1), np.float32)
