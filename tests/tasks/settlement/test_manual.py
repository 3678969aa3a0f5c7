"""What a person settles by hand is counted as said, and the work goes on only if the person lets it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.models import CallKind, ProviderCall
from db.repositories import calls
from tasks.describe_photo import describe_photo
from tasks.errors import CallFailed, OutcomeUnknown
from tasks.runtime import Runtime
from tasks.settlement.manual import Decision, settle_by_hand
from tests.support.providers import BookkeepingVision
from tests.support.runtimes import new_character, open_runtime


@pytest.fixture
def runtime(tmp_path: Path, migrated_record: Path) -> Iterator[Runtime]:
    """A runtime whose first look at a photo is never answered."""
    with open_runtime(tmp_path, migrated_record) as runtime:
        assert isinstance(runtime.vision, BookkeepingVision)

        def lose_the_first(count: int) -> None:
            if count == 1:
                raise OutcomeUnknown("No answer.")

        runtime.vision.misbehave = lose_the_first
        yield runtime


@pytest.fixture
def character_id(runtime: Runtime) -> str:
    made = new_character(runtime)
    with pytest.raises(OutcomeUnknown):
        describe_photo(runtime, made)
    return made


def the_look(runtime: Runtime, character_id: str) -> ProviderCall:
    with runtime.record.reading() as session:
        (look,) = [each for each in calls.of_character(session, character_id) if each.kind is CallKind.VISION]
        return look


def looked(runtime: Runtime) -> int:
    assert isinstance(runtime.vision, BookkeepingVision)
    return runtime.vision.looked.total()


@pytest.mark.parametrize(("decision", "counted"), [(Decision.BILLED, 2_000), (Decision.NOT_BILLED, 0)])
def test_the_look_is_taken_once_more_and_the_bill_holds_both(
    runtime: Runtime, character_id: str, decision: Decision, counted: int
) -> None:
    settle_by_hand(runtime, the_look(runtime, character_id).id, decision, actor="ada")
    describe_photo(runtime, character_id)
    with runtime.record.reading() as session:
        assert calls.spent_microusd(session, character_id=character_id) == counted + 1_500
    assert looked(runtime) == 2


def test_a_look_that_was_given_up_is_not_taken_again_until_a_person_lets_it_be(
    runtime: Runtime, character_id: str
) -> None:
    call_id = the_look(runtime, character_id).id
    settle_by_hand(runtime, call_id, Decision.GIVEN_UP, actor="ada")
    with pytest.raises(CallFailed, match="on the Costs page"):
        describe_photo(runtime, character_id)
    assert looked(runtime) == 1
    settle_by_hand(runtime, call_id, Decision.BILLED, actor="ada")
    describe_photo(runtime, character_id)
    assert looked(runtime) == 2
