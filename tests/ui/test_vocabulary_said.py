"""Words of the sheet that are put together, in the reader's language."""

import pytest

from ui.i18n import speaking
from ui.views.phrases import phrase_words, trait_words


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("orange and black", "orange und schwarz"),
        ("black", "schwarz"),
        ("what a person wrote", "what a person wrote"),
    ],
)
def test_a_trait_of_two_words_is_said_in_german(english: str, german: str) -> None:
    assert trait_words(english) == english
    with speaking("de"):
        assert trait_words(english) == german


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("short wavy very dark brown hair", "Haar: kurz, wellig, sehr dunkles Braun"),
        ("orange and black clothes", "Kleidung: orange und schwarz"),
        ("glasses", "Brille"),
        (
            "orange and black striped crew-neck T-shirt with short sleeves",
            "T-Shirt: orange und schwarz, gestreift, Rundhals, kurze Ärmel",
        ),
        ("sleeveless dark red dress with an open collar", "Kleid: ärmellos, dunkelrot, offener Kragen"),
        ("blue clothes with a V-neck and long sleeves", "Kleidung: blau, V-Ausschnitt, lange Ärmel"),
        ("red dress with a blue bow", "red dress with a blue bow"),
        ("the scar on her left hand", "the scar on her left hand"),
        ("hair", "hair"),
    ],
)
def test_what_must_not_change_is_said_in_german_where_every_word_is_known(english: str, german: str) -> None:
    assert phrase_words(english) == english
    with speaking("de"):
        assert phrase_words(english) == german
