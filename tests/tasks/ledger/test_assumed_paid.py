"""A lost look that is too cheap for a person: booked as paid, taken again, a number of times, and told."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from db.models import CallState, ProviderCall
from db.repositories import call_sums, calls, clock, events
from tasks.describe_photo import describe_photo
from tasks.errors import OutcomeUnknown, OverBudget
from tasks.housekeeping.cleanup import settle_dead_calls
from tasks.illustrate import illustrate
from tasks.ledger.assumed_paid import assume_lost_vision_calls
from tasks.process_identity import this_process
from tasks.providers.protocols import Photo, VisionAnswer, nothing_to_check
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingImage, BookkeepingVision
from tests.support.runtimes import new_character, new_work, open_runtime

LOOK = 2_000  # what a look is estimated at; it costs 1,500


@pytest.fixture
def runtime(tmp_path: Path, migrated_record: Path) -> Iterator[Runtime]:
    with open_runtime(tmp_path, migrated_record) as runtime:
        yield replace(runtime, assume_paid_below_microusd=LOOK + 1)


@pytest.fixture
def character_id(runtime: Runtime) -> str:
    return new_character(runtime)


def eyes(runtime: Runtime) -> BookkeepingVision:
    assert isinstance(runtime.vision, BookkeepingVision)
    return runtime.vision


def lose(runtime: Runtime, *numbers: int) -> None:
    """The answers to these requests, counted from 1, are lost."""

    def lost(count: int) -> None:
        if count in numbers:
            raise OutcomeUnknown("No answer came.")

    eyes(runtime).misbehave = lost


def made(runtime: Runtime, character_id: str) -> list[ProviderCall]:
    with runtime.record.reading() as session:
        return calls.of_character(session, character_id)


def test_it_is_booked_and_taken_again_within_the_same_run(runtime: Runtime, character_id: str) -> None:
    lose(runtime, 1)
    assert describe_photo(runtime, character_id)
    assert eyes(runtime).looked.total() == 2
    booked = {(call.error_code, call.actual_microusd, call.state) for call in made(runtime, character_id)}
    assert booked == {("assumed_paid", LOOK, CallState.FAILED), (None, 1_500, CallState.RECORDED)}
    with runtime.record.reading() as session:
        assert calls.spent_microusd(session) == LOOK + 1_500
        listed = [each.error_sentence for each in call_sums.every(session) if each.error_code]
        told = [each.message for each in events.timeline(session, character_id)]
    assert listed == [
        "No answer came: assumed paid at $0.002, the most it can have cost, and asked for again."
    ]
    assert "A look at the photo got no answer. It is assumed paid ($0.002) and is taken again." in told


def test_one_that_can_cost_as_much_as_the_limit_waits_for_a_person(
    runtime: Runtime, character_id: str
) -> None:
    lose(runtime, 1)
    with pytest.raises(OutcomeUnknown):
        describe_photo(replace(runtime, assume_paid_below_microusd=LOOK), character_id)
    assert [call.state for call in made(runtime, character_id)] == [CallState.UNKNOWN]


def test_a_day_has_room_for_so_many(runtime: Runtime, character_id: str) -> None:
    lose(runtime, 1, 2, 3)
    with pytest.raises(OutcomeUnknown):
        describe_photo(replace(runtime, assume_paid_per_day=1), character_id)
    assert eyes(runtime).looked.total() == 2
    assert assume_lost_vision_calls(replace(runtime, assume_paid_per_day=1)) == []
    assert assume_lost_vision_calls(replace(runtime, assume_paid_per_day=2)) == [character_id]


def test_a_provider_that_never_answers_is_not_asked_for_ever(runtime: Runtime, character_id: str) -> None:
    lose(runtime, *range(1, 100))
    with pytest.raises(OutcomeUnknown):
        describe_photo(runtime, character_id)
    assert eyes(runtime).looked.total() == 4
    with pytest.raises(OutcomeUnknown):
        describe_photo(runtime, character_id)
    assert eyes(runtime).looked.total() == 4
    assert assume_lost_vision_calls(runtime) == []  # nor is its run started again


def test_the_budget_holds(runtime: Runtime, character_id: str) -> None:
    lose(runtime, 1)
    with pytest.raises(OverBudget):
        describe_photo(replace(runtime, daily_budget_microusd=LOOK + 1_999), character_id)
    assert eyes(runtime).looked.total() == 1


def test_a_picture_is_never_assumed_paid(runtime: Runtime) -> None:
    work = new_work(runtime)
    assert isinstance(runtime.image, BookkeepingImage)

    def lost(_style: str) -> None:
        raise OutcomeUnknown("No answer came.")

    runtime.image.after_billing = lost
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            illustrate(replace(runtime, assume_paid_below_microusd=1_000_000), work)
    assert runtime.image.billed.total() == 1
    assert assume_lost_vision_calls(replace(runtime, assume_paid_below_microusd=1_000_000)) == []


@pytest.mark.parametrize(
    ("sender", "due", "booked"),
    [
        ("another-machine:1:1", 600, False),
        ("another-machine:1:1", -60, False),  # a lease more
        ("another-machine:1:1", -600, True),
        ("", -600, False),  # this very process
    ],
)
def test_not_while_somebody_may_still_be_waiting_for_the_answer(
    runtime: Runtime, character_id: str, sender: str, due: int, booked: bool
) -> None:
    lose(runtime, 1)
    with pytest.raises(OutcomeUnknown):
        describe_photo(replace(runtime, assume_paid_below_microusd=0), character_id)
    (call,) = made(runtime, character_id)
    with runtime.record.writing() as session:
        row = calls.get(session, call.id)
        row.sent_by = sender or this_process()
        row.answer_due_at = clock.steady(session) + timedelta(seconds=due)
    assert assume_lost_vision_calls(runtime) == ([character_id] if booked else [])


def test_the_answer_is_waited_for_of_one_who_died_before_saying_that_it_sends(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dying(BookkeepingVision):
        def describe(
            self, photo: Photo, call_id: str = "", last_check: Callable[[], None] = nothing_to_check
        ) -> VisionAnswer:
            raise KeyboardInterrupt

    dying = Dying(answer_seconds=1_000)
    with pytest.raises(KeyboardInterrupt):
        describe_photo(replace(runtime, vision=dying, owner="another-machine:1:1"), character_id)
    measured, gone = clock.since_boot, timedelta(seconds=900)
    monkeypatch.setattr(clock, "since_boot", lambda session: measured(session) + gone)
    assert settle_dead_calls(runtime) == 1
    assert assume_lost_vision_calls(runtime) == []
    gone = timedelta(seconds=1_000 + runtime.lease_seconds + 60)
    assert assume_lost_vision_calls(runtime) == [character_id]


def test_the_answer_that_comes_after_all_is_worth_more(runtime: Runtime, character_id: str) -> None:
    def frozen(count: int) -> None:
        if count > 1:
            return
        with runtime.record.writing() as session:
            (call,) = calls.of_character(session, character_id)
            call.lease_expires_at = call.created_at
            call.sent_by = "a-dead-process"
            call.answer_due_at = call.created_at - timedelta(minutes=10)
            calls.mark_unknown_if_dead(session, call_id=call.id)
        assert assume_lost_vision_calls(runtime) == [character_id]

    eyes(runtime).misbehave = frozen
    assert describe_photo(runtime, character_id)
    assert eyes(runtime).looked.total() == 1
    (call,) = made(runtime, character_id)
    assert (call.state, call.actual_microusd) == (CallState.RECORDED, 1_500)
