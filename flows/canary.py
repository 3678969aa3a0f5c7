"""Flow `canary`: draws a fixed set of photos and says whether the models still draw as they did."""

import asyncio

from prefect import flow
from prefect.artifacts import acreate_table_artifact

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

    found = await asyncio.to_thread(run_canary, current_runtime(), tell=tell)
    return len(found.drifted)


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
        f"{len(found.compared_with)} earlier canaries",
    )
