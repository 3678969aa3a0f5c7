"""A new character's own parts: the consent that it rests on, and who may be meant in a photo."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.consent.texts import BUILT_IN, CURRENT, words


@dataclass(frozen=True)
class FaceThumbnail:
    """One face. `number` counts from the left and is for reading; `choice` says to the intake who it is."""

    number: int
    data_url: str  # never stored: it lives in the page that asks
    choice: str = ""


@dataclass(frozen=True)
class WhichPerson:
    """Several people are in the photo: the form must ask which one."""

    sentence: str
    faces: tuple[FaceThumbnail, ...]


def consent_words(processors: Sequence[str]) -> str:
    """The text that the person who uploads a photo consents to, with who outside the house works on it."""
    return words(BUILT_IN[CURRENT, "en"], processors)
