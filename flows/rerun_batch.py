"""Flow `rerun-batch`: plans a batch, has its chunks drawn by every worker that is free, and closes it.

It draws chunks itself, too: with one worker and one place it is the only one, and waits for nobody.
"""

import asyncio
from contextlib import suppress
from typing import Any

from prefect import Flow, flow, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext

from db.log import Log
from db.models import Batch, BatchState
from flows.batch_ends import end_if_over, end_if_unpaid, publish_plan
from flows.batch_report import counts_of, passed_over_by
from flows.batch_runs import cancel_waiting, submit_chunk
from flows.batch_work import RECORD_AWAY, Worked, patiently, use_threads, work_on
from flows.batches import hand_over, hand_over_crashed
from flows.missed_nights import is_left_out_beside, is_skipped
from flows.submit import PrefectUnreachable
from tasks.amounts import microusd
from tasks.batch.chunks import (
    HeldChunk,
    Standing,
    at_once_of,
    next_chunk,
    standing,
    state_of,
    submit_chunks,
)
from tasks.batch.endings import CANCELLED, interrupt_batch
from tasks.batch.lease import holding, let_go
from tasks.batch.plan import open_batch, start_batch
from tasks.batch.selection import Selection
from tasks.errors import UsageError
from tasks.pipeline import SERVER_AWAY
from tasks.process_identity import is_gone
from tasks.runtime import current_runtime
from tasks.styles.packs import chosen_styles

log = Log("batch")

BROKEN = "Something went wrong inside Storykin; the log of its run has the reason."
MOST_ASKED_FOR = 50  # flow runs of chunks that wait or work: enough for any number of workers, and no flood
SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_BETWEEN_SUBMISSIONS = 10.0
MOST_INTERRUPTIONS = 5  # of this process, in a row


def _own_token(flow_run: FlowRun) -> str:
    """A batch is its flow run, unless it was given another name: however often that is started, the same."""
    return flow_run.parameters.get("run_token") or str(flow_run.id)


def _run_name() -> str:
    return f"rerun {runtime.flow_run.parameters.get('run_token') or runtime.flow_run.id}"


def _close_cancelled(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    del flow, state
    interrupt_batch(current_runtime(), _own_token(flow_run), BatchState.CANCELLED, CANCELLED)


def _hand_over_crashed(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    del flow, state
    hand_over_crashed(current_runtime(), _own_token(flow_run), is_gone)


@flow(
    name="rerun-batch",
    flow_run_name=_run_name,
    persist_result=False,
    on_cancellation=[_close_cancelled],
    on_crashed=[_hand_over_crashed],
)
async def rerun_batch(
    styles: list[str] | None = None,
    limit: int = 1000,
    chunk_size: int = 100,
    at_once: int = 2,
    run_token: str | None = None,
    budget_usd: float | None = None,
    selection: Selection | None = None,
) -> dict[str, Any]:
    """Draw what was ordered and failed or is missing, at most `limit` pictures.

    `selection` says otherwise which pictures, as `storykin batch plan` and the studio do. `styles` (names, or
    "all") orders more: a picture in each for every character that has none.
    `chunk_size` characters make one flow run, on whichever worker is free, and `at_once` of them are worked
    on at the same time in each. The same flow run again, or the same `run_token`, carries the same batch on
    where it stopped, with what is left of its limit and its budget. Nothing begins, and nothing is spent, if
    the plan is dearer than `budget_usd`. Returns the counts.
    """
    token = run_token or str(runtime.flow_run.id)
    here_now = FlowRunContext.get()
    scheduled = here_now.flow_run if here_now and run_token is None else None
    if await patiently(is_skipped, current_runtime(), scheduled):
        return {"batch_id": None, "left_out_as_missed": True}
    wanted = chosen_styles(styles) if styles else None
    budget = microusd(budget_usd)
    try:
        batch_id = await patiently(
            open_batch,
            token,
            wanted,
            limit,
            selection=None if selection is None else selection.checked(),
            budget_microusd=budget,
            at_once=at_once,
            chunk_size=chunk_size,
        )
    except UsageError as refused:
        if await patiently(is_left_out_beside, current_runtime(), scheduled, refused):
            return {"batch_id": None, "left_out_beside_another": True}
        raise
    await publish_plan(batch_id, chunk_size, at_once)
    here = current_runtime()
    with holding(here, batch_id):
        await patiently(start_batch, batch_id, flow_run_id=str(runtime.flow_run.id))
        use_threads(at_once_of(here, batch_id))
        try:
            await _follow(batch_id)
        except RECORD_AWAY:
            raise  # what can't be read can't be closed either: another follower comes, once it is back
        except Exception:
            await patiently(interrupt_batch, here, token, BatchState.FAILED, BROKEN, only_if=_is_ours)
            raise
        finally:
            with suppress(*RECORD_AWAY):
                await asyncio.to_thread(let_go, here, batch_id)
    await _leave(batch_id)
    counts = await patiently(counts_of, batch_id)
    if await patiently(state_of, here, batch_id) is BatchState.FAILED:
        raise RuntimeError(f"Nothing of this batch could be drawn: {counts}")
    passed_over = await patiently(passed_over_by, batch_id)
    return {"batch_id": batch_id, **counts, **passed_over}


async def _follow(batch_id: str) -> None:
    """Have the chunks drawn, and draw some, until nothing is left, nothing is paid for, or it is stopped."""
    spreading = asyncio.create_task(_spread(batch_id))
    interruptions = 0
    try:
        while (seen := await patiently(standing, current_runtime(), batch_id)).goes_on:
            if not seen.open_chunks:
                await end_if_over(batch_id)
                return
            worked = await _work_on_one(batch_id)
            if worked is Worked.NO_ROOM and await end_if_unpaid(batch_id):
                return
            interruptions = interruptions + 1 if worked is Worked.INTERRUPTED else 0
            if interruptions >= MOST_INTERRUPTIONS:
                raise RuntimeError("The record was away again and again.")
            if worked is not Worked.DONE:
                await asyncio.sleep(_pause_after(seen))
    finally:
        spreading.cancel()


def _is_ours(batch: Batch) -> bool:
    return batch.lease_owner == current_runtime().owner


async def _leave(batch_id: str) -> None:
    """A batch that was paused may have been resumed before its follower let go of it: then nobody has it."""
    try:
        await patiently(hand_over, current_runtime(), batch_id, least_silence=0)
    except PrefectUnreachable as error:
        log.warning("a resumed batch waits for the reconciler", code=error.code, batch_id=batch_id)


def _pause_after(seen: Standing) -> float:
    """Others are waited for; alone there is hardly anything to wait for."""
    return SECONDS_BETWEEN_LOOKS if seen.others else SECONDS_BETWEEN_LOOKS / 10


async def _work_on_one(batch_id: str) -> Worked:
    """Draw a chunk that nobody has begun, here, tracked by Prefect where that is there."""
    number = await patiently(next_chunk, current_runtime(), batch_id)
    if number is None:
        return Worked.NOTHING
    try:
        return await draw_chunk.with_options(task_run_name=f"chunk {number}")(batch_id, number)
    except SERVER_AWAY as error:
        log.warning("a chunk goes on without Prefect", code=type(error).__name__, batch_id=batch_id)
        return await draw_chunk.fn(batch_id, number)


@task(name="draw-chunk", cache_policy=NO_CACHE, persist_result=False)
async def draw_chunk(batch_id: str, number: int) -> Worked:
    """Draw what is left of a chunk in this process. One failure ends one character's turn and no other's."""
    return await work_on(batch_id, number, _take_back, runtime.flow_run.id)


async def _take_back(held: HeldChunk) -> None:
    """The flow run that waits for a place to draw this chunk has nothing to do any more.

    The chunk is held by now: should the run begin at this very moment, its end is no person's word.
    """
    if held.flow_run_id is not None:
        with suppress(PrefectUnreachable):
            await asyncio.to_thread(cancel_waiting, held.flow_run_id)


async def _spread(batch_id: str) -> None:
    """Ask for flow runs of chunks, again and again; while Prefect is away this process draws alone."""
    while True:
        try:
            await asyncio.to_thread(
                submit_chunks, current_runtime(), batch_id, submit_chunk, most=MOST_ASKED_FOR
            )
        except (PrefectUnreachable, *RECORD_AWAY) as error:
            log.warning("chunks could not be handed out", code=error.code, batch_id=batch_id)
        await asyncio.sleep(SECONDS_BETWEEN_SUBMISSIONS)
