"""Bring a Prefect server's deployments in line with prefect.yaml: `storykin deploy`.

`prefect --no-prompt deploy --all` would have schedules mean UTC, whatever STORYKIN_TIMEZONE says.
"""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema
from prefect.workers.base import BaseWorker

import flows.worker  # noqa: F401 - makes the warm worker's pool type known
from db.settings import record_settings
from flows.deployments import CONTAINER_POOLS, QUEUES, Deployment, check_pool, read_deployments, work_pool
from flows.installation_secret import installation_name
from flows.settings import flow_settings
from tasks.entry_point import prepare_process
from tasks.errors import StorykinError
from tasks.settings import provider_settings

OUR_TAG = "storykin"  # on every deployment of prefect.yaml
_SHOWN_AT = {
    "storykin": "",
    "nightly": "batches",
    "chunk": "batches",
    "regular": "health",
    "weekly": "health",
}  # pages of the studio


async def deploy(deployments: list[Deployment], *, worker_type: str, writer: str) -> list[str]:
    """Bring work pool and deployments in line with `deployments`; returns what to tell of it.

    What an operator paused stays paused. Only what `writer` itself wrote is ever deleted. Raises PoolUnfit,
    and then nothing was changed.
    """
    mark = f"{OUR_TAG}-by:{writer}"
    async with get_client() as client:
        await _ensure_pool(client, worker_type)
        await _ensure_queues(client)
        for each in deployments:
            await _deploy_one(client, each, mark)
        done = [f"deployed {each.full_name}" for each in deployments]
        return done + await _drop_others(client, {each.full_name for each in deployments}, mark)


async def _drop_others(client: PrefectClient, wanted: set[str], mark: str) -> list[str]:
    """Delete what this installation wrote and its file names no more: the schedules would go on for ever.

    What another installation wrote, or an earlier version that left no mark, is told and left alone.
    """
    changes = []
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[OUR_TAG]))
    for each in await client.read_deployments(deployment_filter=ours):
        flow = await client.read_flow(each.flow_id)
        name = f"{flow.name}/{each.name}"
        if name in wanted:
            continue
        if mark in each.tags:
            await client.delete_deployment(each.id)
            changes.append(f"removed {name}, which this installation deployed and names no more")
        else:
            changes.append(
                f"left {name} alone: this version does not name it, and another installation or version has "
                "deployed it. If nobody needs it, pause or delete it on the dashboard."
            )
    return changes


async def _ensure_pool(client: PrefectClient, worker_type: str) -> None:
    """Make the pool if there is none. Raises PoolUnfit where one is there that is no use."""
    try:
        check_pool((await client.read_work_pool(work_pool())).type, also=CONTAINER_POOLS)
    except ObjectNotFound:
        pass
    else:
        return
    worker = BaseWorker.get_worker_class_from_type(worker_type)
    if worker is None:
        raise ValueError(f"no worker of type {worker_type} is installed")
    template = worker.get_default_base_job_template()
    with suppress(ObjectAlreadyExists):  # the worker starts at the same time, and makes it too
        await client.create_work_pool(
            WorkPoolCreate(name=work_pool(), type=worker_type, base_job_template=template)
        )


async def _ensure_queues(client: PrefectClient) -> None:
    """The pool's queues. One that is there keeps the priority that an operator may have given it."""
    there = {queue.name for queue in await client.read_work_queues(work_pool_name=work_pool())}
    for priority, name in enumerate(QUEUES, start=1):
        if name not in there:
            with suppress(ObjectAlreadyExists):
                await client.create_work_queue(name, work_pool_name=work_pool(), priority=priority)


def _described(entry: Mapping[str, Any]) -> str:
    """What it is, and the way to where the studio shows it."""
    page = f"{provider_settings().public_address}/studio/{_SHOWN_AT.get(entry['name'], '')}"
    return f"{entry.get('description', '')}\n\n[In the studio]({page})"


async def _deploy_one(client: PrefectClient, deployment: Deployment, mark: str) -> None:
    flow: Flow[..., Any] = load_flow_from_entrypoint(deployment.entrypoint, use_placeholder_flow=False)
    if flow.name != deployment.flow_name:
        raise ValueError(
            f"{deployment.entrypoint} is called {flow.name!r}; it should be {deployment.flow_name!r}"
        )
    entry = deployment.entry
    limit = entry.get("concurrency_limit") or {}
    strategy = limit.get("collision_strategy")
    await client.create_deployment(
        flow_id=await client.create_flow_from_name(flow.name),
        name=deployment.name,
        version=deployment.version,
        entrypoint=deployment.entrypoint,
        path=".",
        pull_steps=[],
        description=_described(entry),
        tags=[*(entry.get("tags") or []), mark],
        parameters=entry.get("parameters"),
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=True,
        work_pool_name=work_pool(),
        work_queue_name=entry["work_pool"].get("work_queue_name"),
        schedules=await _schedules(client, deployment),
        concurrency_limit=limit.get("limit"),
        concurrency_options=(
            ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy(strategy)) if strategy else None
        ),
    )


async def _schedules(client: PrefectClient, deployment: Deployment) -> list[DeploymentScheduleCreate]:
    try:
        present = (await client.read_deployment_by_name(deployment.full_name)).schedules
    except ObjectNotFound:
        present = []
    active = {each.slug: each.active for each in present}
    zone = provider_settings().timezone
    named = [
        DeploymentScheduleCreate(
            schedule=CronSchedule(cron=wanted["cron"], timezone=wanted.get("timezone") or zone),
            slug=wanted["slug"],
            parameters=wanted.get("parameters") or {},
            active=active.get(wanted["slug"], wanted.get("active", True)),
        )
        for wanted in deployment.entry.get("schedules") or []
    ]
    return named + [
        DeploymentScheduleCreate(schedule=each.schedule, active=each.active, parameters=each.parameters or {})
        for each in present
        if not each.slug  # a person has added it on the dashboard: Prefect would delete what is left out
    ]


def apply(path: Path | None = None) -> list[str]:
    """Apply the file `path`, or the project's prefect.yaml; returns what to tell of it."""
    writer = installation_name(record_settings().home)
    return asyncio.run(deploy(read_deployments(path), worker_type=flow_settings().worker_type, writer=writer))


def main(arguments: list[str]) -> int:
    """`python -m flows.deploy [FILE]`."""
    try:
        changes = apply(Path(arguments[0]) if arguments else None)
    except StorykinError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in changes)
    return 0


if __name__ == "__main__":
    prepare_process()
    sys.exit(main(sys.argv[1:]))
