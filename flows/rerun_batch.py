"""Flow `rerun-batch`: failed or missing styles, at night, in chunks; a plan before, a summary after."""

import asyncio
from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from db.ids import new_id
from db.log import Log
from db.models import BatchState
from flows.batch_report import Plan, plan_markdown, summary_tables
from flows.character_run import Order, Outcome, run_character
from tasks.batching import (
    chunks_of,
    close_batch,
    open_batch,
    ordinals_of,
    pending_by_character,
    settle_items,
    start_batch,
)
from tasks.errors import StorykinError
from tasks.step_functions import PLAIN
from tasks.style_packs import chosen_styles
from tasks.workshop import microusd

log = Log("batch")


@flow(name="rerun-batch", flow_run_name="rerun {run_token}", persist_result=False)
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
    time. The same `run_token` again carries the same batch on where it stopped. Nothing begins, and nothing
    is spent, if the plan is dearer than `budget_usd`. Returns the counts.
    """
    wanted = chosen_styles(styles) if styles else None
    batch_id = await asyncio.to_thread(
        open_batch, run_token or new_id(), wanted, limit, budget_microusd=microusd(budget_usd)
    )
    await _tell_plan(batch_id, chunk_size, at_once)
    await asyncio.to_thread(start_batch, batch_id)
    pending = await asyncio.to_thread(pending_by_character, batch_id)
    for number, chunk in enumerate(chunks_of(pending, chunk_size), start=1):
        await draw_chunk.with_options(task_run_name=f"chunk {number}")(batch_id, chunk, at_once)
    state = await asyncio.to_thread(close_batch, batch_id)
    counts = await _tell_summary(batch_id)
    if state is BatchState.FAILED:
        raise RuntimeError(f"Nothing of this batch could be drawn: {counts}")
    return {"batch_id": batch_id, **counts}


@task(name="draw-chunk", cache_policy=NO_CACHE, persist_result=False, tags=["image"])
async def draw_chunk(batch_id: str, chunk: dict[str, list[str]], at_once: int) -> int:
    """Work on one chunk: `chunk` maps a character's id to its styles. Returns how many characters it was.

    One failure ends one character's turn and no other's; the provider's calls are in the ledger each.
    """
    gate = asyncio.Semaphore(at_once)

    async def one(character_id: str, styles: list[str]) -> None:
        async with gate:
            await _draw_character(batch_id, character_id, tuple(styles))

    await asyncio.gather(*(one(character_id, styles) for character_id, styles in chunk.items()))
    return len(chunk)


async def _draw_character(batch_id: str, character_id: str, styles: tuple[str, ...]) -> None:
    try:
        # The batch's id is the run token, so that a batch carried on adds nothing twice.
        ordinals = await asyncio.to_thread(ordinals_of, batch_id, character_id)
        order = Order(character_id, styles, batch_id, ordinals=ordinals)
        outcome = await run_character(order, PLAIN)
    except Exception as error:
        log.error("character failed", error=error, batch_id=batch_id, character_id=character_id)
        told = StorykinError("Something went wrong inside Storykin.", code="internal")
        outcome = Outcome(failures={"": told})
    await asyncio.to_thread(
        settle_items,
        batch_id,
        character_id,
        made=outcome.made,
        found=outcome.found,
        failures=outcome.failures,
    )


async def _tell_plan(batch_id: str, chunk_size: int, at_once: int) -> None:
    plan = await asyncio.to_thread(Plan.of, batch_id, chunk_size, at_once)
    await acreate_markdown_artifact(
        key=f"plan-{batch_id}", markdown=plan_markdown(plan), description="What this batch will do"
    )


async def _tell_summary(batch_id: str) -> dict[str, int]:
    tables = await asyncio.to_thread(summary_tables, batch_id)
    await acreate_table_artifact(
        key=f"summary-{batch_id}", table=tables.by_style, description="By style: what became of each picture"
    )
    if tables.failures:
        await acreate_table_artifact(
            key=f"failures-{batch_id}", table=tables.failures, description="Failures by reason"
        )
    return tables.counts
