"""A character that waits for a lost request tells what became of it, as soon as that is known."""

import pytest

from db.models import CharacterStatus, ProviderCall
from db.repositories import calls
from tasks.errors import OutcomeUnknown
from tasks.providers.request_history import ProviderOutcome, ProviderRecord
from tasks.settlement.manual import Decision, settle_by_hand
from tasks.settlement.reconcile import settle_by_provider_record
from tests.support.studio import StandInStudio
from tests.ui.test_another_again import Shop, runtime, started
from ui.handlers.detail import character_page, try_again
from ui.views.detail import CharacterPage, banner_html
from ui.views.runs import run_html

__all__ = ["runtime"]


def lose(_style: str) -> None:
    raise OutcomeUnknown("No answer came.")


def lost(runtime: Shop) -> list[ProviderCall]:
    with runtime.runtime.record.reading() as session:
        return calls.unknown(session)


@pytest.fixture
def character_id(studio: StandInStudio, runtime: Shop) -> str:
    """Of a character whose two pictures left, and were not answered."""
    runtime.image.after_billing = lose
    made = started(runtime, studio, "anime", "flat")
    runtime.image.after_billing = lambda _style: None
    return made


def page(runtime: Shop, character_id: str) -> CharacterPage:
    return character_page(runtime.services, character_id)


def test_while_one_request_is_lost_the_page_says_so(runtime: Shop, character_id: str) -> None:
    first, _second = lost(runtime)
    settle_by_hand(runtime.runtime, first.id, Decision.NOT_BILLED, actor="operator")
    shown = page(runtime, character_id)
    assert not shown.settled
    assert "$0.039 is reserved for it" in shown.sentence


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision.NOT_BILLED, "Nothing counts as spent, and the picture may be asked for again."),
        (Decision.BILLED, "$0.039 counts as spent, and the picture may be bought again."),
        (Decision.GIVEN_UP, "$0.039 stays on the bill, and the picture is given up."),
    ],
)
def test_what_a_person_has_decided_is_told(
    runtime: Shop, character_id: str, decision: Decision, said: str
) -> None:
    for call in lost(runtime):
        settle_by_hand(runtime.runtime, call.id, decision, actor="operator")
    shown = page(runtime, character_id)
    assert shown.settled and shown.status is CharacterStatus.NEEDS_ATTENTION
    assert shown.sentence.count(said) == 1
    assert "reserved" not in shown.sentence
    assert ("goes on with the rest" in shown.sentence) is (decision is Decision.GIVEN_UP)
    assert "The lost request is settled" in banner_html(shown)
    assert said in run_html(shown.run)


def test_what_evidence_has_found_is_told_until_someone_tries_again(runtime: Shop, character_id: str) -> None:
    for call in lost(runtime):
        found = ProviderRecord(f"prediction-{call.id}-1", ProviderOutcome.ALIVE, call_id=call.id)
        assert settle_by_provider_record(runtime.runtime, call.id, found)
    shown = page(runtime, character_id)
    assert shown.settled
    assert "the provider has it, and its picture is being fetched" in shown.sentence
    try_again(runtime.services, character_id)
    shown = page(runtime, character_id)
    assert (shown.status, shown.settled, shown.sentence) == (CharacterStatus.READY, False, "")
    assert runtime.image.billed.total() == 2


def test_a_request_that_another_character_with_the_same_photo_lost_is_looked_at_too(
    studio: StandInStudio, runtime: Shop, character_id: str
) -> None:
    twin = started(runtime, studio, "anime", "flat")
    assert page(runtime, twin).status is CharacterStatus.NEEDS_ATTENTION
    assert not page(runtime, twin).settled
    for call in lost(runtime):
        settle_by_hand(runtime.runtime, call.id, Decision.NOT_BILLED, actor="operator")
    assert page(runtime, twin).sentence == "The lost request is settled. Try again goes on from there."
