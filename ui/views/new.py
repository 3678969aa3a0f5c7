"""A new character's own parts: the consent that it rests on, and who may be meant in a photo."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.consent.texts import BUILT_IN, CURRENT, language_of_current, words


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


@dataclass(frozen=True)
class ConsentAsked:
    """The text that the person who uploads a photo consents to, and the language that it is in."""

    words: str
    language: str


def consent_asked(processors: Sequence[str], language: str) -> ConsentAsked:
    """The text for whoever reads `language`, with who outside the house works on the photo."""
    shown = language_of_current(language)
    return ConsentAsked(words(BUILT_IN[CURRENT, shown], processors, shown), shown)
