"""Flow `canary`: draws a fixed set of photos and says whether the models still draw as they did."""

import asyncio
from uuid import UUID

from prefect import flow, runtime
from prefect.artifacts import acreate_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from tasks.canary.run import CanaryReport, run_canary
from tasks.runtime import current_runtime


@flow(name="canary", flow_run_name="canary", persist_result=False, timeout_seconds=6 * 3600)
async def canary() -> int:
    """Run one canary; how many measures have drifted. Where the budget is spent or a provider is away it
    stops, and the next one goes on with it.
    """
    loop = asyncio.get_running_loop()

    def tell(found: CanaryReport) -> None:
        asyncio.run_coroutine_threadsafe(_show(found), loop).result()

    def has_told() -> bool:
        return asyncio.run_coroutine_threadsafe(_has_shown(), loop).result()

    found = await asyncio.to_thread(run_canary, current_runtime(), tell=tell, has_told=has_told)
    return len(found.drifted)


async def _has_shown() -> bool:
    """Whether this very flow run has shown what it found, before it was started again."""
    if not runtime.flow_run.id:
        return False
    own = ArtifactFilterFlowRunId(any_=[UUID(runtime.flow_run.id)])
    async with get_client() as client:
        shown = await client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=own), limit=1)
    return bool(shown)


async def _show(found: CanaryReport) -> None:
    await acreate_table_artifact(
        key="canary",
        table=[
            {
                "measure": each.measure,
                "photos": each.photos,
                "before": round(each.before, 4),
                "change": round(each.mean, 4),
                "from": None if each.low is None else round(each.low, 4),
                "to": None if each.high is None else round(each.high, 4),
                "drifted": each.drifted,
            }
            for each in found.changes
        ],
        description=f"{found.models[0]}, {found.measured} of {found.pictures} pictures measured, beside "
        f"{len(found.compared_with)} earlier canaries; {found.not_comparable} not comparable: since "
        "then we ask for them in other words",
    )
