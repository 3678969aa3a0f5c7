"""Chunks of a batch over several processes: nothing twice, nothing lost, whoever dies; pauses and budgets."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from db.ids import new_id
from db.lifecycle import move
from db.models import BatchItemState, BatchState, CharacterStatus, LinkPurpose
from db.repositories import batches, characters, clock, customer_links, events
from flows import batches as steering
from flows.batch_work import Worked, work_on
from flows.submit import PrefectUnreachable
from tasks.batch.chunks import (
    begin_character,
    leave_chunk,
    standing,
    submit_chunks,
    take_chunk,
)
from tasks.batch.control import BatchOver
from tasks.batch.lease import let_go
from tasks.batch.plan import open_batch, start_batch
from tasks.batch.status import find_batch, status_of
from tasks.consent.record import withdraw_consent
from tasks.erasure.holds import place_hold
from tasks.errors import UsageError
from tasks.runtime import Runtime, using_runtime
from tests.support.providers import BookkeepingImage
from tests.support.runtimes import new_character, order_pictures

PICTURE = 39_000
MOST = PICTURE + 2_000  # with a look, by the estimate
PAID = PICTURE + 1_500


def book(runtime: Runtime) -> BookkeepingImage:
    assert isinstance(runtime.image, BookkeepingImage)
    return runtime.image


def some_batch(
    runtime: Runtime, count: int, *, size: int = 1, at_once: int = 2, budget: int | None = None
) -> str:
    """`count` characters that lack one ordered picture each, `size` of them in a chunk."""
    for number in range(1, count + 1):
        person = new_character(runtime, 10 * number)
        order_pictures(runtime, person, "flat")
        with runtime.record.writing() as session:
            for status in (CharacterStatus.QUEUED, CharacterStatus.READY):
                move(session, characters.get(session, person), status)
    batch_id = open_batch(new_id(), None, limit=100, at_once=at_once, budget_microusd=budget)
    start_batch(batch_id, size)
    let_go(runtime, batch_id)
    return batch_id


def other(runtime: Runtime, name: str) -> Runtime:
    """The same installation in a process of another machine."""
    return replace(runtime, owner=f"{name}-0123456789abcdef:7:7")


def states(runtime: Runtime, batch_id: str) -> list[str]:
    with runtime.record.reading() as session:
        return [item.state.value for item in batches.items(session, batch_id)]


async def test_two_workers_share_a_batch_and_one_of_them_dies(runtime: Runtime) -> None:
    batch_id = some_batch(runtime, 4)
    billed = book(runtime).billed.total()
    dying, living = other(runtime, "dying"), other(runtime, "living")
    left = take_chunk(dying, batch_id, seconds=-1)  # what it holds lapses at once
    assert left is not None
    begin_character(dying, left, next(iter(left.styles)))  # and there it is killed
    with using_runtime(living):
        while await work_on(batch_id) is Worked.DONE:
            pass
    assert states(runtime, batch_id) == ["done"] * 4
    assert book(runtime).billed.total() == billed + 4
    assert status_of(runtime, batch_id=batch_id).chunks_done == 4


async def test_of_many_who_take_at_once_each_gets_another_chunk(runtime: Runtime) -> None:
    batch_id = some_batch(runtime, 3)
    everyone = [other(runtime, f"worker{number}") for number in range(5)]
    taken = await asyncio.gather(*(asyncio.to_thread(take_chunk, each, batch_id) for each in everyone))
    assert sorted(each.number for each in taken if each) == [1, 2, 3]
    assert status_of(runtime, batch_id=batch_id).workers == 3
    assert take_chunk(everyone[0], batch_id, 2) is None or taken[0] is not None


async def test_what_kills_its_process_twice_is_set_aside_alone(runtime: Runtime) -> None:
    batch_id = some_batch(runtime, 3, size=3)
    first = take_chunk(other(runtime, "one"), batch_id, seconds=-1)
    assert first is not None and not first.suspects
    poison, innocent, _ = first.styles
    for each in (poison, innocent):  # side by side when the process died
        assert begin_character(other(runtime, "one"), first, each)
    second = take_chunk(other(runtime, "two"), batch_id, seconds=-1)
    assert second is not None and second.suspects == {poison, innocent}
    assert begin_character(other(runtime, "two"), second, poison)  # alone, and the process dies again
    assert await work_on(batch_id) is Worked.DONE
    assert sorted(states(runtime, batch_id)) == ["done", "done", "failed"]
    with runtime.record.reading() as session:
        (failed,) = batches.items(session, batch_id, state=BatchItemState.FAILED)
    assert (failed.character_id, failed.error_code) == (poison, "worker_crashed")


async def test_a_process_that_is_stopped_in_peace_leaves_no_suspicion(runtime: Runtime) -> None:
    batch_id = some_batch(runtime, 1)
    for _ in range(3):
        held = take_chunk(runtime, batch_id)
        assert held is not None and not held.suspects
        assert begin_character(runtime, held, next(iter(held.styles)))
        leave_chunk(runtime, held)
    assert await work_on(batch_id) is Worked.DONE
    assert states(runtime, batch_id) == ["done"]


async def test_as_many_at_once_as_were_asked_for(runtime: Runtime) -> None:
    """asyncio's own threads are six on two cores."""
    batch_id = some_batch(runtime, 12, size=12, at_once=12)
    together = asyncio.Barrier(12)
    loop = asyncio.get_running_loop()

    def wait_for_all(_style: str) -> None:
        asyncio.run_coroutine_threadsafe(together.wait(), loop).result(timeout=60)

    book(runtime).on_collect = wait_for_all
    from flows.batch_work import use_threads

    use_threads(12)
    assert await work_on(batch_id) is Worked.DONE  # it would never, with fewer
    assert states(runtime, batch_id) == ["done"] * 12


async def test_a_pause_lets_nothing_begin_and_a_resume_goes_on(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = some_batch(runtime, 2)
    assert await work_on(batch_id) is Worked.DONE
    held = take_chunk(runtime, batch_id)
    assert held is not None
    assert steering.pause(runtime, batch_id=batch_id, by="anna").state == "paused"
    assert not begin_character(runtime, held, next(iter(held.styles)))
    leave_chunk(runtime, held)
    assert await work_on(batch_id) is Worked.NOTHING
    assert not steering.pause(runtime, batch_id=batch_id).changed
    assert steering.hand_over_abandoned(runtime) == 0
    asked: list[str] = []

    def follow(batch: str, _token: str, *, after: str | None) -> str:
        del after
        asked.append(batch)
        return "follower"

    monkeypatch.setattr("flows.batches.submit_following", follow)
    done = steering.resume(runtime, batch_id=batch_id, by="anna")
    assert (done.state, done.problem, len(asked)) == ("running", None, 1)
    assert await work_on(batch_id) is Worked.DONE
    with runtime.record.reading() as session:
        told = [(each.kind, each.actor) for each in events.of_batch(session, batch_id)]
    assert ("batch.paused", "anna") in told and ("batch.resumed", "anna") in told


async def test_a_resume_holds_also_while_prefect_is_away(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = some_batch(runtime, 1)
    steering.pause(runtime, batch_id=batch_id)

    def away(*_args: object, **_more: object) -> str:
        raise PrefectUnreachable("It is away.")

    monkeypatch.setattr("flows.batches.submit_following", away)
    done = steering.resume(runtime, batch_id=batch_id)
    assert done.state == "running" and "It is away." in (done.problem or "")


async def test_cancelled_nothing_more_begins_and_it_can_be_resumed(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = some_batch(runtime, 2)
    await work_on(batch_id)
    cancelled: list[str] = []
    monkeypatch.setattr("flows.batches.cancel_all_waiting", cancelled.append)
    assert steering.cancel(runtime, batch_id=batch_id).state == "cancelled"
    assert cancelled == [batch_id]
    assert await work_on(batch_id) is Worked.NOTHING
    with pytest.raises(BatchOver):
        steering.pause(runtime, batch_id=batch_id)
    monkeypatch.setattr("flows.batches.submit_following", lambda *_args, **_more: "follower")
    steering.resume(runtime, batch_id=batch_id)
    assert await work_on(batch_id) is Worked.DONE
    assert states(runtime, batch_id) == ["done", "done"]
    with runtime.record.writing() as session:
        batches.finish(session, batch_id, BatchState.DONE)
    with pytest.raises(BatchOver, match="left"):
        steering.resume(runtime, batch_id=batch_id)


async def test_a_budget_is_kept_by_all_together_and_can_be_raised(runtime: Runtime) -> None:
    """Two take chunks at once: what one has been granted the other does not spend."""
    batch_id = some_batch(runtime, 4, budget=4 * MOST)
    steering.set_budget(runtime, batch_id=batch_id, budget_microusd=2 * MOST)
    held = take_chunk(other(runtime, "one"), batch_id)
    assert held is not None and held.whole
    assert await work_on(batch_id) is Worked.DONE
    assert await work_on(batch_id) is Worked.NO_ROOM
    steering.set_budget(runtime, batch_id=batch_id, budget_microusd=3 * MOST)
    assert await work_on(batch_id) is Worked.DONE
    assert await work_on(batch_id) is Worked.NO_ROOM
    told = status_of(runtime, batch_id=batch_id)
    assert (told.done, told.left, told.spent_microusd, told.budget_microusd) == (2, 2, 2 * PAID, 3 * MOST)
    with pytest.raises(UsageError):
        steering.set_budget(runtime, batch_id=batch_id, budget_microusd=-1)


async def test_each_chunk_is_asked_for_once_and_again_when_its_process_died(runtime: Runtime) -> None:
    batch_id = some_batch(runtime, 3)
    asked: list[tuple[int, int]] = []

    def submit(_batch_id: str, number: int, submission: int) -> str:
        asked.append((number, submission))
        return f"run-{number}-{submission}"

    assert submit_chunks(runtime, batch_id, submit, most=2) == 2
    assert submit_chunks(runtime, batch_id, submit, most=2) == 0
    take_chunk(other(runtime, "dead"), batch_id, 1, seconds=-1)
    with runtime.record.writing() as session:
        batches.acquire_lease(
            session, batch_id, owner=runtime.owner, seconds=60, is_gone=lambda _owner: False
        )
    seen = standing(runtime, batch_id)
    assert (seen.goes_on, seen.open_chunks, seen.others) == (True, 3, 0)
    submit_chunks(runtime, batch_id, submit, most=3)
    assert asked == [(1, 1), (2, 1), (1, 2), (3, 1)]


async def test_a_batch_is_found_by_the_beginning_of_its_id(runtime: Runtime) -> None:
    batch_id = some_batch(runtime, 1)
    assert find_batch(runtime, batch_id[:20]) == find_batch(runtime, "") == batch_id
    with pytest.raises(UsageError, match="no such batch"):
        find_batch(runtime, "zzz")
    told = status_of(runtime, batch_id=batch_id)
    assert (told.state, told.planned, told.left, told.planned_microusd) == ("running", 1, 1, MOST)
    await work_on(batch_id)
    assert status_of(runtime, batch_id=batch_id).remaining_seconds == 0


async def test_a_chunk_takes_the_same_number_of_statements_however_large(runtime: Runtime) -> None:
    """What is finished again costs a handful of statements, and no call."""
    batch_id = some_batch(runtime, 7, size=6)

    def statements_of(number: int) -> int:
        counted: list[str] = []

        def count(*arguments: object) -> None:
            counted.append(str(arguments[2]))

        event.listen(runtime.record.engine, "before_cursor_execute", count)
        held = take_chunk(runtime, batch_id, number)
        assert held is not None
        leave_chunk(runtime, held)
        event.remove(runtime.record.engine, "before_cursor_execute", count)
        return len(counted)

    for _ in range(2):
        statements_of(1)  # the first ones ask for the clock as well, which their connection remembers
    assert statements_of(1) == statements_of(2)
    for number in (1, 2):
        assert await work_on(batch_id, number) is Worked.DONE
    billed = book(runtime).billed.total()
    assert await work_on(batch_id) is Worked.NOTHING
    assert book(runtime).billed.total() == billed


def stop_for_a_person(runtime: Runtime, character_id: str) -> None:
    with runtime.record.writing() as session:
        character = characters.get(session, character_id)
        move(session, character, CharacterStatus.NEEDS_ATTENTION, reason="customer_change", sentence="Hm.")


def send_a_proof(runtime: Runtime, character_id: str) -> None:
    with runtime.record.writing() as session:
        customer_links.add(
            session,
            character_id=character_id,
            purpose=LinkPurpose.PROOF,
            token_hash="0" * 64,
            image_ids=[],
            asks={},
            changes_left=0,
            expires_at=clock.steady(session) + timedelta(days=1),
            made_by=None,
        )


@pytest.mark.parametrize(
    ("code", "happens"),
    [
        ("needs_attention", stop_for_a_person),
        ("waits_for_customer", send_a_proof),
        ("on_hold", lambda runtime, who: place_hold(runtime, character_id=who, reason="Court", by=None)),
        ("consent_withdrawn", lambda runtime, who: withdraw_consent(runtime, character_id=who, by=None)),
    ],
)
async def test_what_stands_against_a_character_by_its_turn_leaves_it_out(
    runtime: Runtime, code: str, happens: Callable[[Runtime, str], object]
) -> None:
    batch_id = some_batch(runtime, 2, size=2)
    with runtime.record.reading() as session:
        first = batches.items(session, batch_id)[0].character_id
    happens(runtime, first)
    with runtime.record.reading() as session:
        before = characters.get(session, first).status
    assert await work_on(batch_id) is Worked.DONE
    assert states(runtime, batch_id) == ["failed", "done"]
    with runtime.record.reading() as session:
        assert batches.items(session, batch_id)[0].error_code == code
        assert characters.get(session, first).status is before
    assert book(runtime).billed.total() == 1
    assert status_of(runtime, batch_id=batch_id).chunks_done == 1


def test_what_a_stopped_process_leaves_of_a_chunk_is_asked_for_again(runtime: Runtime) -> None:
    batch_id = some_batch(runtime, 1)
    asked: list[tuple[int, int]] = []

    def submit(_batch_id: str, number: int, submission: int) -> str:
        asked.append((number, submission))
        return new_id()

    assert submit_chunks(runtime, batch_id, submit, most=5) == 1
    held = take_chunk(runtime, batch_id)
    assert held is not None
    leave_chunk(runtime, held)  # as a worker does that is told to stop, whose flow run ends with it
    assert submit_chunks(runtime, batch_id, submit, most=5) == 1
    assert asked == [(1, 1), (1, 2)]

    steering.set_budget(runtime, batch_id=batch_id, budget_microusd=0)
    assert submit_chunks(runtime, batch_id, submit, most=5) == 1, "another budget may have room"
    starved = take_chunk(runtime, batch_id)
    assert starved is not None and not starved.whole
    leave_chunk(runtime, starved)
    assert submit_chunks(runtime, batch_id, submit, most=5) == 0, "and had none"
