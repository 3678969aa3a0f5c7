"""Finding faces: the detector proposes, the mesh confirms."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tasks.arrays import BgrBytes
from tasks.perception import nets
from tasks.perception.analysis import Face
from tasks.perception.landmarks import FaceMesh, fit_mesh

# YuNet sees faces of about 10 to 300 pixels: small faces are found at the larger size, faces that fill the
# photo at the smaller one.
DETECTION_SIDES = (512, 1024)
MIN_SCORE = 0.7
MIN_MESH_CONFIDENCE = 0.5
# More proposals than this are not looked at: a crowd is refused long before.
MAX_FACES = 12
_SAME_FACE_OVERLAP = 0.45


@dataclass(frozen=True)
class FoundFace:
    """A confirmed face with the mesh that confirmed it."""

    face: Face
    mesh: FaceMesh


def _proposals(image: BgrBytes) -> list[NDArray[np.float32]]:
    """Raw 15-number faces in image pixels, best first."""
    height, width = image.shape[:2]
    found: list[NDArray[np.float32]] = []
    for side in DETECTION_SIDES:
        scale = side / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        for row in nets.detect(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)):
            row[:14] /= scale
            found.append(row)
    return sorted(found, key=lambda row: -float(row[14]))


def _overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The area that two boxes share over the area of the smaller: 0..1."""
    sides = np.minimum(one[:2] + one[2:4], other[:2] + other[2:4]) - np.maximum(one[:2], other[:2])
    if (sides <= 0).any():
        return 0.0
    return float(sides.prod() / max(1e-6, min(one[2:4].prod(), other[2:4].prod())))


def _without_repeats(proposals: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    kept: list[NDArray[np.float32]] = []
    for row in proposals:
        if row[14] > MIN_SCORE and all(_overlap(row, other) <= _SAME_FACE_OVERLAP for other in kept):
            kept.append(row)
    return kept


def _prominence(row: NDArray[np.float32], image_width: int) -> float:
    """How much a face is in the foreground: its area, up to a quarter less beside the middle."""
    off_center = abs((row[0] + row[2] / 2) / image_width - 0.5)
    return float(row[2] * row[3] * (1 - 0.5 * off_center))


def find_faces(image: BgrBytes) -> list[FoundFace]:
    """Every face that the mesh confirms, at most MAX_FACES, the main one (large and central) first.

    Raises ModelsMissing.
    """
    rows = _without_repeats(_proposals(image))
    rows.sort(key=lambda row: -_prominence(row, image.shape[1]))
    confirmed = []
    for row in rows[:MAX_FACES]:
        landmarks = row[4:14].reshape(5, 2).copy()
        x, y, width, height = (float(value) for value in row[:4])
        mesh = fit_mesh(image, (x, y, width, height), landmarks[:2])
        if mesh.confidence > MIN_MESH_CONFIDENCE:
            confirmed.append(FoundFace(Face((x, y, width, height), landmarks, float(row[14])), mesh))
    return confirmed


def detect_faces(image_bgr: BgrBytes) -> list[Face]:
    """The faces of a BGR image, the main one first: large and central. Raises `ModelsMissing`."""
    return [found.face for found in find_faces(image_bgr)]


# L* of deviation below which 3x3 pixels are even; the share of them, and how much steeper than the median
# slope the steepest are, in a drawing. One photo in a hundred reaches both.
_EVEN, _EVEN_SHARE, _STEEP = 0.35, 0.20, 17.0
_FOCUS_SIGMAS = (1.2, 4.0)  # pixels of 128 a face


def _face_crop(image: BgrBytes, face: Face, side: int) -> BgrBytes:
    """The inside of the face box as a square, without most of the hair and the background."""
    x, y, width, height = face.box
    left, right = int(max(0, x + 0.1 * width)), int(min(image.shape[1], x + 0.9 * width))
    top, bottom = int(max(0, y + 0.1 * height)), int(min(image.shape[0], y + 0.95 * height))
    crop = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    return np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def face_sharpness(image_bgr: BgrBytes, face: Face) -> float:
    """How sharp a face is, from 0 (a smear) up; independent of its size and of the light.

    The share of the face's contrast that lies in its finest details, at 128 pixels a face.
    """
    gray = cv2.cvtColor(_face_crop(image_bgr, face, 128), cv2.COLOR_BGR2GRAY).astype(np.float32)
    detail = gray - cv2.GaussianBlur(gray, (0, 0), 1.5)
    return float(detail.std() / (gray.std() + 1.0))


def face_focus(image_bgr: BgrBytes, face: Face) -> float:
    """How steep the edges of a face are: 1 is a smear, photos in focus have 1.4 to 2.4.

    The steepest edges at a fine scale over those at a coarse one, at 128 pixels a face, in the direction in
    which that is least: shake blurs along one direction alone. Noise and packing leave it as it is.
    """
    gray = cv2.cvtColor(_face_crop(image_bgr, face, 128), cv2.COLOR_BGR2GRAY).astype(np.float32)
    slopes = []
    for sigma in _FOCUS_SIGMAS:
        soft = cv2.GaussianBlur(gray, (0, 0), sigma)
        slopes.append((cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)))
    ratios = []
    for angle in np.linspace(0, np.pi, 12, endpoint=False):
        fine, coarse = (
            float(np.percentile(np.abs(across * np.cos(angle) + down * np.sin(angle)), 97))
            for across, down in slopes
        )
        ratios.append(fine / (coarse + 0.5))
    return min(ratios)


def looks_drawn(image_bgr: BgrBytes, face: Face) -> bool:
    """Whether a face is plainly a drawing: even areas, and few edges that are far steeper than all else.

    Said of two in five drawings, of one photo in a hundred: paintings are not told from photos.
    """
    lab = cv2.cvtColor(_face_crop(image_bgr, face, 128).astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    lightness = np.ascontiguousarray(lab[..., 0])
    mean = cv2.blur(lightness, (3, 3))
    deviation = np.sqrt(np.maximum(cv2.blur(lightness * lightness, (3, 3)) - mean * mean, 0))
    soft = cv2.GaussianBlur(lightness, (0, 0), 1.0)
    slope = np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)) / 8
    steep = float(np.percentile(slope, 97)) / (float(np.median(slope)) + 0.05)
    return bool((deviation < _EVEN).mean() > _EVEN_SHARE and steep > _STEEP)


def face_lightness(image_bgr: BgrBytes, face: Face) -> float:
    """How much light falls on a face: CIE lightness (0..100) of its lighter parts.

    The lighter parts (whites of the eyes, highlights) say more of the lamp than of the skin, so that dark
    skin in good light is not taken for a dark photo.
    """
    lab = cv2.cvtColor(_face_crop(image_bgr, face, 64).astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    return float(np.percentile(lab[..., 0], 90))
