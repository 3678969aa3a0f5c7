"""Who is meant in a photo, and whether that face can be worked from."""

from collections.abc import Sequence

import numpy as np

from tasks.arrays import RgbBytes
from tasks.perception.analysis import Face
from tasks.perception.faces import face_focus, face_lightness, face_sharpness, looks_drawn
from tasks.photo.codes import SeveralFaces, refusal
from tasks.photo.decode import Crop
from tasks.photo.light import grays_of

# A second face of this share of the main one's area makes it unclear who is meant.
EQUALLY_IN_VIEW = 0.55
SMALLEST_FACE = 64  # pixels, from hairline to chin: below, glasses and eyes are guesses
SMALL_FACE = 100
# `face_focus`. Photos in focus start at 1.43. A blur (sigma) of 2% of the face brings half of them below the
# first, as shake by 12% does; a blur of 1% none.
BLURRED, SOFT = 1.26, 1.36

_Room = tuple[float, float, float, float]  # left, top, right, bottom in pixels


def area(face: Face) -> float:
    """The area of the face's box, in square pixels."""
    return face.box[2] * face.box[3]


def main_face(faces: Sequence[Face]) -> Face:
    """The main one of `faces` (which come main first); SeveralFaces when it is unclear who is meant."""
    main, *others = faces
    if any(area(other) >= EQUALLY_IN_VIEW * area(main) for other in others):
        raise SeveralFaces(len(faces))
    return main


def from_the_left(faces: Sequence[Face]) -> list[Face]:
    """The faces in the order of their middles, from the left: as people count them."""
    return sorted(faces, key=lambda face: face.box[0] + face.box[2] / 2)


def crop_around(face: Face, faces: Sequence[Face], width: int, height: int, *, generous: float = 1.0) -> Crop:
    """The part of a `width` x `height` picture in which `face` is the main one, as shares of it.

    Room for hair, shoulders and chest, less of it where `generous` is below 1, but no other face of the
    picture is wholly in it.
    """
    x, y, w, h = face.box
    room = (
        max(0.0, x - 1.3 * generous * w),
        max(0.0, y - 0.8 * generous * h),
        min(width, x + (1 + 1.3 * generous) * w),
        min(height, y + (1 + 3.0 * generous) * h),
    )
    others = [other for other in faces if other is not face]
    for other in sorted(others, key=lambda other: _distance(face, other)):
        room = _without(room, face, other)
    left, top, right, bottom = room
    bottom = min(bottom, top + max(2.2 * (right - left), 1.3 * h + y - top))
    return left / width, top / height, right / width, bottom / height


def _distance(one: Face, other: Face) -> float:
    return float(np.hypot(*(one.landmarks.mean(axis=0) - other.landmarks.mean(axis=0))))


def _without(room: _Room, face: Face, other: Face) -> _Room:
    """The largest part of `room` that holds `face` and leaves out `other`, cut halfway between them."""
    left, top, right, bottom = room
    x, y, w, h = face.box
    ox, oy, ow, oh = other.box
    if ox >= right or oy >= bottom or ox + ow <= left or oy + oh <= top:
        return room
    cuts = {
        (max(left, (ox + ow + x) / 2), top, right, bottom): x - ox - ow,
        (left, top, min(right, (x + w + ox) / 2), bottom): ox - x - w,
        (left, max(top, (oy + oh + y) / 2), right, bottom): y - oy - oh,
        (left, top, right, min(bottom, (y + h + oy) / 2)): oy - y - h,
    }
    free = [cut for cut, gap in cuts.items() if gap > -0.1 * min(w, h)]
    return max(free, key=lambda cut: (cut[2] - cut[0]) * (cut[3] - cut[1]), default=room)


def check_face(pixels: RgbBytes, face: Face) -> list[str]:
    """The codes of what could be better about this face (RGB pixels); PhotoRefused when it is unusable.

    The limits were set on portraits and groups that we darkened, blurred, fogged and cropped by steps.
    """
    height, width = pixels.shape[:2]
    warnings = _size(face) + _framing(face, width, height) + _direction(face)
    warnings += ["drawing"] * looks_drawn(pixels[..., ::-1], face)
    return warnings + _light(pixels, face) + _sharpness(pixels, face)


def _size(face: Face) -> list[str]:
    if face.box[3] < SMALLEST_FACE:
        raise refusal("face_too_small")
    return ["small_face"] if face.box[3] < SMALL_FACE else []


def _framing(face: Face, width: int, height: int) -> list[str]:
    """How far eyes and mouth are from the edges, in face sizes: an eye at the edge is half a face."""
    size = max(face.box[2], face.box[3])
    xs, ys = face.landmarks[:, 0], face.landmarks[:, 1]
    aside = float(min(xs.min(), width - xs.max())) / size
    above, below = float(ys.min()) / size, float(height - ys.max()) / size
    if aside < 0.035 or above < 0.12 or below < 0.08:
        raise refusal("face_cut_off")
    return ["tight_crop"] if aside < 0.10 or above < 0.35 or below < 0.22 else []


def _direction(face: Face) -> list[str]:
    """Where the nose is between the eyes: 0.5 from the front, beyond 0 or 1 from the side."""
    one, other, nose = face.landmarks[0], face.landmarks[1], face.landmarks[2]
    between = other - one
    apart = float(np.hypot(*between))
    nose_at = float((nose - one) @ between) / max(apart**2, 1e-6)
    if not -0.05 <= nose_at <= 1.05 or apart < 0.15 * face.box[3]:
        raise refusal("face_turned_away")
    return [] if 0.18 <= nose_at <= 0.82 else ["side_view"]


def _light(pixels: RgbBytes, face: Face) -> list[str]:
    """Judged by the highlights of the face and by noise, never by the middle tone: that is the skin."""
    bgr = pixels[..., ::-1]
    lightness, grain = face_lightness(bgr, face), face_sharpness(bgr, face)
    if lightness < 12 or (lightness < 22 and grain > 0.38):
        raise refusal("too_dark")
    grays = grays_of(_inside(pixels, face))
    if grays.burnt_out > 0.5:
        raise refusal("too_bright")
    if grays.contrast < 24 and lightness > 36:
        raise refusal("low_contrast")
    return ["dim"] * (lightness < 36) + ["glaring"] * (grays.burnt_out > 0.25)


def _sharpness(pixels: RgbBytes, face: Face) -> list[str]:
    bgr = pixels[..., ::-1]
    sharpness, focus = face_sharpness(bgr, face), face_focus(bgr, face)
    if sharpness < 0.045 or focus < BLURRED:
        raise refusal("too_blurry")
    return ["soft"] if sharpness < 0.07 or focus < SOFT else []


def _inside(pixels: RgbBytes, face: Face) -> RgbBytes:
    x, y, width, height = face.box
    left, top = max(0, int(x + 0.1 * width)), max(0, int(y + 0.1 * height))
    return pixels[top : int(y + 0.95 * height), left : int(x + 0.9 * width)]
