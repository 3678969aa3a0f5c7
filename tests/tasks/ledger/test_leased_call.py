"""A leased call: no answer is lost to a database that blinks, a freeze, or the rate limit's row."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db.engine import Session
from db.errors import RecordAway
from db.models import CallKind, CallState, ProviderCall
from db.repositories import calls, clock
from tasks.describe_photo import describe_photo
from tasks.errors import CallBusy, CallFailed, LeaseLost, OutcomeUnknown, OutputLost, OverBudget, Refused
from tasks.housekeeping.cleanup import settle_dead_calls
from tasks.illustrate import illustrate
from tasks.ledger import claim, image_call, leased_call
from tasks.ledger.budget import spending_today
from tasks.ledger.late_result import settle_late_result
from tasks.ledger.leased_call import LeasedCall
from tasks.photo.stored import stored_photo
from tasks.providers.protocols import Photo, VisionAnswer, nothing_to_check
from tasks.runtime import Runtime, spending_only_while
from tasks.trial_call import try_vision
from tasks.write_prompt import PictureWork
from tests.support.providers import BookkeepingImage, BookkeepingVision
from tests.support.runtimes import new_character, new_work, open_runtime


@pytest.fixture
def runtime(tmp_path: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    monkeypatch.setattr(leased_call, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(claim, "BUSY_POLL_SECONDS", 0.01)
    with open_runtime(tmp_path, migrated_record) as runtime:
        yield runtime


@pytest.fixture
def work(runtime: Runtime) -> PictureWork:
    return new_work(runtime)


def brush(runtime: Runtime) -> BookkeepingImage:
    assert isinstance(runtime.image, BookkeepingImage)
    return runtime.image


def the_call(runtime: Runtime, work: PictureWork) -> ProviderCall:
    with runtime.record.reading() as session:
        call = calls.by_work_key(session, work.work_key)
        assert call is not None
        return call


def given_up(runtime: Runtime, work: PictureWork) -> None:
    """What housekeeping does with a call whose worker has shown no sign of life for a lease."""
    with runtime.record.writing() as session:
        call = calls.by_work_key(session, work.work_key)
        assert call is not None
        call.lease_expires_at = call.created_at
    assert settle_dead_calls(runtime) == 1


@contextmanager
def away_after(
    monkeypatch: pytest.MonkeyPatch, runtime: Runtime, to: CallState, *, times: int, written: bool
) -> Iterator[None]:
    """The database answers no more when the call goes to `to`: before it was `written`, or after."""
    advance = calls.advance
    left = [times]

    def unlucky(session: Session, **named: Any) -> ProviderCall:
        if named["to"] is not to or not left[0]:
            return advance(session, **named)
        left[0] -= 1
        if written:
            advance(session, **named)
            session.commit()
        raise RecordAway("The database is away.")

    with monkeypatch.context() as patch:
        patch.setattr(calls, "advance", unlucky)
        yield
    assert left[0] == 0


@pytest.mark.parametrize("to", [CallState.SENDING, CallState.ACCEPTED, CallState.DELIVERED, CallState.STORED])
@pytest.mark.parametrize("written", [False, True])
def test_a_database_that_blinks_loses_no_answer(
    runtime: Runtime, work: PictureWork, monkeypatch: pytest.MonkeyPatch, to: CallState, written: bool
) -> None:
    with away_after(monkeypatch, runtime, to, times=1 if written else 3, written=written):
        asset_id = illustrate(runtime, work)
    assert (the_call(runtime, work).state, the_call(runtime, work).asset_id) == (CallState.STORED, asset_id)
    assert brush(runtime).billed.total() == 1


def test_a_database_that_stays_away_is_said_in_the_end(
    runtime: Runtime, work: PictureWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried = replace(runtime, lease_seconds=1)
    monkeypatch.setattr(leased_call, "RETRY_SECONDS", 0.3)
    monkeypatch.setattr(calls, "advance", lambda *_all, **_named: (_ for _ in ()).throw(RecordAway("Away.")))
    with pytest.raises(RecordAway):
        illustrate(hurried, work)
    assert brush(runtime).billed.total() == 0


def test_an_outcome_that_can_not_be_recorded_costs_no_answer(
    runtime: Runtime, work: PictureWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_all: object) -> None:
        raise RecordAway("Away.")

    monkeypatch.setattr(leased_call, "record_outcome", away)
    illustrate(runtime, work)
    assert the_call(runtime, work).state is CallState.STORED


def test_the_answer_of_a_worker_that_was_given_up_settles_its_call(
    runtime: Runtime, work: PictureWork
) -> None:
    brush(runtime).after_billing = lambda _style: given_up(runtime, work)
    illustrate(runtime, work)
    assert the_call(runtime, work).state is CallState.STORED
    assert brush(runtime).billed.total() == 1


def test_so_does_a_vision_call_that_was_given_up(runtime: Runtime) -> None:
    character_id = new_character(runtime)
    assert isinstance(runtime.vision, BookkeepingVision)

    def frozen(_count: int) -> None:
        with runtime.record.writing() as session:
            (call,) = calls.of_character(session, character_id)
            call.lease_expires_at = call.created_at
        settle_dead_calls(runtime)

    runtime.vision.misbehave = frozen
    assert describe_photo(runtime, character_id)
    assert runtime.vision.looked.total() == 1


def test_one_who_hears_nothing_after_it_was_given_up_says_so_and_no_more(
    runtime: Runtime, work: PictureWork
) -> None:
    def lost(_style: str) -> None:
        given_up(runtime, work)
        raise OutcomeUnknown("No answer.")

    brush(runtime).after_billing = lost
    with pytest.raises(OutcomeUnknown):
        illustrate(runtime, work)
    assert the_call(runtime, work).state is CallState.UNKNOWN


def test_a_refusal_that_comes_after_it_was_given_up_is_on_record(runtime: Runtime, work: PictureWork) -> None:
    def refused(_style: str) -> None:
        given_up(runtime, work)
        raise Refused("The provider refused it.", charged_microusd=0)

    brush(runtime).after_billing = refused
    with pytest.raises(Refused):
        illustrate(runtime, work)
    call = the_call(runtime, work)
    assert (call.state, call.actual_microusd) == (CallState.REFUSED, 0)


def test_a_worker_frozen_before_its_request_leaves_sends_nothing(runtime: Runtime, work: PictureWork) -> None:
    brush(runtime).before_billing = lambda _style: given_up(runtime, work)
    with pytest.raises(LeaseLost):
        illustrate(runtime, work)
    assert brush(runtime).billed.total() == 0
    assert the_call(runtime, work).state is CallState.UNKNOWN


def test_a_run_that_was_ended_while_its_request_was_prepared_sends_nothing(
    runtime: Runtime, work: PictureWork
) -> None:
    ours = [True]
    brush(runtime).before_billing = lambda _style: ours.clear()
    with pytest.raises(LeaseLost, match="ended elsewhere"):
        illustrate(replace(runtime, may_spend=lambda: bool(ours)), work)
    assert brush(runtime).billed.total() == 0
    call = the_call(runtime, work)
    assert (call.state, call.actual_microusd) == (CallState.FAILED, 0)


@pytest.mark.parametrize("ended", ["batch", "run"])
def test_in_a_batch_a_picture_is_bought_while_both_the_batch_and_the_run_go_on(
    runtime: Runtime, work: PictureWork, ended: str
) -> None:
    going_on = {"batch", "run"}
    with spending_only_while(lambda: "batch" in going_on), spending_only_while(lambda: "run" in going_on):
        going_on.remove(ended)
        with pytest.raises(LeaseLost, match="ended elsewhere"):
            illustrate(runtime, work)
        assert brush(runtime).billed.total() == 0
        going_on.add(ended)
        illustrate(runtime, work)
    assert brush(runtime).billed.total() == 1


@pytest.mark.parametrize("trial", [False, True])
def test_a_run_that_was_ended_while_its_look_was_prepared_sends_nothing(
    runtime: Runtime, trial: bool
) -> None:
    character_id = new_character(runtime)
    ours = [True]

    class Slow(BookkeepingVision):
        def describe(
            self, photo: Photo, call_id: str = "", last_check: Callable[[], None] = nothing_to_check
        ) -> VisionAnswer:
            ours.clear()
            return super().describe(photo, call_id, last_check)

    vision = Slow()
    slow = replace(runtime, vision=vision, may_spend=lambda: bool(ours))
    with pytest.raises(LeaseLost, match="ended elsewhere"):
        if trial:
            try_vision(slow, stored_photo(runtime, character_id))
        else:
            describe_photo(slow, character_id)
    assert vision.looked.total() == 0


def test_a_run_that_was_ended_before_takes_no_rate_slot_and_leaves_the_work_to_others(
    runtime: Runtime, work: PictureWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(leased_call, "acquire_slot", lambda *_all, **_named: taken.append("a slot"))
        with pytest.raises(LeaseLost, match="ended elsewhere"):
            illustrate(replace(runtime, may_spend=lambda: False), work)
    assert taken == []
    assert the_call(runtime, work).state is CallState.CLAIMED
    illustrate(replace(runtime, owner="another worker"), work)  # at once: nobody holds it
    assert brush(runtime).billed.total() == 1


def test_over_budget_takes_no_rate_slot(
    runtime: Runtime, work: PictureWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    monkeypatch.setattr(leased_call, "acquire_slot", lambda *_all, **_named: taken.append("a slot"))
    with pytest.raises(OverBudget):
        illustrate(replace(runtime, daily_budget_microusd=1), work)
    assert taken == []


def test_of_two_that_reach_for_the_last_cents_at_once_one_is_refused(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have found room when they looked ahead; what is weighed as they leave decides."""
    both = [new_work(runtime, style) for style in ("flat", "anime")]
    ready = threading.Barrier(2)
    monkeypatch.setattr(leased_call, "acquire_slot", lambda *_all, **_named: ready.wait(60))
    with runtime.record.reading() as session:
        used = spending_today(session).total_microusd
    runtime = replace(runtime, daily_budget_microusd=used + 39_000)  # room for one picture

    def draw(work: PictureWork) -> str:
        try:
            return illustrate(runtime, work)
        except OverBudget as error:
            return error.code

    with ThreadPoolExecutor(2) as racers:
        assert list(racers.map(draw, both)).count("over_budget") == 1
    assert brush(runtime).billed.total() == 1


def test_what_the_budget_is_checked_for_is_reserved_with_it(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another call takes the last cents when this one is about to leave: nothing comes between the check and
    the reservation.
    """
    runtime = replace(runtime, daily_budget_microusd=39_000)  # room for one picture
    first, second = (leased(runtime, work_key=letter * 64) for letter in "ab")
    move = LeasedCall.move

    def interrupted(call: LeasedCall, to: CallState, **more: Any) -> None:
        if call is first and to is CallState.SENDING:
            second.mark_sending()
        move(call, to, **more)

    monkeypatch.setattr(LeasedCall, "move", interrupted)
    with pytest.raises(OverBudget):
        first.mark_sending()
    with runtime.record.reading() as session:
        assert spending_today(session).total_microusd == 39_000
        assert [calls.get(session, each.id).state for each in (first, second)] == [
            CallState.CLAIMED,
            CallState.SENDING,
        ]


def leased(runtime: Runtime, *, work_key: str) -> LeasedCall:
    """A call for an image of 39,000 micro-dollars, just claimed."""
    image = runtime.image
    call = claim.claim_work(
        runtime, claim.Work(work_key, CallKind.IMAGE, image.name, image.model, True, estimate_microusd=39_000)
    )
    assert isinstance(call, LeasedCall)
    return call


def test_what_was_delivered_keeps_its_price_however_it_ends(
    runtime: Runtime, work: PictureWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_picture(*_: object, **__: object) -> None:
        raise CallFailed("What came is no picture.")

    monkeypatch.setattr(image_call, "persist_output", no_picture)
    with pytest.raises(CallFailed):
        illustrate(runtime, work)
    call = the_call(runtime, work)
    assert (call.state, call.actual_microusd) == (CallState.FAILED, 39_000)


def test_the_late_result_of_an_earlier_attempt_is_not_taken_for_that_of_a_later_one(runtime: Runtime) -> None:
    """Both attempts were closed as never arrived, and then the first turns out to have been accepted."""
    for _ in range(2):
        call = leased(runtime, work_key="a" * 64)
        call.mark_sending()
        call.move(CallState.UNKNOWN)
        with runtime.record.writing() as session:
            calls.settle(
                session,
                call_id=call.id,
                to=CallState.FAILED,
                actual_microusd=0,
                error_code=calls.NEVER_ARRIVED,
            )
    with runtime.record.writing() as session:
        fence = settle_late_result(
            session,
            call_id=call.id,
            to=CallState.ACCEPTED,
            attempt=1,
            columns={"provider_id": "prediction-1"},
        )
    assert fence is None
    with runtime.record.reading() as session:
        later = calls.get(session, call.id)
        earlier = calls.by_provider_id(session, later.provider, "prediction-1")
    assert (later.state, later.attempts) == (CallState.FAILED, 2)
    assert earlier is not None and earlier.attempt_of == later.id


def test_how_an_earlier_attempt_failed_says_nothing_of_a_later_one(runtime: Runtime) -> None:
    """The first was closed as never arrived, the second is possibly paid, and then the first is refused."""
    attempts: list[LeasedCall] = []
    for _ in range(2):
        attempts.append(leased(runtime, work_key="a" * 64))
        attempts[-1].mark_sending()
        if len(attempts) == 2:
            break
        with runtime.record.writing() as session:
            calls.get(session, attempts[0].id).lease_expires_at = clock.steady(session) - timedelta(hours=1)
        assert settle_dead_calls(runtime) == 1
        with runtime.record.writing() as session:
            calls.settle(
                session,
                call_id=attempts[0].id,
                to=CallState.FAILED,
                actual_microusd=0,
                error_code=calls.NEVER_ARRIVED,
            )
    first, second = attempts
    second.move(CallState.UNKNOWN)
    with pytest.raises(LeaseLost):
        first.move(CallState.REFUSED, actual_microusd=0)
    with runtime.record.reading() as session:
        assert calls.get(session, second.id).state is CallState.UNKNOWN
        assert calls.reserved_microusd(session) == 39_000


def test_a_picture_that_was_paid_for_and_lost_is_not_bought_again_by_itself(
    runtime: Runtime, work: PictureWork
) -> None:
    def gone(_style: str) -> None:
        raise OutputLost("Its address has expired.", charged_microusd=39_000)

    brush(runtime).on_collect = gone
    for _ in range(2):
        with pytest.raises(OutputLost):
            illustrate(runtime, work)
    assert brush(runtime).billed.total() == 1


def test_who_asks_for_work_that_another_has_gets_its_result(runtime: Runtime, work: PictureWork) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(_style: str) -> None:
        begun.set()
        go.wait(120)

    brush(runtime).before_billing = slow
    results: list[str] = []
    first = threading.Thread(target=lambda: results.append(illustrate(runtime, work)))
    first.start()
    assert begun.wait(120)
    with pytest.raises(CallBusy):
        illustrate(runtime, work)
    patient = replace(runtime, busy_patience_seconds=30.0)
    second = threading.Thread(target=lambda: results.append(illustrate(patient, work)))
    second.start()
    go.set()
    first.join(120)
    second.join(120)
    assert len(results) == 2 and results[0] == results[1]
    assert brush(runtime).billed.total() == 1
