"""What the record says in English is read in the reader's language, also what was written long ago."""

import pytest

from db.repositories import characters
from tests.support.studio import StandInStudio
from ui.handlers.detail import character_page
from ui.i18n import said, speaking
from ui.recognised import Messages


@pytest.mark.parametrize(
    ("stored", "german"),
    [
        ("Drawing", "Wird gezeichnet"),  # as it is
        ("The run was interrupted and is taken up again (2 of 5)", "unterbrochen"),  # with numbers in it
        (
            "A request without an answer is settled, by our own store: its picture is here. “Try again” "
            "shows it, at no further cost.",
            "durch unseren eigenen Speicher: Ihr Bild ist da. „Noch einmal versuchen“",  # sentences in it
        ),
        ("Character created from one photo. Ready.", "Figur aus einem Foto angelegt. Fertig."),  # joined
        ("Draw Watercolor", "Aquarell zeichnen"),
    ],
)
def test_a_stored_sentence_is_said_in_german(stored: str, german: str) -> None:
    with speaking("de"):
        assert german in said(stored)
    assert said(stored) == stored


@pytest.mark.parametrize("stored", ["", "Zyx wvu 7.", "She likes 3 of 4 cats", "x " * 2000])
def test_what_no_catalogue_knows_stays_as_it_is(stored: str) -> None:
    with speaking("de"):
        assert said(stored) == stored


def test_of_two_messages_that_fit_the_one_that_says_more_is_taken() -> None:
    known = Messages(["%(what)s was found again", "The photo of %(name)s was found again", "%(a)s of %(b)s"])
    found = known.recognise("The photo of Maya was found again")
    assert found is not None and found.values == {"name": "Maya"}
    assert known.recognise("2 of 3") is None  # says too little itself


def test_a_timeline_is_read_in_german_from_the_first_line_to_the_reason(studio: StandInStudio) -> None:
    studio.image.failing.add("anime")
    character_id = studio.character()
    with speaking("de"):
        page = character_page(studio.services, character_id)
    lines = [moment.message for run in page.timeline for moment in run.moments]
    for line in ("Verlangt: Aquarell, Anime", "Aquarell zeichnen", "Neues Bild: Aquarell"):
        assert line in lines
    assert page.sentence.startswith("1 von 2 Stilen")
    with studio.services.record.reading() as session:  # the record itself keeps one language
        kept = characters.get(session, character_id).status_sentence
    assert kept is not None and kept.startswith("1 of 2 styles is drawn.")
