"""Is the variant the same person, in the same colors, and really drawn? Measured, never guessed.

Same face: SFace cosine between photo and variant. Each style pack has the mark that a good picture reaches
(0.30 to 0.45); strangers stay below 0.4 and mostly below 0.25.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes, Plane
from tasks.perception.analysis import Face
from tasks.perception.faces import detect_faces
from tasks.perception.identity import cosine, embedding
from tasks.photo.pixels import picture_pixels

METRIC_VERSION = "likeness-1"
LOWEST_MARK = 0.30  # for a picture whose style pack is no longer here
SKIN_LIMIT = 16.0  # difference of hue and chroma in Lab, lightness left out: styles relight on purpose
COPY_LIMIT = 0.65  # correlation of fine detail: drawings stay below 0.3, copies of the photo above 0.8
BLANK_SPREAD = 4.0  # gray levels


@dataclass(frozen=True)
class Likeness:
    """What was measured of one variant; None where it does not apply."""

    identity: float | None  # -1..1
    identity_mark: float
    skin_difference: float | None  # Lab units
    sameness: float | None  # 0..1, of fine detail: 1 is a copy of the photo
    warnings: tuple[str, ...]  # codes: blank, no_face_drawn, not_alike, skin_shifted, not_drawn


def measure_likeness(photo: bytes, variant: bytes, mark: float, *, monochrome: bool) -> Likeness:
    """Compare a variant with the photo it was made from.

    Args:
        photo: The photo, an encoded picture.
        variant: What was drawn, an encoded picture.
        mark: The identity (cosine, -1..1) below which the face counts as not alike.
        monochrome: The photo has no colors, so the skin's is not compared.
    """
    before, after = _decoded(photo), _decoded(variant)
    if float(cv2.cvtColor(after, cv2.COLOR_BGR2GRAY).std()) < BLANK_SPREAD:
        return Likeness(None, mark, None, None, ("blank",))
    one, other = detect_faces(before), detect_faces(after)
    if not one or not other:
        return Likeness(None, mark, None, None, ("no_face_drawn",))
    identity = cosine(embedding(before, one[0]), embedding(after, other[0]))
    skin = None if monochrome else _skin_difference(before, one[0], after, other[0])
    sameness = _sameness(before, one[0], after, other[0])
    found = {
        "not_alike": identity < mark,
        "skin_shifted": skin is not None and skin > SKIN_LIMIT,
        "not_drawn": sameness > COPY_LIMIT,
    }
    return Likeness(
        round(identity, 3),
        mark,
        None if skin is None else round(skin, 1),
        round(sameness, 3),
        tuple(code for code, present in found.items() if present),
    )


def _decoded(data: bytes) -> BgrBytes:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:  # broken beside the pixels, or of a kind that OpenCV doesn't know
        return np.ascontiguousarray(picture_pixels(data)[..., ::-1])
    return np.asarray(image, np.uint8)


def _skin_difference(before: BgrBytes, one: Face, after: BgrBytes, other: Face) -> float:
    a, b = _cheeks(before, one), _cheeks(after, other)
    return float(np.hypot(a[1] - b[1], a[2] - b[2]))


def _cheeks(image: BgrBytes, face: Face) -> NDArray[np.float32]:
    """Median Lab of two small squares halfway between eyes and mouth corners."""
    eyes, corners = face.landmarks[:2], face.landmarks[3:]
    reach = max(2, int(np.linalg.norm(eyes[0] - eyes[1]) * 0.12))
    samples = []
    for x, y in (eyes + corners) / 2:
        left, top = max(0, int(x) - reach), max(0, int(y) - reach)
        samples.append(image[top : top + 2 * reach, left : left + 2 * reach].reshape(-1, 3))
    pixels = np.concatenate(samples).astype(np.float32)[:, None] / 255
    return np.asarray(np.median(cv2.cvtColor(pixels, cv2.COLOR_BGR2LAB).reshape(-1, 3), axis=0), np.float32)


def _sameness(before: BgrBytes, one: Face, after: BgrBytes, other: Face) -> float:
    a, b = _fine_detail(before, one), _fine_detail(after, other)
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
