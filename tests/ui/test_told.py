"""What the floors say when something goes wrong, in the language of whoever reads it."""

import pickle

import pytest

from db.told import one_after_the_other, told
from tasks.errors import StorykinError, UsageError
from ui.error_sentences import GAP, said_sentences
from ui.i18n import SOURCE, _, catalogue, languages, speaking
from ui.routes.problem import problem

OTHERS = [code for code in languages() if code != SOURCE]


def test_a_sentence_is_said_with_its_values_in_german() -> None:
    error = UsageError(told("Use at most %(most_tags)s tags.", most_tags=12), code="bad_tags")
    assert error.sentence == str(error) == "Use at most 12 tags."
    with speaking("de"):
        assert _(error.sentence) == "Verwenden Sie höchstens 12 Schlagwörter."
        body = bytes(problem(422, error.code, error.sentence).body).decode()
    assert "höchstens 12 Schlagwörter" in body and '"bad_tags"' in body


def test_sentences_within_sentences_are_translated_too() -> None:
    inner = told("it is rejected")
    whole = told(
        "Someone else has decided meanwhile: %(now)s. That stands, and nothing was changed. Look again.",
        now=inner,
    )
    with speaking("de"):
        assert "entschieden: es ist abgelehnt." in _(whole)


def test_what_is_added_to_an_error_is_said_for_itself() -> None:
    error = StorykinError("The picture is not here yet.", code="x")
    error.add("There is no such picture.")
    error.add("")
    assert error.sentence == "The picture is not here yet. There is no such picture."
    with speaking("de"):
        assert _(error.sentence) == "Das Bild ist noch nicht da. Dieses Bild gibt es nicht."


def test_an_error_keeps_its_values_between_processes() -> None:
    error = pickle.loads(pickle.dumps(UsageError(told("Use at most %(most_tags)s tags.", most_tags=3))))
    with speaking("de"):
        assert _(error.sentence) == "Verwenden Sie höchstens 3 Schlagwörter."


def test_a_percent_sign_is_only_that() -> None:
    assert _(one_after_the_other("It is 50 % done.", "So.")) == "It is 50 % done. So."
    assert told("%(share)s of it", share="50 %") == "50 % of it"


def test_every_value_of_a_sentence_has_a_name() -> None:
    """Else no catalogue can hold it: `told("… %(name)s …", name=…)` instead of an f-string."""
    sentences = said_sentences()
    assert len(sentences) > 250
    assert [each for each in sentences if GAP in each.message] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_in_the_catalogue(language: str) -> None:
    """`python -m ui.messages` puts it there."""
    known = {entry.id for entry in catalogue(language) if entry.string}
    assert [each for each in said_sentences() if each.message not in known] == []
