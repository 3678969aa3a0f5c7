"""A stranger's file → a photo we can work from, or a code and a sentence that say why not."""

import hashlib
import io
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.photo_codes import WARNINGS, refusal
from tasks.photo_decode import decode_photo, encode_jpeg
from tasks.photo_light import is_blank, why_no_face
from tasks.photo_people import check_face, counted_face, crop_around, from_the_left, main_face
from tasks.providers.local.analysis import Face
from tasks.providers.local.faces import detect_faces
from tasks.providers.protocols import Photo

# The detector is surer of faces that stand upright (0.87 to 0.95) than of the same faces upside down (up to
# 0.91) or on their side (up to 0.90), always by 0.02 at least.
SURELY_UPRIGHT = 0.92
CLEARLY_SURER = 0.015


@dataclass(frozen=True)
class NormalisedPhoto:
    """A photo that passed, how many faces the file shows, and what could be better about it."""

    photo: Photo
    faces: int
    warnings: list[str] = field(default_factory=list)  # sentences


@dataclass(frozen=True)
class _Upright:
    """A photo the right way up, and how often it had to be turned by 90 degrees against the clock."""

    photo: Photo
    faces: list[Face]  # the main one first
    turns: int


def normalise_photo(data: bytes, *, face: int | None = None) -> NormalisedPhoto:
    """Decode, turn upright, strip, bound and check a photo; `face` (1 = leftmost) says who is meant.

    The same bytes give the same photo. Nothing is kept. Raises PhotoRefused with a code of
    `tasks.photo_codes` (SeveralFaces when someone must say who is meant), or ModelsMissing.
    """
    upright = _upright(decode_photo(data).pixels)
    photo, faces = upright.photo, upright.faces
    if face is not None:
        chosen = counted_face(faces, face)
        if len(faces) > 1:
            # From the file again, so that a face in a large group photo keeps its full detail.
            crop = crop_around(chosen, faces, photo.width, photo.height)
            photo = _photo_of(decode_photo(data, crop=crop, turns=upright.turns).pixels)
            faces = _faces_in(_pixels_of(photo))
    warnings = [WARNINGS["turned"]] if upright.turns else []
    return NormalisedPhoto(photo, len(upright.faces), warnings + _warnings(_pixels_of(photo), faces))


def check_people(photo: Photo) -> list[str]:
    """The warnings (sentences) about a normalised photo; PhotoRefused as `normalise_photo` would."""
    pixels = _pixels_of(photo)
    return _warnings(pixels, _faces_in(pixels))


def people_in(data: bytes) -> tuple[NDArray[np.uint8], list[Face]]:
    """The upright RGB pixels of a photo, and its faces from the left, as `face` counts them.

    Raises PhotoRefused when it can't be decoded or shows no face.
    """
    upright = _upright(decode_photo(data).pixels)
    return _pixels_of(upright.photo), from_the_left(upright.faces)


def _upright(pixels: NDArray[np.uint8]) -> _Upright:
    """The photo as the people in it stand, whatever its file says."""
    photo = _photo_of(pixels)
    faces = _detected(_pixels_of(photo))
    turns = 0
    if _surest(faces) < SURELY_UPRIGHT:
        turns = _best_turn(pixels, _surest(faces))
    if turns:
        photo = _photo_of(np.rot90(pixels, turns))
        faces = _detected(_pixels_of(photo))
    if not faces:
        raise refusal(why_no_face(pixels))
    return _Upright(photo, faces, turns)


def _best_turn(pixels: NDArray[np.uint8], as_it_is: float) -> int:
    scores = {turns: _surest(_detected(np.rot90(pixels, turns))) for turns in (1, 2, 3)}
    best = max(scores, key=lambda turns: scores[turns])
    return best if scores[best] > as_it_is + CLEARLY_SURER else 0


def _surest(faces: list[Face]) -> float:
    return max((face.score for face in faces), default=0.0)


def _photo_of(pixels: NDArray[np.uint8]) -> Photo:
    if is_blank(pixels):
        raise refusal("blank")
    data = encode_jpeg(pixels)
    return Photo(data, hashlib.sha256(data).hexdigest(), width=pixels.shape[1], height=pixels.shape[0])


def _pixels_of(photo: Photo) -> NDArray[np.uint8]:
    """The pixels of our own JPEG: what is checked is what is kept."""
    return np.asarray(Image.open(io.BytesIO(photo.data), formats=["JPEG"]).convert("RGB"))


def _faces_in(pixels: NDArray[np.uint8]) -> list[Face]:
    faces = _detected(pixels)
    if not faces:
        raise refusal(why_no_face(pixels))
    return faces


def _detected(pixels: NDArray[np.uint8]) -> list[Face]:
    return detect_faces(np.ascontiguousarray(pixels[..., ::-1]))


def _warnings(pixels: NDArray[np.uint8], faces: list[Face]) -> list[str]:
    worries = ["other_faces"] if len(faces) > 1 else []
    worries += check_face(pixels, main_face(faces))
    return [WARNINGS[worry] for worry in worries]
