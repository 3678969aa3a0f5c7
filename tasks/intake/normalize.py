"""A stranger's file → a photo we can work from, or a code and a sentence that say why not."""

from dataclasses import dataclass, field

from tasks.arrays import RgbBytes
from tasks.errors import PhotoRefused
from tasks.intake.face_choice import chosen_face, face_choice, overlap
from tasks.intake.people import check_face, crop_around, from_the_left, main_face
from tasks.intake.upright import CUT_SHORT, UprightPhoto, detected, photo_of, pixels_of, upright_photo
from tasks.perception.analysis import Face
from tasks.photo.codes import WARNINGS, refusal
from tasks.photo.decode import decode_photo, why_incomplete
from tasks.photo.light import why_no_face
from tasks.providers.protocols import Photo

# How much room around a chosen face is tried: less where a neighbour would come first in a larger crop.
_ROOM = (1.0, 0.6, 0.35)


@dataclass(frozen=True)
class NormalizedPhoto:
    """A photo that passed, how many faces the file shows, and what could be better about it."""

    photo: Photo
    faces: int
    warnings: list[str] = field(default_factory=list)  # sentences


@dataclass(frozen=True)
class Person:
    """One of the people in a photo. The number is to be read; `choice` tells `normalize_photo` who it is."""

    number: int  # from the left, 1 being the leftmost
    face: Face  # in the upright pixels
    choice: str


@dataclass(frozen=True)
class People:
    """The people in a photo from the left, and the upright RGB pixels they were found in."""

    pixels: RgbBytes
    people: tuple[Person, ...]


def normalize_photo(data: bytes, *, face: int | str | None = None) -> NormalizedPhoto:
    """Decode, turn upright, strip, bound and check a photo; `face` says who is meant.

    `face` is the `choice` of one of `people_in`, or its number. The same bytes give the same photo. Nothing
    is kept. Raises PhotoRefused with a code of `tasks.photo.codes` (SeveralFaces when someone must say who is
    meant), UsageError when `face` is neither, or ModelsMissing.
    """
    upright = upright_photo(data)
    photo, faces = upright.photo, upright.faces
    if face is not None:
        chosen = chosen_face(data, faces, upright.placement, face)
        if len(faces) > 1:
            photo, faces = _alone(data, upright, chosen)
    notes = [*upright.notes, *(["turned"] if upright.placement.turns else [])]
    try:
        warnings = _warnings(pixels_of(photo), faces)
    except PhotoRefused as refused:
        if CUT_SHORT in notes and refused.code == "face_cut_off":
            raise refusal(why_incomplete(data)) from None
        raise
    return NormalizedPhoto(photo, len(upright.faces), [WARNINGS[note] for note in notes] + warnings)


def check_people(photo: Photo) -> list[str]:
    """The warnings (sentences) about a normalized photo; PhotoRefused as `normalize_photo` would."""
    pixels = pixels_of(photo)
    return _warnings(pixels, _faces_in(pixels))


def people_in(data: bytes) -> People:
    """Everybody in a photo, found as `normalize_photo` finds them.

    Raises PhotoRefused when it can't be decoded or shows no face.
    """
    upright = upright_photo(data)
    people = tuple(
        Person(number, face, face_choice(data, face, upright.placement))
        for number, face in enumerate(from_the_left(upright.faces), start=1)
    )
    return People(pixels_of(upright.photo), people)


def _alone(data: bytes, upright: UprightPhoto, chosen: Face) -> tuple[Photo, list[Face]]:
    """The photo cropped around a face, out of the file again, so that it keeps its full detail in a group."""
    photo = upright.photo
    for generous in _ROOM:
        crop = crop_around(chosen, upright.faces, photo.width, photo.height, generous=generous)
        decoded = decode_photo(data, crop=crop, turns=upright.placement.turns)
        cropped = photo_of(decoded.pixels)
        faces = detected(pixels_of(cropped))
        if faces and _is(faces[0], chosen, crop, photo, cropped):
            return cropped, faces
    if not faces:
        raise refusal(why_no_face(pixels_of(cropped)))
    raise refusal("faces_too_close")


def _is(
    found: Face, chosen: Face, crop: tuple[float, float, float, float], photo: Photo, part: Photo
) -> bool:
    """Whether the face `found` in a part of the photo is the chosen one, not a neighbour."""
    left, top, right, bottom = crop
    x_scale = (right - left) * photo.width / part.width
    y_scale = (bottom - top) * photo.height / part.height
    x, y, width, height = found.box
    there = (left * photo.width + x * x_scale, top * photo.height + y * y_scale)
    return overlap((*there, width * x_scale, height * y_scale), chosen.box) > 0.3


def _faces_in(pixels: RgbBytes) -> list[Face]:
    faces = detected(pixels)
    if not faces:
        raise refusal(why_no_face(pixels))
    return faces


def _warnings(pixels: RgbBytes, faces: list[Face]) -> list[str]:
    warnings = ["other_faces"] if len(faces) > 1 else []
    warnings += check_face(pixels, main_face(faces))
    return [WARNINGS[worry] for worry in warnings]
