"""A batch whose last chunk is done is closed, by whoever did it, with its summary on the dashboard."""

from collections.abc import Awaitable

from prefect.artifacts import acreate_markdown_artifact, acreate_progress_artifact, acreate_table_artifact

from db.log import Log
from flows.batch_report import REPORT_TABLES, Plan, plan_markdown, summary_tables
from flows.batch_work import patiently
from tasks.batch.chunks import close_unpaid
from tasks.batch.endings import close_if_over
from tasks.batch.status import status_of
from tasks.pipeline import SERVER_AWAY
from tasks.runtime import current_runtime

log = Log("batch")


async def end_if_over(batch_id: str) -> None:
    """Close the batch if nothing of it is left to do, and nobody has closed it."""
    if await patiently(close_if_over, current_runtime(), batch_id):
        await publish(_publish_summary(batch_id))


async def end_if_unpaid(batch_id: str) -> bool:
    """Close the batch, whatever is left of it, where the budgets pay for no more and nobody works on it."""
    closed = await patiently(close_unpaid, current_runtime(), batch_id)
    if closed:
        await publish(_publish_summary(batch_id))
    return closed


async def publish_plan(batch_id: str, chunk_size: int, at_once: int) -> None:
    """What the batch will do, as an artifact."""
    plan = await patiently(Plan.of, batch_id, chunk_size, at_once)
    artifact = acreate_markdown_artifact(
        key=f"plan-{batch_id}", markdown=plan_markdown(plan), description="What this batch will do"
    )
    await publish(artifact)


async def publish_progress(batch_id: str) -> None:
    """How much of the batch is over, in percent, as an artifact of the chunk's run that has just ended."""
    now = await patiently(status_of, current_runtime(), batch_id=batch_id)
    artifact = acreate_progress_artifact(
        progress=100 * (now.planned - now.left) / now.planned if now.planned else 100.0,
        key=f"progress-{batch_id}",
        description=f"{now.done} drawn, {now.skipped} were there, {now.failed} failed, {now.left} left",
    )
    await publish(artifact)


async def publish(publishing: Awaitable[object]) -> None:
    """Pages on the dashboard are for people: the work does not wait for a server that is away."""
    try:
        await publishing
    except SERVER_AWAY as error:
        log.warning("Prefect could not be told", code=type(error).__name__)


async def _publish_summary(batch_id: str) -> None:
    tables = await patiently(summary_tables, batch_id)
    await acreate_table_artifact(
        key=f"summary-{batch_id}", table=tables.by_style, description="By style: what became of each picture"
    )
    for name, rows in tables.report.items():
        await acreate_table_artifact(key=f"{name}-{batch_id}", table=rows, description=REPORT_TABLES[name])
    if tables.failures:
        await acreate_table_artifact(
            key=f"failures-{batch_id}", table=tables.failures, description="Failures by reason"
        )
