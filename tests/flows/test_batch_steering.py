"""A batch does what a person said last, whoever has died, was late, or was asked before."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from db.ids import new_id
from db.models import Batch, BatchState
from db.repositories import batches
from flows import batch_chunk, batch_runs, reconciler, rerun_batch, submit
from flows import batches as steering
from flows.batch_work import Worked, work_on
from flows.submit import FlowRunSeen, PrefectUnreachable
from tasks.batch import control
from tasks.batch.chunks import HeldChunk, begin_character, holds, leave_chunk, state_of, submit_chunks
from tasks.batch.chunks import take_chunk as take
from tasks.batch.lease import holding, let_go
from tasks.batch.plan import open_batch
from tasks.errors import UsageError
from tasks.runtime import Runtime
from tests.flows.test_batch_chunks import MOST, other, some_batch, states


class Prefect:
    """Remembers the flow runs by their state, and which it was asked for."""

    def __init__(self, **runs: str) -> None:
        self.runs = runs
        self.asked: list[str | None] = []
        self.away = False

    def seen(self, flow_run_id: str) -> FlowRunSeen | None:
        if self.away:
            raise PrefectUnreachable("It is away.")
        state = self.runs.get(flow_run_id)
        return FlowRunSeen(flow_run_id, "n", "s", state, "k", None) if state else None

    def follow(self, _batch_id: str, _token: str, *, after: str | None) -> str:
        if self.away:
            raise PrefectUnreachable("It is away.")
        self.asked.append(after)
        self.runs[f"after {after}"] = "SCHEDULED"
        return f"after {after}"


@pytest.fixture
def prefect(monkeypatch: pytest.MonkeyPatch) -> Prefect:
    prefect = Prefect()
    monkeypatch.setattr(steering, "cancel_all_waiting", lambda _batch_id: None)
    monkeypatch.setattr(steering, "seen_run", prefect.seen)
    monkeypatch.setattr(steering, "submit_following", prefect.follow)
    return prefect


def followed_by(runtime: Runtime, batch_id: str, flow_run_id: str) -> None:
    """It was, a while ago."""
    with runtime.record.writing() as session:
        batch = batches.get(session, batch_id)
        batch.flow_run_id, batch.created_at = flow_run_id, batch.created_at - timedelta(seconds=120)


def some_chunk(runtime: Runtime, batch_id: str, number: int | None = None, **more: Any) -> HeldChunk:
    held = take(runtime, batch_id, number, **more)
    assert held is not None
    return held


@pytest.mark.parametrize("away", [False, True])
def test_a_batch_that_was_cancelled_on_the_dashboard_can_be_resumed(
    runtime: Runtime, prefect: Prefect, away: bool
) -> None:
    batch_id = some_batch(runtime, 2)
    followed_by(runtime, batch_id, "first")
    prefect.runs["first"] = "CANCELLED"
    steering.cancel(runtime, batch_id=batch_id)
    prefect.away = away
    told = steering.resume(runtime, batch_id=batch_id)
    assert (told.state, bool(told.problem)) == ("running", away)
    prefect.away = False
    steering.hand_over_abandoned(runtime)
    assert (state_of(runtime, batch_id), prefect.asked) == (BatchState.RUNNING, ["first"])
    with holding(runtime, batch_id):  # whoever comes first
        prefect.runs["after first"] = "CANCELLED"
    let_go(runtime, batch_id)
    followed_by(runtime, batch_id, "after first")
    steering.hand_over_abandoned(runtime)  # cancelled anew, which is the newest word
    assert state_of(runtime, batch_id) is BatchState.CANCELLED


def test_a_flow_run_that_prefect_knows_no_more_stops_nothing(
    runtime: Runtime, prefect: Prefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = some_batch(runtime, 1)
    followed_by(runtime, batch_id, "deleted")
    assert steering.hand_over_abandoned(runtime) == 1
    assert prefect.asked == ["deleted"]
    prefect.away = True
    followed_by(runtime, batch_id, "deleted")
    with runtime.record.writing() as session:
        batches.get(session, batch_id).lease_expires_at = None
    looked: list[list[str]] = []

    def look(run_tokens: list[str]) -> dict[str, FlowRunSeen]:
        looked.append(run_tokens)
        return {}

    monkeypatch.setattr(reconciler, "character_runs", look)
    dead: Any = SimpleNamespace(end=lambda: [])
    reconciler.Reconciler(runtime, dead=dead).look()
    assert looked


@pytest.mark.parametrize(("status", "known"), [(404, False), (500, None)])
def test_what_prefect_does_not_know_is_told_from_what_it_does_not_say(
    monkeypatch: pytest.MonkeyPatch, status: int, known: bool | None
) -> None:
    answering = httpx.Client(
        base_url="http://prefect", transport=httpx.MockTransport(lambda _request: httpx.Response(status))
    )
    monkeypatch.setattr(submit, "api_url", lambda: "http://prefect")
    monkeypatch.setattr(submit, "_client", lambda _url: answering)
    if known is None:
        with pytest.raises(PrefectUnreachable):
            batch_runs.seen_run("0193")
    else:
        assert batch_runs.seen_run("0193") is None
        assert not batch_runs.cancel_waiting("0193")


def cancelled_on_the_dashboard(batch_id: str, number: int, flow_run_id: str) -> None:
    flow: Any = None
    flow_run: Any = SimpleNamespace(id=flow_run_id, parameters={"batch_id": batch_id, "number": number})
    for hook in batch_chunk.batch_chunk.on_cancellation_hooks:
        hook(flow, flow_run, flow)


async def test_the_end_of_a_run_that_draws_its_chunk_no_more_is_nobodys_word(
    runtime: Runtime, prefect: Prefect
) -> None:
    batch_id = some_batch(runtime, 3)
    submit_chunks(runtime, batch_id, lambda _id, number, _submission: f"run {number}", most=50)
    assert await work_on(batch_id, 3, flow_run_id="run 3") is Worked.DONE
    cancelled_on_the_dashboard(batch_id, 3, "run 3")  # it has ended
    held = some_chunk(runtime, batch_id, 2, flow_run_id="follower")
    assert held.flow_run_id == "run 2"  # to be taken back
    leave_chunk(runtime, held)
    cancelled_on_the_dashboard(batch_id, 2, "run 2")  # late: its follower had taken it back
    assert state_of(runtime, batch_id) is BatchState.RUNNING
    cancelled_on_the_dashboard(batch_id, 1, "run 1")  # a person means the batch
    assert state_of(runtime, batch_id) is BatchState.CANCELLED


@pytest.mark.parametrize("stop", [control.pause, control.cancel, None])
async def test_whoever_goes_on_asks_for_the_chunks_again(runtime: Runtime, stop: Any) -> None:
    batch_id = some_batch(runtime, 3, budget=4 * MOST)
    asked: list[tuple[int, int]] = []

    def submit_one(_batch_id: str, number: int, submission: int) -> str:
        asked.append((number, submission))
        return f"run-{number}-{submission}"

    submit_chunks(runtime, batch_id, submit_one, most=50)
    assert await work_on(batch_id, 1) is Worked.DONE
    held = some_chunk(other(runtime, "living"), batch_id, 2)
    if stop is None:
        control.set_budget(runtime, batch_id=batch_id, budget_microusd=9 * MOST)
    else:
        stop(runtime, batch_id=batch_id)
        assert await work_on(batch_id, 3) is Worked.NOTHING  # its flow run has come and gone
        control.resume(runtime, batch_id=batch_id)
    asked.clear()
    submit_chunks(runtime, batch_id, submit_one, most=50)
    freed = stop is control.cancel
    assert holds(other(runtime, "living"), held) is not freed
    assert asked == ([(2, 2), (3, 2)] if freed else [(3, 2)])


async def test_nothing_is_ended_for_want_of_money_while_another_still_draws(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes its chunks between the look of the follower and its try."""
    batch_id = some_batch(runtime, 3, budget=3 * MOST)
    control.set_budget(runtime, batch_id=batch_id, budget_microusd=2 * MOST)
    worker, held = other(runtime, "worker"), list[HeldChunk]()
    came = asyncio.Event()

    async def work(batch: str) -> Worked:
        if not held:
            held.extend((some_chunk(worker, batch, 1), some_chunk(worker, batch, 2)))
            return await work_on(batch)
        assert state_of(runtime, batch) is BatchState.RUNNING
        for each in held:
            leave_chunk(worker, each)  # without having spent a thing
        came.set()
        return await work_on(batch)

    async def nothing_is_shown(_batch_id: str) -> None:
        return None

    monkeypatch.setattr(rerun_batch, "_work_on_one", work)
    monkeypatch.setattr(rerun_batch, "_spread", nothing_is_shown)
    monkeypatch.setattr(rerun_batch, "_pause_after", lambda _seen: 0.0)
    monkeypatch.setattr("flows.batch_ends._publish_summary", nothing_is_shown)
    with holding(runtime, batch_id):
        await rerun_batch._follow(batch_id)
    assert came.is_set()
    assert sorted(states(runtime, batch_id)) == ["done", "done", "pending"]
    assert state_of(runtime, batch_id) is BatchState.DONE  # nobody else, and no room


def test_a_batch_that_waits_in_the_queue_is_not_ended_by_the_next(runtime: Runtime, prefect: Prefect) -> None:
    batch_id = some_batch(runtime, 2)
    followed_by(runtime, batch_id, "first")
    with runtime.record.writing() as session:
        batches.hand_over(session, batch_id, flow_run_id="waits", seconds=-1)
    with pytest.raises(UsageError) as refused:
        open_batch(new_id(), None, limit=100)
    assert refused.value.code == "batch_under_way"
    assert state_of(runtime, batch_id) is BatchState.RUNNING


def test_what_a_cancel_has_stopped_is_not_taken_for_what_kills(runtime: Runtime) -> None:
    batch_id = some_batch(runtime, 1)
    worker = other(runtime, "worker")
    for _ in range(3):
        held = some_chunk(worker, batch_id)
        assert len(held.styles) == 1 and not held.suspects
        assert begin_character(worker, held, next(iter(held.styles)))
        control.cancel(runtime, batch_id=batch_id)
        leave_chunk(worker, held)
        control.resume(runtime, batch_id=batch_id)
    dead = some_chunk(worker, batch_id, seconds=-1)
    begin_character(worker, dead, next(iter(dead.styles)))
    control.cancel(runtime, batch_id=batch_id)
    control.resume(runtime, batch_id=batch_id)
    assert some_chunk(worker, batch_id).suspects  # over this one a process may have died


async def run_as_prefect_does(runtime: Runtime, batch_id: str) -> None:
    with runtime.record.reading() as session:
        token = batches.get(session, batch_id).run_token
    await rerun_batch.rerun_batch.fn(run_token=token)


@pytest.fixture
def without_prefect(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_args: object) -> dict[str, int]:
        return {}

    monkeypatch.setattr(rerun_batch, "runtime", SimpleNamespace(flow_run=SimpleNamespace(id="first")))
    monkeypatch.setattr(rerun_batch, "publish_plan", nothing)
    monkeypatch.setattr(rerun_batch, "use_threads", lambda _at_once: None)


@pytest.mark.usefixtures("without_prefect")
async def test_a_follower_that_breaks_does_not_end_what_another_follows(
    runtime: Runtime, prefect: Prefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = some_batch(runtime, 1)

    async def break_down(_batch_id: str) -> None:
        with runtime.record.writing() as session:
            batches.get(session, batch_id).lease_owner = other(runtime, "next").owner
        raise RuntimeError("broken")

    monkeypatch.setattr(rerun_batch, "_follow", break_down)
    with pytest.raises(RuntimeError, match="broken"):
        await run_as_prefect_does(runtime, batch_id)
    assert state_of(runtime, batch_id) is BatchState.RUNNING


@pytest.mark.usefixtures("without_prefect")
async def test_a_resume_while_the_paused_follower_leaves_is_followed(
    runtime: Runtime, prefect: Prefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = some_batch(runtime, 1)
    prefect.runs["first"] = "RUNNING"

    async def left_for_a_pause(_batch_id: str) -> None:
        control.pause(runtime, batch_id=batch_id)
        elsewhere = replace(runtime, owner=other(runtime, "studio").owner)
        assert steering.resume(elsewhere, batch_id=batch_id).state == "running"

    monkeypatch.setattr(rerun_batch, "_follow", left_for_a_pause)
    await run_as_prefect_does(runtime, batch_id)
    assert prefect.asked == ["first"]
    with runtime.record.reading() as session:
        batch: Batch = batches.get(session, batch_id)
        assert batch.lease_owner == batches.HANDED_OVER
