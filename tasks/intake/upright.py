"""A stranger's file → the photo as the people in it stand, whatever its file says, and where they are."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tasks.arrays import RgbBytes
from tasks.intake.face_choice import Placement
from tasks.perception.analysis import Face
from tasks.perception.faces import detect_faces
from tasks.photo.codes import refusal
from tasks.photo.decode import DecodedPhoto, decode_photo, encode_jpeg, why_incomplete
from tasks.photo.light import is_blank, why_no_face
from tasks.providers.protocols import Photo

# The detector is surer of faces that stand upright (0.87 to 0.95) than of the same faces upside down (up to
# 0.91) or on their side (up to 0.90), always by 0.02 at least.
SURELY_UPRIGHT = 0.92
CLEARLY_SURER = 0.015
CUT_SHORT = "cut_short"


@dataclass(frozen=True)
class UprightPhoto:
    """A photo the right way up, who is in it, and how it lies in its file."""

    photo: Photo
    faces: list[Face]  # the main one first
    placement: Placement
    notes: tuple[str, ...] = ()  # what there is to say of the file: codes of WARNINGS


def upright_photo(data: bytes) -> UprightPhoto:
    """Decode a photo and turn it as people stand. PhotoRefused when that fails or nobody is to be seen."""
    decoded = decode_photo(data)
    pixels = decoded.pixels
    photo = photo_of(pixels)
    faces = detected(pixels_of(photo))
    turns = 0
    if _surest(faces) < SURELY_UPRIGHT:
        turns = _best_turn(pixels, _surest(faces))
    if turns:
        photo = photo_of(np.rot90(pixels, turns))
        faces = detected(pixels_of(photo))
    if not faces:
        raise refusal(why_incomplete(data) if CUT_SHORT in decoded.notes else why_no_face(pixels))
    return UprightPhoto(photo, faces, _placement(decoded, turns, photo), decoded.notes)


def photo_of(pixels: RgbBytes) -> Photo:
    """RGB pixels as a photo of ours; PhotoRefused when they are one plain color."""
    if is_blank(pixels):
        raise refusal("blank")
    data = encode_jpeg(pixels)
    return Photo(data, hashlib.sha256(data).hexdigest(), width=pixels.shape[1], height=pixels.shape[0])


def pixels_of(photo: Photo) -> RgbBytes:
    """The pixels of our own JPEG: what is checked is what is kept."""
    return np.asarray(Image.open(io.BytesIO(photo.data), formats=["JPEG"]).convert("RGB"))


def detected(pixels: RgbBytes) -> list[Face]:
    """The faces in RGB pixels, the main one first."""
    return detect_faces(np.ascontiguousarray(pixels[..., ::-1]))


def _placement(decoded: DecodedPhoto, turns: int, photo: Photo) -> Placement:
    return Placement(decoded.original_size, decoded.orientation, turns, (photo.width, photo.height))


def _best_turn(pixels: RgbBytes, as_it_is: float) -> int:
    scores = {turns: _surest(detected(np.rot90(pixels, turns))) for turns in (1, 2, 3)}
    best = max(scores, key=lambda turns: scores[turns])
    return best if scores[best] > as_it_is + CLEARLY_SURER else 0


def _surest(faces: list[Face]) -> float:
    return max((face.score for face in faces), default=0.0)
