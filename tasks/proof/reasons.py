"""Why a customer asks for a change: the closed list, in the order it is offered in."""

from collections.abc import Mapping
from enum import StrEnum

from db.told import told
from tasks.errors import UsageError

LONGEST_NOTE = 300  # characters
CHANGE_ASKED = "customer_change"  # why a character needs attention


class ChangeReason(StrEnum):
    """What is to be changed. The values are stored: they never change."""

    NOT_ALIKE = "not_alike"
    HAIR = "hair"
    SKIN = "skin"
    EYES = "eyes"
    CLOTHES = "clothes"
    EXPRESSION = "expression"
    STYLE = "style"
    OTHER = "other"


REASONS: Mapping[ChangeReason, str] = {
    ChangeReason.NOT_ALIKE: "It does not look alike.",
    ChangeReason.HAIR: "The hair is not right.",
    ChangeReason.SKIN: "The skin is not right.",
    ChangeReason.EYES: "The eyes are not right.",
    ChangeReason.CLOTHES: "The clothes are not right.",
    ChangeReason.EXPRESSION: "The look on the face is not right.",
    ChangeReason.STYLE: "Another style, please.",
    ChangeReason.OTHER: "Something else.",
}


def change_reason(name: str) -> ChangeReason:
    """The reason of that name. UsageError (`change_reason`) for none of the list."""
    if name not in {each.value for each in ChangeReason}:
        raise UsageError("Choose what should be changed.", code="change_reason")
    return ChangeReason(name)


def change_note(reason: ChangeReason, note: str) -> str:
    """The customer's line, on one line. UsageError where it is too long, or needed and empty."""
    line = " ".join(note.split())
    if len(line) > LONGEST_NOTE:
        raise UsageError(
            told("Say it in at most %(longest_note)s characters.", longest_note=LONGEST_NOTE),
            code="change_reason",
        )
    if reason is ChangeReason.OTHER and not line:
        raise UsageError("Say in a few words what should be changed.", code="change_reason")
    return line
