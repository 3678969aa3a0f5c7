"""The new-character form's own parts."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.consent.texts import BUILT_IN, CURRENT, words
from ui.views.templates import render


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


def photo_zone_html() -> str:
    """Where a photo is dropped: it goes straight to the store, never through Gradio."""
    return render("photo_zone.html")


def consent_words(processors: Sequence[str]) -> str:
    """The text that the person who uploads a photo consents to, with who outside the house works on it."""
    return words(BUILT_IN[CURRENT, "en"], processors)


def which_person_html(question: WhichPerson | None) -> str:
    """The faces of a photo with several people, as buttons; nothing when there is no question."""
    return render("which_person.html", question=question) if question else ""
