"""Every picture that leaves the house goes through `outgoing_bytes`: the one place for marks and refusals."""

from dataclasses import dataclass
from enum import StrEnum

from db.models import Review
from db.repositories import images
from db.repositories.images import Variant
from tasks.errors import UsageError
from tasks.giving.scaled import scaled_webp
from tasks.marks.facts import Edit
from tasks.marks.outgoing import LOCAL, drawn_by, marked
from tasks.storage.binding import RecordAndStore
from tasks.storage.verified_bytes import verified_bytes
from tasks.styles.exports import Export, export_picture


class Form(StrEnum):
    """In which form a picture is given out: as it was kept, or as one of the exports."""

    ORIGINAL = "original"
    CUT_OUT = Export.CUT_OUT.value
    PRINT = Export.PRINT.value
    SVG = Export.SVG.value
    DESIGN = Export.DESIGN.value
    SCREEN = "screen"  # as large as a screen shows it, quick to load


SCREEN_WIDTH = 960  # pixels
_EDITS = {Form.CUT_OUT: Edit.CUT_OUT, Form.PRINT: Edit.PRINT, Form.SCREEN: Edit.SCALED}
_TYPES = {
    Form.CUT_OUT: "image/png",
    Form.PRINT: "image/png",
    Form.SVG: "image/svg+xml",
    Form.DESIGN: "application/json",
    Form.SCREEN: "image/webp",
}
_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/svg+xml": "svg",
    "application/json": "json",
    "application/pdf": "pdf",
}


@dataclass(frozen=True)
class OutgoingFile:
    """The bytes of one file as they leave, with their media type and its usual extension (no dot)."""

    data: bytes
    content_type: str
    extension: str


def is_held_back(variant: Variant) -> bool:
    """Whether a picture must not leave before a person has approved it (undressing, or rejected)."""
    return variant.image.review is Review.REJECTED


def outgoing_bytes(
    pair: RecordAndStore, variant: Variant, form: Form = Form.ORIGINAL, *, one_of_many: bool = False
) -> OutgoingFile:
    """A picture as it leaves the house, with its marks: the same bytes each time.

    Args:
        pair: The record and the store that the picture is in.
        variant: Which picture.
        form: What to make of it first.
        one_of_many: It leaves in an archive or on a sheet: no time stamp is waited for.

    Raises:
        UsageError: `held_back`; or there is no such form of this picture (`no_design`, `no_cut_out`).
        StoreError: Its bytes are missing or damaged.
        MarksUnusable: It can't be marked, so it does not leave.
    """
    if is_held_back(variant):
        raise UsageError("This picture is held back. Look at it, and approve it first.", code="held_back")
    kept = verified_bytes(pair, variant.asset.storage_key)
    if form is Form.ORIGINAL:
        original = variant.asset.content_type
        leaving = marked(pair, variant, kept, kept, original, one_of_many=one_of_many)
        return outgoing_file(leaving, original)
    made = scaled_webp(kept, SCREEN_WIDTH) if form is Form.SCREEN else _exported(pair, variant, kept, form)
    leaving = marked(pair, variant, kept, made, _TYPES[form], _EDITS.get(form), one_of_many=one_of_many)
    return outgoing_file(leaving, _TYPES[form])


def outgoing_picture(
    pair: RecordAndStore, image_id: str, form: Form = Form.ORIGINAL, *, one_of_many: bool = False
) -> OutgoingFile:
    """The picture with this id as it leaves. Raises NotFound, and what `outgoing_bytes` raises."""
    with pair.record.reading() as session:
        shown = images.of_character(session, images.get(session, image_id).character_id)
    variant = next(each for each in shown if each.image.id == image_id)
    return outgoing_bytes(pair, variant, form, one_of_many=one_of_many)


def _exported(pair: RecordAndStore, variant: Variant, kept: bytes, form: Form) -> bytes:
    parameters = variant.prompt.parameters
    seed, ours = int(parameters.get("seed", 0)), drawn_by(pair, variant)[0] == LOCAL
    return export_picture(kept, Export(form.value), variant.image.style, seed, parameters, drawn_here=ours)


def outgoing_file(data: bytes, content_type: str) -> OutgoingFile:
    """Bytes with their type as a file to be given out; what is of no known type is `bin`."""
    return OutgoingFile(data, content_type, _EXTENSIONS.get(content_type, "bin"))
