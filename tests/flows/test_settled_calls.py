"""A character whose request was lost goes on by itself once that is settled: nobody has to press anything."""

from dataclasses import replace

import pytest

from db.ids import new_id
from db.lifecycle import move
from db.models import BatchItemState, BatchState, CallState, CharacterStatus
from db.repositories import batches, calls, characters, images
from flows.batch_work import Worked, draw_character, work_on
from flows.character_run import run_character
from flows.request_run import request_run
from flows.run_request import RunRequest
from flows.settled_calls import resume_after_settlement
from tasks.batch import control
from tasks.batch.endings import close_batch
from tasks.batch.lease import let_go
from tasks.batch.plan import open_batch, pending_by_character, start_batch
from tasks.consent.record import withdraw_consent
from tasks.erasure.holds import place_hold
from tasks.errors import OutcomeUnknown
from tasks.pipeline import untracked
from tasks.runtime import Runtime, spending_only_while
from tasks.settlement.manual import Decision, settle_by_hand
from tasks.settlement.reconcile import settle_unknown_calls
from tasks.storage.persist_output import picture_key
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture
from tests.support.runtimes import order_pictures


async def lost(runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose look got no answer, on a day that had no room for another."""

    def no_answer(_count: int) -> None:
        raise OutcomeUnknown("No answer came.")

    assert isinstance(runtime.vision, BookkeepingVision)
    runtime.vision.misbehave = no_answer
    order = request_run(runtime, character_id, ["flat", "anime"])
    await run_character(order, untracked, runtime)
    runtime.vision.misbehave = lambda _count: None
    assert status(runtime, character_id) is CharacterStatus.NEEDS_ATTENTION


def status(runtime: Runtime, character_id: str) -> CharacterStatus:
    with runtime.record.reading() as session:
        return characters.get(session, character_id).status


async def test_it_is_asked_for_again_as_it_was_asked_for(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lost(runtime, character_id, monkeypatch)
    handed: list[RunRequest] = []

    def submit(character: str, styles: list[str], run_token: str, *, another: bool) -> str:
        handed.append(RunRequest(character, tuple(styles), run_token, another))
        return new_id()

    assert resume_after_settlement(runtime, submit) == 0  # every lost look is a person's
    lenient = replace(runtime, assume_paid_below_microusd=10_000)
    assert resume_after_settlement(lenient, submit) == 1
    assert resume_after_settlement(lenient, submit) == 0, "it is on its way"
    (order,) = handed
    assert (order.character_id, order.styles, order.another) == (character_id, ("anime", "flat"), False)
    await run_character(order, untracked, lenient)
    assert status(runtime, character_id) is CharacterStatus.READY
    with runtime.record.reading() as session:
        made = calls.of_character(session, character_id)
    assert sorted((call.kind.value, call.state.value) for call in made) == [
        ("image", CallState.RECORDED.value),
        ("image", CallState.RECORDED.value),
        ("vision", CallState.FAILED.value),
        ("vision", CallState.RECORDED.value),
    ]


def no_answer_for(runtime: Runtime, style: str) -> BookkeepingImage:
    """The provider's picture of that style is asked for and no answer comes; it was never bought."""
    assert isinstance(runtime.image, BookkeepingImage)

    def fail(asked: str) -> None:
        if asked == style:
            raise OutcomeUnknown("No answer came.")

    runtime.image.before_billing = fail
    return runtime.image


def lost_call(runtime: Runtime, character_id: str) -> str:
    with runtime.record.reading() as session:
        (call,) = [
            each for each in calls.of_character(session, character_id) if each.state is CallState.UNKNOWN
        ]
    return call.id


def books_say_never_arrived(runtime: Runtime, call_id: str) -> None:
    with runtime.record.writing() as session:
        calls.settle(
            session,
            call_id=call_id,
            to=CallState.FAILED,
            actual_microusd=0,
            error_code=calls.NEVER_ARRIVED,
            error_sentence="Nothing was bought.",
        )


async def test_a_picture_that_was_never_bought_is_asked_for_again_and_no_other(
    runtime: Runtime, character_id: str
) -> None:
    book = no_answer_for(runtime, "anime")
    await run_character(request_run(runtime, character_id, ["flat", "anime"]), untracked, runtime)
    handed: list[RunRequest] = []

    def submit(character: str, styles: list[str], run_token: str, *, another: bool) -> str:
        handed.append(RunRequest(character, tuple(styles), run_token, another))
        return new_id()

    assert resume_after_settlement(runtime, submit) == 0, "nothing is known of it yet"
    books_say_never_arrived(runtime, lost_call(runtime, character_id))
    book.before_billing = lambda _style: None
    assert resume_after_settlement(runtime, submit) == 1
    assert resume_after_settlement(runtime, submit) == 0, "it is on its way"
    await run_character(handed[0], untracked, runtime)
    assert status(runtime, character_id) is CharacterStatus.READY
    assert sorted(book.billed.values()) == [1, 1]


async def test_a_picture_that_lay_in_the_store_is_shown_at_no_cost(
    runtime: Runtime, character_id: str
) -> None:
    book = no_answer_for(runtime, "anime")
    await run_character(request_run(runtime, character_id, ["flat", "anime"]), untracked, runtime)
    call_id = lost_call(runtime, character_id)
    with runtime.record.reading() as session:
        work_key = calls.get(session, call_id).work_key
    runtime.store.put(picture_key(work_key, "png"), a_picture((9, 9, 9)), "image/png")
    assert [each.by for each in settle_unknown_calls(runtime)] == ["store"]
    handed: list[RunRequest] = []

    def submit(character: str, styles: list[str], run_token: str, *, another: bool) -> str:
        handed.append(RunRequest(character, tuple(styles), run_token, another))
        return new_id()

    assert resume_after_settlement(runtime, submit) == 1
    await run_character(handed[0], untracked, runtime)
    assert status(runtime, character_id) is CharacterStatus.READY
    assert book.billed.total() == 1, "the flat one alone"


async def test_of_new_pictures_only_the_lost_one_is_asked_for_again(
    runtime: Runtime, character_id: str
) -> None:
    await run_character(request_run(runtime, character_id, ["flat", "anime"]), untracked, runtime)
    book = no_answer_for(runtime, "anime")
    await run_character(
        request_run(runtime, character_id, ["flat", "anime"], another=True), untracked, runtime
    )
    books_say_never_arrived(runtime, lost_call(runtime, character_id))
    book.before_billing = lambda _style: None
    handed: list[RunRequest] = []

    def submit(character: str, styles: list[str], run_token: str, *, another: bool) -> str:
        handed.append(RunRequest(character, tuple(styles), run_token, another))
        return new_id()

    assert resume_after_settlement(runtime, submit) == 1
    await run_character(handed[0], untracked, runtime)
    assert book.billed.total() == 4, "two of each style"
    with runtime.record.reading() as session:
        drawn = [
            (each.image.style, each.image.ordinal) for each in images.of_character(session, character_id)
        ]
    assert sorted(drawn) == [("anime", 1), ("anime", 2), ("flat", 1), ("flat", 2)]


async def test_whoever_changed_since_the_look_is_left(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_answer_for(runtime, "anime")
    await run_character(request_run(runtime, character_id, ["flat", "anime"]), untracked, runtime)
    books_say_never_arrived(runtime, lost_call(runtime, character_id))
    with runtime.record.reading() as session:
        as_listed = [characters.get(session, character_id)]
    monkeypatch.setattr("flows.settled_calls.settled_by_evidence", lambda _runtime: as_listed)
    with runtime.record.writing() as session:  # a person, meanwhile
        move(session, characters.get(session, character_id), CharacterStatus.READY)
    assert resume_after_settlement(runtime) == 0
    assert status(runtime, character_id) is CharacterStatus.READY


async def test_a_held_character_is_left_to_who_holds_it(runtime: Runtime, character_id: str) -> None:
    no_answer_for(runtime, "anime")
    await run_character(request_run(runtime, character_id, ["flat", "anime"]), untracked, runtime)
    books_say_never_arrived(runtime, lost_call(runtime, character_id))
    place_hold(runtime, character_id=character_id, reason="A court asks.", by=None)
    assert resume_after_settlement(runtime) == 0


@pytest.mark.parametrize("gone", ["consent", "photo"])
async def test_who_has_no_consent_or_no_photo_any_more_is_left(
    runtime: Runtime, character_id: str, gone: str
) -> None:
    no_answer_for(runtime, "anime")
    await run_character(request_run(runtime, character_id, ["flat", "anime"]), untracked, runtime)
    books_say_never_arrived(runtime, lost_call(runtime, character_id))
    if gone == "consent":
        withdraw_consent(runtime, character_id=character_id, by=None)
    else:
        with runtime.record.writing() as session:
            characters.get(session, character_id).photo_asset_id = None
    assert resume_after_settlement(runtime) == 0
    assert status(runtime, character_id) is CharacterStatus.NEEDS_ATTENTION


async def test_what_a_person_has_settled_is_theirs_to_go_on_with(runtime: Runtime, character_id: str) -> None:
    no_answer_for(runtime, "anime")
    await run_character(request_run(runtime, character_id, ["flat", "anime"]), untracked, runtime)
    settle_by_hand(runtime, lost_call(runtime, character_id), Decision.NOT_BILLED, actor="you")
    assert resume_after_settlement(runtime) == 0
    assert status(runtime, character_id) is CharacterStatus.NEEDS_ATTENTION


async def a_batch_without_an_answer(runtime: Runtime, character_id: str) -> str:
    """A batch that has ended, of which one picture got no answer; by now its books are settled."""
    book = no_answer_for(runtime, "anime")
    order_pictures(runtime, character_id, "flat", "anime")
    with runtime.record.writing() as session:
        character = characters.begin_run(session, character_id, new_id())
        move(session, character, CharacterStatus.FAILED, reason="model_error", sentence="It failed.")
    batch_id = open_batch(new_id(), None, limit=100)
    await draw_all(runtime, batch_id)
    books_say_never_arrived(runtime, lost_call(runtime, character_id))
    book.before_billing = lambda _style: None
    return batch_id


async def draw_all(runtime: Runtime, batch_id: str) -> None:
    """What a worker does with a batch, to its end."""
    start_batch(batch_id)
    let_go(runtime, batch_id)
    while await work_on(batch_id) is Worked.DONE:
        pass


async def test_a_batch_that_is_done_goes_on_with_it(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_over: list[Runtime] = []
    monkeypatch.setattr("flows.settled_calls.hand_over_abandoned", handed_over.append)
    batch_id = await a_batch_without_an_answer(runtime, character_id)
    assert close_batch(runtime, batch_id) is BatchState.DONE

    assert resume_after_settlement(runtime) == 1
    assert handed_over, "somebody has to follow it"
    assert resume_after_settlement(runtime) == 0

    assert status(runtime, character_id) is CharacterStatus.QUEUED, "workers leave whom a person waits for"
    with runtime.record.reading() as session:
        assert batches.get(session, batch_id).state is BatchState.RUNNING
    assert pending_by_character(batch_id) == {character_id: ["anime"]}
    await draw_all(runtime, batch_id)
    assert close_batch(runtime, batch_id) is BatchState.DONE
    assert status(runtime, character_id) is CharacterStatus.READY
    with runtime.record.reading() as session:
        assert batches.progress(session, batch_id)[BatchItemState.DONE] == 2


async def test_a_batch_that_a_person_has_cancelled_stays_so(runtime: Runtime, character_id: str) -> None:
    batch_id = await a_batch_without_an_answer(runtime, character_id)
    control.cancel(runtime, batch_id=batch_id)
    assert resume_after_settlement(runtime) == 0
    assert status(runtime, character_id) is CharacterStatus.NEEDS_ATTENTION


async def test_cancelled_before_its_turn_it_is_where_the_batch_found_it(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.settled_calls.hand_over_abandoned", lambda _runtime: 0)
    batch_id = await a_batch_without_an_answer(runtime, character_id)
    close_batch(runtime, batch_id)
    assert resume_after_settlement(runtime) == 1
    control.cancel(runtime, batch_id=batch_id)
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        assert (character.status, character.status_reason) == (CharacterStatus.FAILED, "model_error")


@pytest.mark.parametrize("ended", [False, True])
async def test_who_works_on_a_character_no_more_leaves_nobody_to_a_person(
    runtime: Runtime, character_id: str, ended: bool
) -> None:
    order_pictures(runtime, character_id, "flat")
    with runtime.record.writing() as session:
        character = characters.begin_run(session, character_id, new_id())
        move(session, character, CharacterStatus.FAILED, reason="model_error", sentence="It failed.")
    batch_id = open_batch(new_id(), None, limit=100)
    start_batch(batch_id)

    if ended:  # its end saw the character before this run had begun, and did not free it
        control.cancel(runtime, batch_id=batch_id)

    with spending_only_while(lambda: False):
        await draw_character(batch_id, character_id, ("flat",), lambda: False)

    with runtime.record.reading() as session:
        now = characters.get(session, character_id)
        stands = now.status, now.status_reason, now.run_token == batch_id
    queued, before = (CharacterStatus.QUEUED, None, True), (CharacterStatus.FAILED, "model_error", False)
    assert stands == (before if ended else queued)
    assert pending_by_character(batch_id) == {character_id: ["flat"]}
