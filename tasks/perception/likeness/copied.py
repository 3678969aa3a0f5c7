"""Is it drawn, or the photo itself?"""

import cv2
import numpy as np

from tasks.arrays import BgrBytes, Plane
from tasks.perception.analysis import Face


def sameness(photo: BgrBytes, face: Face, variant: BgrBytes, drawn: Face) -> float:
    """The correlation of fine detail in the two faces, 0..1: 1 is a copy of the photo."""
    a, b = _fine_detail(photo, face), _fine_detail(variant, drawn)
    spread = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.clip((a * b).sum() / spread, 0, 1)) if spread > 1e-6 else 0.0


def _fine_detail(image: BgrBytes, face: Face) -> Plane:
    """The face, eyes brought to the same place at 128x128, without its coarse shapes."""
    source = face.landmarks[:3].astype(np.float32)
    target = np.array([[42, 48], [86, 48], [64, 74]], np.float32)
    crop = cv2.warpAffine(image, cv2.getAffineTransform(source, target), (128, 128), flags=cv2.INTER_AREA)
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
    detail = gray - cv2.GaussianBlur(gray, (0, 0), 3)
    return np.asarray(detail - detail.mean(), np.float32)
