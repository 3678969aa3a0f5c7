"""Why a picture is rejected: the closed list, as sentences for people, in the order they are offered in."""

from collections.abc import Mapping

from db.models import RejectCode
from db.told import told
from tasks.errors import UsageError

REASONS: Mapping[RejectCode, str] = {
    RejectCode.NOT_ALIKE: "It does not look like the child.",
    RejectCode.SKIN_LIGHTER: "The skin is lighter than in the photo.",
    RejectCode.WRONG_CLOTHES: "The clothes or what is worn on the head are wrong.",
    RejectCode.BADLY_DRAWN: "It is badly drawn.",
    RejectCode.UNSAFE: "It is not fit for children.",
    RejectCode.OTHER: "Another reason.",
}
# Pictures rejected for these are shown to nobody who did not ask for them.
BEHIND_THE_DOOR = frozenset({RejectCode.UNDRESSED, RejectCode.UNSAFE, RejectCode.NOT_COMPARED})
LONGEST_NOTE = 300  # characters


def reason_code(name: str) -> RejectCode:
    """The reason of that name; UsageError for one that a person can't give."""
    if name not in {code.value for code in REASONS}:
        known = ", ".join(code.value.replace("_", "-") for code in REASONS)
        raise UsageError(
            told("Say why the picture is rejected: %(known)s.", known=known), code="reject_reason"
        )
    return RejectCode(name)


def reason_sentence(code: RejectCode, note: str = "") -> str:
    """What is written down for a rejection; "other" needs a note that says what is meant. UsageError."""
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise UsageError(
            told("The note is longer than %(longest_note)s characters.", longest_note=LONGEST_NOTE),
            code="reject_reason",
        )
    if code is RejectCode.OTHER:
        if not note:
            raise UsageError("Say in a few words what is wrong with the picture.", code="reject_reason")
        return note
    return f"{REASONS[code]} {note}".rstrip()
