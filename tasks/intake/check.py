"""Whether an uploaded photo can be drawn from, told at once: by the same check that a start rests on."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image

from tasks.errors import PhotoRefused
from tasks.intake.face_choice import photo_digest
from tasks.intake.normalize import NormalizedPhoto
from tasks.intake.upright import pixels_of
from tasks.photo.decode import decode_photo

PREVIEW_PIXELS = 480  # the longer side

Normalize = Callable[..., NormalizedPhoto]  # `tasks.intake.normalize.normalize_photo`


class Verdict(StrEnum):
    """What there is to say of a photo."""

    GOOD = "good"
    FAIR = "fair"  # it will do, and another one could be better
    WHICH = "which"  # several people: someone must say who is meant
    REFUSED = "refused"


@dataclass(frozen=True)
class PhotoCheck:
    """One photo, checked. `sentences` say what is wrong, or could be better."""

    verdict: Verdict
    digest: str  # of the file: the same file twice has the same
    sentences: tuple[str, ...] = ()
    code: str = ""  # why it was refused
    faces: int = 0
    preview: bytes | None = None  # a small upright JPEG; None where not even that can be made
    photo: NormalizedPhoto | None = None  # where it can be drawn from


def check_photo(data: bytes, normalize: Normalize, *, face: int | str | None = None) -> PhotoCheck:
    """Decode, turn and judge a photo; `face` says who is meant. Nothing is kept, and a refusal is a verdict.

    Raises UsageError for a `face` that is neither a choice nor a number, DecoderBusy, ModelsMissing.
    """
    digest = photo_digest(data)
    try:
        photo = normalize(data, face=face)
    except PhotoRefused as refused:
        which = refused.code == "several_faces" and face is None
        return PhotoCheck(
            Verdict.WHICH if which else Verdict.REFUSED,
            digest,
            (refused.sentence,),
            refused.code,
            faces=2 if which else 0,
            preview=_preview_of_refused(data),
        )
    verdict = Verdict.FAIR if photo.warnings else Verdict.GOOD
    preview = _preview(Image.fromarray(pixels_of(photo.photo)))
    return PhotoCheck(verdict, digest, tuple(photo.warnings), faces=photo.faces, preview=preview, photo=photo)


def _preview_of_refused(data: bytes) -> bytes | None:
    """What is to be seen of a photo that can't be used, so that one knows which of many it is."""
    try:
        return _preview(Image.fromarray(decode_photo(data).pixels))
    except PhotoRefused:
        return None


def _preview(picture: Image.Image) -> bytes:
    picture.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=82)
    return stream.getvalue()
