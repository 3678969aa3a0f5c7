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
from tasks.photo_people import check_face, counted_face, crop_around, main_face
from tasks.providers.local.analysis import Face
from tasks.providers.local.faces import detect_faces
from tasks.providers.protocols import Photo


@dataclass(frozen=True)
class NormalisedPhoto:
    """A photo that passed, how many faces the file shows, and what could be better about it."""

    photo: Photo
    faces: int
    warnings: list[str] = field(default_factory=list)  # sentences


def normalise_photo(data: bytes, *, face: int | None = None) -> NormalisedPhoto:
    """Decode, turn upright, strip, bound and check a photo; `face` (1 = leftmost) says who is meant.

    The same bytes give the same photo. Nothing is kept. Raises PhotoRefused with a code of
    `tasks.photo_codes`, or ModelsMissing.
    """
    photo = _photo_of(decode_photo(data).pixels)
    faces = _faces_in(_pixels_of(photo))
    count = len(faces)
    if face is not None:
        chosen = counted_face(faces, face)
        if count > 1:
            # From the file again, so that a face in a large group photo keeps its full detail.
            crop = crop_around(chosen, faces, photo.width, photo.height)
            photo = _photo_of(decode_photo(data, crop=crop).pixels)
            faces = _faces_in(_pixels_of(photo))
    return NormalisedPhoto(photo, count, _warnings(_pixels_of(photo), faces))


def check_people(photo: Photo) -> list[str]:
    """The warnings (sentences) about a normalised photo; PhotoRefused as `normalise_photo` would."""
    pixels = _pixels_of(photo)
    return _warnings(pixels, _faces_in(pixels))


def _photo_of(pixels: NDArray[np.uint8]) -> Photo:
    if is_blank(pixels):
        raise refusal("blank")
    data = encode_jpeg(pixels)
    return Photo(data, hashlib.sha256(data).hexdigest(), width=pixels.shape[1], height=pixels.shape[0])


def _pixels_of(photo: Photo) -> NDArray[np.uint8]:
    """The pixels of our own JPEG: what is checked is what is kept."""
    return np.asarray(Image.open(io.BytesIO(photo.data), formats=["JPEG"]).convert("RGB"))


def _faces_in(pixels: NDArray[np.uint8]) -> list[Face]:
    faces = detect_faces(np.ascontiguousarray(pixels[..., ::-1]))
    if not faces:
        raise refusal(why_no_face(pixels))
    return faces


def _warnings(pixels: NDArray[np.uint8], faces: list[Face]) -> list[str]:
    worries = ["other_faces"] if len(faces) > 1 else []
    worries += check_face(pixels, main_face(faces))
    return [WARNINGS[worry] for worry in worries]
