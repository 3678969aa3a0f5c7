"""Every picture that leaves the house goes through `outgoing_bytes`: the one place for marks and refusals."""

from dataclasses import dataclass
from enum import StrEnum

from db.models import Review
from db.repositories.images import Variant
from tasks.errors import UsageError
from tasks.marks.facts import Edit
from tasks.marks.outgoing import marked
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


_EDITS = {Form.CUT_OUT: Edit.CUT_OUT, Form.PRINT: Edit.PRINT}
_TYPES = {
    Form.CUT_OUT: "image/png",
    Form.PRINT: "image/png",
    Form.SVG: "image/svg+xml",
    Form.DESIGN: "application/json",
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


def outgoing_bytes(pair: RecordAndStore, variant: Variant, form: Form = Form.ORIGINAL) -> OutgoingFile:
    """A picture as it leaves the house, with its marks: the same bytes each time.

    Args:
        pair: The record and the store that the picture is in.
        variant: Which picture.
        form: What to make of it first.

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
        return outgoing_file(marked(pair, variant, kept, kept, original), original)
    parameters = variant.prompt.parameters
    made = export_picture(
        kept, Export(form.value), variant.image.style, int(parameters.get("seed", 0)), parameters
    )
    leaving = marked(pair, variant, kept, made, _TYPES[form], _EDITS.get(form))
    return outgoing_file(leaving, _TYPES[form])


def outgoing_file(data: bytes, content_type: str) -> OutgoingFile:
    """Bytes with their type as a file to be given out; what is of no known type is `bin`."""
    return OutgoingFile(data, content_type, _EXTENSIONS.get(content_type, "bin"))
