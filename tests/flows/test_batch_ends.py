"""A batch that is broken off is closed by whoever notices, and goes on with what is left."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prefect.client.schemas.objects import FlowRun
from sqlalchemy import select

from db.ids import new_id, utc_now
from db.lifecycle import move
from db.models import Batch, BatchItemState, BatchState, Character, CharacterStatus, Event
from db.repositories import batches, characters, notices
from flows import rerun_batch as flow
from flows.batch_report import Summary, counts_of
from flows.batch_work import Worked, draw_character
from flows.batches import MOST_TAKEUPS, hand_over_abandoned
from flows.character_run import run_character
from flows.reconciler import Reconciler
from flows.run_request import RunRequest
from flows.submit import PrefectUnreachable
from tasks.batch import endings
from tasks.batch.chunks import begin_character, holds, keeping, leave_chunk, take_chunk
from tasks.batch.endings import CANCELLED, close_abandoned_batches, close_batch, interrupt_batch
from tasks.batch.lease import holding
from tasks.batch.plan import open_batch, pending_by_character, start_batch
from tasks.errors import CallFailed, UsageError
from tasks.notices.words import words_of
from tasks.pipeline import untracked
from tasks.process_identity import is_gone
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingImage
from tests.support.runtimes import new_character, order_pictures

PICTURE = 39_000
STYLES = ("flat", "anime")


@pytest.fixture(autouse=True)
def same_runtime(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    del runtime
    monkeypatch.setattr(flow, "draw_chunk", Untracked())
    monkeypatch.setattr(flow, "submit_chunk", nobody_takes_it)
    monkeypatch.setattr("flows.batch_ends.summary_tables", lambda _batch_id: Summary({}, [], []))
    monkeypatch.setattr("flows.batch_ends.acreate_table_artifact", nothing_is_shown)


def nobody_takes_it(batch_id: str, number: int, submission: int) -> str:
    raise PrefectUnreachable("It is away.")


async def nothing_is_shown(**_artifact: Any) -> None:
    return None


class Untracked:
    """The task of a chunk without Prefect, which has tests of its own."""

    fn = staticmethod(flow.draw_chunk.fn)

    def with_options(self, **_options: Any) -> Callable[..., Any]:
        return self.fn


def book(runtime: Runtime) -> BookkeepingImage:
    assert isinstance(runtime.image, BookkeepingImage)
    return runtime.image


async def ordered(runtime: Runtime, count: int, *, fail: str = "") -> list[str]:
    """Characters that have one of two ordered pictures; with `fail` the run that drew it failed."""
    people = [new_character(runtime, 10 * number) for number in range(1, count + 1)]

    def break_down(style: str) -> None:
        if style == fail:
            raise CallFailed("The brush broke.", code="brush_broke")

    book(runtime).on_collect = break_down
    for person in people:
        order_pictures(runtime, person, *STYLES)
        await run_character(RunRequest(person, STYLES if fail else ("flat",), new_id()), untracked, runtime)
    book(runtime).on_collect = lambda _style: None
    return people


def begin(runtime: Runtime, person: str, batch_id: str) -> None:
    """As far as a worker is that dies in the middle of drawing."""
    with runtime.record.writing() as session:
        characters.begin_run(session, person, batch_id)
        character = characters.get(session, person)
        for status in (CharacterStatus.PROFILING, CharacterStatus.ILLUSTRATING):
            move(session, character, status, run_token=batch_id)


def stands(runtime: Runtime, person: str) -> tuple[CharacterStatus, str | None, str | None, str | None]:
    with runtime.record.reading() as session:
        found: Character = characters.get(session, person)
        return found.status, found.status_reason, found.status_sentence, found.run_token


def row(runtime: Runtime, batch_id: str) -> Batch:
    with runtime.record.reading() as session:
        return batches.get(session, batch_id)


def last_words(runtime: Runtime, batch_id: str) -> str:
    with runtime.record.reading() as session:
        told = select(Event.message).where(Event.batch_id == batch_id).order_by(Event.id.desc())
        return session.scalars(told.limit(1)).one()


def held_elsewhere(runtime: Runtime, batch_id: str, *, seconds: float) -> None:
    """A process on another machine holds it."""
    elsewhere = replace(runtime, owner="elsewhere-0123456789abcdef:7:7")
    with elsewhere.record.writing() as session:
        batches.acquire_lease(
            session, batch_id, owner=elsewhere.owner, seconds=seconds, is_gone=lambda _owner: True
        )


async def test_what_was_found_is_counted_apart_from_what_was_drawn(runtime: Runtime) -> None:
    _, other = await ordered(runtime, 2)
    batch_id = open_batch(new_id(), None, limit=100)
    start_batch(batch_id)
    await run_character(RunRequest(other, ("anime",), new_id()), untracked, runtime)  # by a person, meanwhile
    for person, styles in pending_by_character(batch_id).items():
        await draw_character(batch_id, person, tuple(styles))
    close_batch(runtime, batch_id)
    assert last_words(runtime, batch_id) == "Batch ended: 1 drawn, 1 found, 0 failed."
    with runtime.record.reading() as session:
        states = [item.state for item in batches.items(session, batch_id)]
    assert states == [BatchItemState.DONE, BatchItemState.SKIPPED]
    assert counts_of(batch_id) == {"done": 1, "skipped": 1}


@pytest.mark.parametrize("fail", ["", "anime"])
async def test_characters_go_back_to_where_the_batch_found_them(runtime: Runtime, fail: str) -> None:
    people = await ordered(runtime, 2, fail=fail)
    before = [stands(runtime, person) for person in people]
    assert {each[0] for each in before} == {CharacterStatus.FAILED if fail else CharacterStatus.READY}
    batch_id = open_batch(new_id(), None, limit=100)
    start_batch(batch_id)
    begin(runtime, people[0], batch_id)
    assert stands(runtime, people[0])[0] is CharacterStatus.ILLUSTRATING
    held_elsewhere(runtime, batch_id, seconds=-1)
    assert close_abandoned_batches(runtime) == 1
    assert [stands(runtime, person) for person in people] == before
    assert row(runtime, batch_id).state is BatchState.FAILED
    assert last_words(runtime, batch_id) == (
        "Batch interrupted: 0 drawn, 0 failed, 2 left. The process that worked on it is gone."
    )
    assert close_abandoned_batches(runtime) == 0


async def test_a_batch_whose_process_lives_is_left_alone(runtime: Runtime) -> None:
    await ordered(runtime, 1)
    batch_id = open_batch(new_id(), None, limit=100)
    assert close_abandoned_batches(runtime) == 0  # planned a moment ago: it is about to begin
    held_elsewhere(runtime, batch_id, seconds=60)
    start_batch(batch_id)
    assert close_abandoned_batches(runtime) == 0
    with (
        pytest.raises(UsageError, match="Another process works on this batch"),
        holding(runtime, batch_id, sleep=lambda _seconds: None),
    ):
        pass


@pytest.mark.parametrize("scheduled", [True, False])
async def test_a_night_that_comes_beside_another_batch_is_left_out_and_told_of(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, scheduled: bool
) -> None:
    """As after several missed nights, whose runs all begin at once. Who asks by hand is refused."""
    await ordered(runtime, 2)
    first = open_batch(new_id(), None, limit=2)
    held_elsewhere(runtime, first, seconds=60)
    start_batch(first)
    run = FlowRun(flow_id=uuid4(), auto_scheduled=scheduled, expected_start_time=utc_now())
    here = SimpleNamespace(get=lambda: SimpleNamespace(flow_run=run))
    monkeypatch.setattr("flows.rerun_batch.FlowRunContext", here)
    if scheduled:
        assert (await flow.rerun_batch.fn())["batch_id"] is None
    else:
        with pytest.raises(UsageError, match="Another batch is under way"):
            await flow.rerun_batch.fn()
    with runtime.record.reading() as session:
        assert session.scalars(select(Batch.id)).all() == [first]
        words = [words_of(each).sentence for each in notices.newest(session, 5)]
    assert ["another batch was under way" in each for each in words].count(True) == scheduled


async def test_a_second_batch_is_told_that_one_is_under_way(runtime: Runtime) -> None:
    await ordered(runtime, 3)
    token = new_id()
    first = open_batch(token, None, limit=2)
    held_elsewhere(runtime, first, seconds=60)
    start_batch(first)
    with pytest.raises(UsageError, match="Another batch is under way, with 2 of 2 pictures to go") as told:
        open_batch(new_id(), None, limit=2)
    assert told.value.code == "batch_under_way"
    held_elsewhere(runtime, first, seconds=-1)
    second = open_batch(new_id(), None, limit=2)  # the dead one holds nobody up
    assert row(runtime, first).state is BatchState.FAILED
    start_batch(second)
    with pytest.raises(UsageError):  # and when it wakes up, it does not work beside the new one
        start_batch(open_batch(token, None, limit=2))


async def test_a_batch_that_is_carried_on_keeps_to_its_limit(runtime: Runtime) -> None:
    await ordered(runtime, 4)
    billed = book(runtime).billed.total()
    token = new_id()
    batch_id = open_batch(token, None, limit=2)
    start_batch(batch_id)
    person, styles = next(iter(pending_by_character(batch_id).items()))
    await draw_character(batch_id, person, tuple(styles))
    held_elsewhere(runtime, batch_id, seconds=-1)
    close_abandoned_batches(runtime)
    assert open_batch(token, None, limit=2) == batch_id
    start_batch(batch_id)
    with holding(runtime, batch_id):
        await flow._follow(batch_id)
    assert book(runtime).billed.total() == billed + 2
    again = row(runtime, batch_id)
    assert (again.state, last_words(runtime, batch_id)) == (
        BatchState.DONE,
        "Batch ended: 2 drawn, 0 failed.",
    )


async def test_a_batch_that_is_carried_on_keeps_to_its_budget(runtime: Runtime) -> None:
    """Half of it is drawn, and one picture was paid for without coming: what that cost counts too."""
    people = await ordered(runtime, 4)
    token = new_id()
    batch_id = open_batch(token, None, limit=4, budget_microusd=4 * PICTURE)
    start_batch(batch_id)

    def in_vain(style: str) -> None:
        raise CallFailed("No picture was in it.", code="empty_output", charged_microusd=2 * PICTURE)

    await draw_character(batch_id, people[0], ("anime",))
    book(runtime).on_collect = in_vain
    await draw_character(batch_id, people[1], ("anime",))
    book(runtime).on_collect = lambda _style: None
    with runtime.record.reading() as session:
        assert batches.spent_microusd(session, batch_id) == 3 * PICTURE
    left = pending_by_character(batch_id)
    assert list(left) == people[2:]
    with holding(runtime, batch_id):
        await flow._follow(batch_id)
    assert last_words(runtime, batch_id) == "Batch ended: 2 drawn, 1 failed, 1 left."


async def test_the_process_that_lost_its_chunk_buys_nothing_more(runtime: Runtime) -> None:
    people = await ordered(runtime, 2)
    batch_id = open_batch(new_id(), None, limit=2)
    start_batch(batch_id)
    billed = book(runtime).billed.total()
    held = take_chunk(runtime, batch_id, seconds=-1)  # it is silent from now on
    assert held is not None
    elsewhere = replace(runtime, owner="elsewhere-0123456789abcdef:7:7")
    taken = take_chunk(elsewhere, batch_id)
    assert taken is not None and taken.styles == held.styles
    with keeping(runtime, held):
        assert not begin_character(runtime, held, people[0])
        # Already past the question whether the chunk is still its own:
        await draw_character(batch_id, people[0], ("anime",), lambda: holds(runtime, held))
    leave_chunk(runtime, held)
    assert book(runtime).billed.total() == billed
    with runtime.record.reading() as session:
        assert batches.progress(session, batch_id)[BatchItemState.RUNNING] == 2  # and not failed


async def test_a_chunk_goes_on_when_prefect_is_away(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await ordered(runtime, 2)
    batch_id = open_batch(new_id(), None, limit=2)
    start_batch(batch_id)

    class Away(Untracked):
        def with_options(self, **_options: Any) -> Callable[..., Any]:
            async def half(batch_id: str, _number: int) -> Worked:
                await draw_character(batch_id, people[0], ("anime",))
                raise httpx.ConnectError("gone")

            return half

    monkeypatch.setattr(flow, "draw_chunk", Away())
    with holding(runtime, batch_id):
        await flow._follow(batch_id)
    assert (
        last_words(runtime, batch_id) == "Batch ended: 2 drawn, 0 failed."
    )  # the first is not told as found


async def test_a_cancelled_batch_says_so_and_what_is_left(runtime: Runtime) -> None:
    people = await ordered(runtime, 2)
    token = new_id()
    batch_id = open_batch(token, None, limit=2)
    start_batch(batch_id)
    await draw_character(batch_id, people[0], ("anime",))
    begin(runtime, people[1], batch_id)
    assert interrupt_batch(runtime, token, BatchState.CANCELLED, CANCELLED)
    assert not interrupt_batch(runtime, token, BatchState.FAILED, "Too late.")
    ended = row(runtime, batch_id)
    assert (ended.state, ended.ended_at is not None) == (BatchState.CANCELLED, True)
    assert last_words(runtime, batch_id) == "Batch cancelled: 1 drawn, 0 failed, 1 left. It was cancelled."
    assert stands(runtime, people[1])[0] is CharacterStatus.READY


async def test_a_sign_of_life_keeps_a_batch(runtime: Runtime) -> None:
    await ordered(runtime, 1)
    batch_id = open_batch(new_id(), None, limit=2)
    start_batch(batch_id)
    with holding(runtime, batch_id, seconds=60, beats=0.01):
        with runtime.record.writing() as session:
            batches.renew_lease(session, batch_id, owner=runtime.owner, seconds=-1)
        for _ in range(10_000):
            if row(runtime, batch_id).lease_expires_at > row(runtime, batch_id).created_at:  # type: ignore[operator]
                break
            await asyncio.sleep(0.01)
        assert close_abandoned_batches(runtime) == 0
    assert endings.BEATS * 3 < endings.LEASE_SECONDS < 120


def test_a_process_that_is_known_to_be_dead_here_is_not_waited_for_by_a_new_batch(runtime: Runtime) -> None:
    place = runtime.owner.split(":")[0]
    assert is_gone(f"{place}:999999999:1")
    batch_id = open_batch(new_id(), None, limit=2)
    with runtime.record.writing() as session:
        batches.acquire_lease(
            session, batch_id, owner=f"{place}:999999999:1", seconds=60, is_gone=lambda _owner: True
        )
    assert close_abandoned_batches(runtime) == 0  # its worker may start it again
    assert open_batch(new_id(), None, limit=2) != batch_id
    assert row(runtime, batch_id).state is BatchState.FAILED


async def test_whoever_compares_the_record_with_prefect_hands_it_over(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every few seconds, from any machine, and one at a time; after some that came to nothing it ends."""
    await ordered(runtime, 1)
    token = new_id()
    batch_id = open_batch(token, None, limit=1)
    start_batch(batch_id, flow_run_id="first")
    held_elsewhere(runtime, batch_id, seconds=-1)
    states, asked = {"first": "FAILED"}, []

    def submit(_batch_id: str, run_token: str, *, after: str | None) -> str:
        asked.append((run_token, after))
        states[f"after {after}"] = "SCHEDULED"
        return f"after {after}"

    monkeypatch.setattr("flows.batches.submit_following", submit)
    monkeypatch.setattr("flows.batches.seen_run", lambda each: SimpleNamespace(state_type=states[each]))

    class Away:
        def end(self) -> None:
            raise PrefectUnreachable("It is away.")

    reconciler = Reconciler(runtime, dead=Away())  # type: ignore[arg-type]
    for _ in range(2):  # the second time somebody is on the way
        with pytest.raises(PrefectUnreachable):
            reconciler.look()
    states["after first"] = "RUNNING"  # it has not come to take the batch yet
    assert hand_over_abandoned(runtime) == 0
    assert asked == [(token, "first")]
    assert row(runtime, batch_id).state is BatchState.RUNNING
    for _ in range(MOST_TAKEUPS):
        states[str(row(runtime, batch_id).flow_run_id)] = "CRASHED"
        held_elsewhere(runtime, batch_id, seconds=-1)
        hand_over_abandoned(runtime)
    assert len(asked) == MOST_TAKEUPS
    assert row(runtime, batch_id).state is BatchState.FAILED


async def test_cancelled_on_the_dashboard_it_is_not_handed_over(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ordered(runtime, 1)
    batch_id = open_batch(new_id(), None, limit=1)
    start_batch(batch_id, flow_run_id="first")
    held_elsewhere(runtime, batch_id, seconds=-1)
    monkeypatch.setattr("flows.batches.seen_run", lambda _id: SimpleNamespace(state_type="CANCELLED"))
    assert hand_over_abandoned(runtime) == 0
    assert row(runtime, batch_id).state is BatchState.CANCELLED
