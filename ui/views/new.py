"""The new-character form's own parts."""

from tasks.create_character import CONSENT_TEXT
from ui.handlers.start import WhichPerson
from ui.views.templates import render


def photo_zone_html() -> str:
    """Where a photo is dropped: it goes straight to the store, never through Gradio."""
    return render("photo_zone.html")


def consent_words() -> str:
    """What is consented to."""
    return CONSENT_TEXT


def which_person_html(question: WhichPerson | None) -> str:
    """The faces of a photo with several people, as buttons; nothing when there is no question."""
    return render("which_person.html", question=question) if question else ""
