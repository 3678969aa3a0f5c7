"""Is it the same face? SFace features. They are biometric data: compute, compare, throw away."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes
from tasks.perception import nets
from tasks.perception.analysis import Face

# Where SFace expects the five landmarks in its 112x112 crop: the ArcFace template, x and y in pixels.
_TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)


def _alignment(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """`template_from_image`: the similarity that takes five landmarks, (5, 2), closest to the template.

    Least squares by Umeyama's method (1991).
    """
    source, target = landmarks.astype(np.float64), _TEMPLATE
    from_middle, to_middle = source.mean(0), target.mean(0)
    u, scales, vt = np.linalg.svd((target - to_middle).T @ (source - from_middle))
    signs = np.array([1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ np.diag(signs) @ vt
    scale = (scales * signs).sum() / max(((source - from_middle) ** 2).sum(), 1e-9)
    return np.hstack([scale * rotation, (to_middle - scale * rotation @ from_middle)[:, None]])


def embedding(image_bgr: BgrBytes, face: Face) -> NDArray[np.float32]:
    """The face as a vector, (128,), of length 1. Raises ModelsMissing."""
    aligned = cv2.warpAffine(image_bgr, _alignment(face.landmarks), (112, 112), flags=cv2.INTER_LINEAR)
    vector = nets.identity_vector(np.asarray(aligned, np.uint8))
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Likeness of two embeddings, -1..1: the same face in two photos is about 0.7, strangers about 0.1."""
    return float(np.clip(one.astype(np.float64) @ other.astype(np.float64), -1.0, 1.0))
