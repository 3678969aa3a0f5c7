"""Which flow runs a worker of ours carries out: those of prefect.yaml's entrypoints, as they stand there.

Whoever may write to a Prefect server can make a deployment that runs a shell script before the flow, or
another program instead of it, on every machine with a worker. So nothing that says what is run, where, or in
which environment is taken from the server: the entrypoint is ours, and the environment is the worker's own.
"""

from typing import Self
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, WorkPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.workers.base import BaseJobConfiguration
from pydantic import PrivateAttr

from flows.deployments import read_deployments

HEARTBEAT_SECONDS = "30"  # the shortest that Prefect takes; a run without them can't be known to be dead


class RunRefused(Exception):
    """The run asks for more than this worker does; the message says what."""


def own_entrypoint(flow_run: FlowRun, deployment: DeploymentResponse | None) -> str:
    """The entrypoint of our own prefect.yaml that `flow_run` is to run. Raises RunRefused."""
    if deployment is None:
        raise RunRefused("It belongs to no deployment; this worker runs those of its prefect.yaml alone.")
    asked, name = deployment.entrypoint or "", deployment.name
    if asked not in {each.entrypoint for each in read_deployments()}:
        raise RunRefused(f"Deployment {name} names an entrypoint that is not in this worker's prefect.yaml.")
    if deployment.pull_steps:
        raise RunRefused(f"Deployment {name} has pull steps, and this worker runs none.")
    if deployment.storage_document_id or deployment.infrastructure_document_id:
        raise RunRefused(f"Deployment {name} brings storage or infrastructure; this worker uses its own.")
    variables = {**(deployment.job_variables or {}), **(flow_run.job_variables or {})}
    if variables:
        raise RunRefused(
            f"It sets job variables ({', '.join(sorted(variables))}), and this worker heeds none: set what a "
            "run needs in the worker's own environment."
        )
    return asked


class OwnRuns(BaseJobConfiguration):
    """A job configuration that takes nothing from the work pool, the deployment or the run."""

    _entrypoint: str = PrivateAttr(default="")

    @classmethod
    async def resolve_for_flow_run(
        cls,
        flow_run: FlowRun,
        *,
        client: PrefectClient,
        work_pool: WorkPool,
        worker_name: str,
        worker_id: UUID | None = None,
        deployment: DeploymentResponse | None = None,
    ) -> Self:
        """The configuration of one run of ours. Raises RunRefused."""
        if deployment is None and flow_run.deployment_id is not None:
            deployment = await client.read_deployment(flow_run.deployment_id)
        entrypoint = own_entrypoint(flow_run, deployment)
        configuration = cls()
        flow = await client.read_flow(flow_run.flow_id)
        configuration.prepare_for_flow_run(flow_run, deployment, flow, work_pool, worker_name, worker_id)
        configuration.env.setdefault("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", HEARTBEAT_SECONDS)
        configuration._entrypoint = entrypoint
        return configuration
