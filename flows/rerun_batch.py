"""Flow `rerun-batch`: failed or missing styles, at night, in chunks; a plan before, a summary after."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from prefect import Flow, flow, runtime, task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State

from db.log import Log
from db.models import BatchState
from flows.batch_report import Plan, counts_of, passed_over_by, plan_markdown, summary_tables
from flows.character_run import run_character
from flows.run_request import RunRequest, RunResult
from tasks.amounts import microusd
from tasks.batch.endings import CANCELLED, LOST, close_batch, interrupt_batch
from tasks.batch.lease import holding, is_ours
from tasks.batch.plan import (
    chunks_of,
    open_batch,
    options_of,
    ordinals_of,
    pending_by_character,
    planned_pictures,
    settle_items,
    start_batch,
    that_fit,
)
from tasks.errors import StorykinError
from tasks.pipeline import SERVER_AWAY, untracked
from tasks.runtime import current_runtime
from tasks.styles.packs import chosen_styles

log = Log("batch")

BROKEN = "Something went wrong inside Storykin; the log of its run has the reason."


def _own_token(flow_run: FlowRun) -> str:
    """A batch is its flow run, unless it was given another name: however often that is started, the same."""
    return flow_run.parameters.get("run_token") or str(flow_run.id)


def _run_name() -> str:
    return f"rerun {runtime.flow_run.parameters.get('run_token') or runtime.flow_run.id}"


def _close_cancelled(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    del flow, state
    interrupt_batch(current_runtime(), _own_token(flow_run), BatchState.CANCELLED, CANCELLED)


def _close_crashed(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    del flow, state
    interrupt_batch(current_runtime(), _own_token(flow_run), BatchState.FAILED, LOST)


@flow(
    name="rerun-batch",
    flow_run_name=_run_name,
    persist_result=False,
    on_cancellation=[_close_cancelled],
    on_crashed=[_close_crashed],
)
async def rerun_batch(
    styles: list[str] | None = None,
    limit: int = 1000,
    chunk_size: int = 100,
    at_once: int = 2,
    run_token: str | None = None,
    budget_usd: float | None = None,
) -> dict[str, Any]:
    """Draw what was ordered and failed or is missing, at most `limit` pictures.

    `styles` (names, or "all") orders more: a picture in each for every character that has none.
    `chunk_size` characters make one task on the dashboard, `at_once` characters are worked on at the same
    time. The same flow run again, or the same `run_token`, carries the same batch on where it stopped, with
    what is left of its limit and its budget. Nothing begins, and nothing is spent, if the plan is dearer
    than `budget_usd`. Returns the counts.
    """
    token = run_token or str(runtime.flow_run.id)
    wanted = chosen_styles(styles) if styles else None
    budget = microusd(budget_usd)
    batch_id = await asyncio.to_thread(open_batch, token, wanted, limit, budget_microusd=budget)
    await _publish(_publish_plan(batch_id, chunk_size, at_once))
    with holding(current_runtime(), batch_id):
        await asyncio.to_thread(start_batch, batch_id)
        try:
            await _draw(batch_id, chunk_size, at_once)
        except Exception:
            await asyncio.to_thread(interrupt_batch, current_runtime(), token, BatchState.FAILED, BROKEN)
            raise
        state = await asyncio.to_thread(close_batch, current_runtime(), batch_id)
    counts = await asyncio.to_thread(counts_of, batch_id)
    await _publish(_publish_summary(batch_id))
    if state is BatchState.FAILED:
        raise RuntimeError(f"Nothing of this batch could be drawn: {counts}")
    passed_over = await asyncio.to_thread(passed_over_by, batch_id)
    return {"batch_id": batch_id, **counts, **passed_over}


async def _draw(batch_id: str, chunk_size: int, at_once: int) -> None:
    """Chunk after chunk, while what is left of the budgets pays for the next."""
    pending = await asyncio.to_thread(pending_by_character, batch_id)
    for number, chunk in enumerate(chunks_of(pending, chunk_size), start=1):
        fitting = await asyncio.to_thread(that_fit, batch_id, chunk)
        if fitting:
            await _draw_tracked(number, batch_id, fitting, at_once)
        if fitting != chunk:
            return


async def _draw_tracked(number: int, batch_id: str, chunk: dict[str, list[str]], at_once: int) -> None:
    """As a task of Prefect, or without it while its server is away: what is drawn already is left out."""
    try:
        await draw_chunk.with_options(task_run_name=f"chunk {number}")(batch_id, chunk, at_once)
    except SERVER_AWAY as error:
        log.warning("a chunk goes on without Prefect", code=type(error).__name__, batch_id=batch_id)
        await draw_chunk.fn(batch_id, chunk, at_once)


@task(name="draw-chunk", cache_policy=NO_CACHE, persist_result=False)
async def draw_chunk(batch_id: str, chunk: dict[str, list[str]], at_once: int) -> int:
    """Work on one chunk: `chunk` maps a character's id to its styles. Returns how many characters it was.

    One failure ends one character's turn and no other's; the provider's calls are in the ledger each.
    """
    semaphore = asyncio.Semaphore(at_once)
    pending = await asyncio.to_thread(pending_by_character, batch_id)

    async def one(character_id: str, styles: list[str]) -> None:
        async with semaphore:
            if await asyncio.to_thread(is_ours, current_runtime(), batch_id):
                await _draw_character(batch_id, character_id, tuple(styles))

    left = {
        each: [style for style in chunk[each] if style in pending[each]] for each in chunk if each in pending
    }
    await asyncio.gather(*(one(character_id, styles) for character_id, styles in left.items() if styles))
    return len(left)


async def _draw_character(batch_id: str, character_id: str, styles: tuple[str, ...]) -> None:
    try:
        planned = await asyncio.to_thread(planned_pictures, batch_id, character_id)
        request = RunRequest(
            character_id,
            styles,
            batch_id,  # as the run token, so that a batch carried on adds nothing twice
            ordinals=ordinals_of(planned),
            options_by_style=options_of(planned),
        )
        result = await run_character(request, untracked)
    except Exception as error:
        log.error("character failed", error=error, batch_id=batch_id, character_id=character_id)
        internal_error = StorykinError("Something went wrong inside Storykin.", code="internal")
        result = RunResult(failures={"": internal_error})
    await asyncio.to_thread(
        settle_items,
        batch_id,
        character_id,
        made=result.made,
        found=result.found,
        failures=result.failures,
    )


async def _publish(publishing: Awaitable[object]) -> None:
    """Pages on the dashboard are for people: the work does not wait for a server that is away."""
    try:
        await publishing
    except SERVER_AWAY as error:
        log.warning("Prefect could not be told", code=type(error).__name__)


async def _publish_plan(batch_id: str, chunk_size: int, at_once: int) -> None:
    plan = await asyncio.to_thread(Plan.of, batch_id, chunk_size, at_once)
    await acreate_markdown_artifact(
        key=f"plan-{batch_id}", markdown=plan_markdown(plan), description="What this batch will do"
    )


async def _publish_summary(batch_id: str) -> None:
    tables = await asyncio.to_thread(summary_tables, batch_id)
    await acreate_table_artifact(
        key=f"summary-{batch_id}", table=tables.by_style, description="By style: what became of each picture"
    )
    if tables.failures:
        await acreate_table_artifact(
            key=f"failures-{batch_id}", table=tables.failures, description="Failures by reason"
        )
