"""The hooks of a run that was cancelled or crashed, run where its flow is already imported."""

from collections import OrderedDict
from dataclasses import replace
from typing import Any
from uuid import UUID

import anyio
from prefect.client.schemas.objects import FlowRun, State
from prefect.logging import get_logger

from flows.worker.forks import Forks
from flows.worker.messages import ForkRequest, Hook

HOOK_SECONDS = 120
REMEMBERED = 256  # a cancelled run's hooks are called seconds after its process has ended


class ForkedHooks:
    """Runs a dead run's hooks in a forked child, so that the worker itself never imports a flow.

    Hooks are best effort, as everywhere in Prefect.
    """

    def __init__(self, forks: Forks) -> None:
        self._forks = forks
        self._requests: OrderedDict[UUID, ForkRequest] = OrderedDict()
        self._run_for: set[UUID] = set()

    def remember(self, flow_run_id: UUID, request: ForkRequest) -> None:
        """Remember the request that started a run: its hooks need the same environment."""
        self._requests[flow_run_id] = request
        self._run_for.discard(flow_run_id)
        while len(self._requests) > REMEMBERED:
            forgotten, _ = self._requests.popitem(last=False)
            self._run_for.discard(forgotten)

    def were_run(self, flow_run_id: UUID) -> bool:
        """Whether the hooks of a run's newest start were run here."""
        return flow_run_id in self._run_for

    async def run_cancellation_hooks(self, flow_run: FlowRun, state: State[Any]) -> None:
        """Run the flow's on_cancellation hooks."""
        if state.is_cancelling():
            await self._run("cancellation", flow_run, state)

    async def run_crashed_hooks(self, flow_run: FlowRun, state: State[Any]) -> None:
        """Run the flow's on_crashed hooks."""
        if state.is_crashed():
            await self._run("crashed", flow_run, state)

    async def _run(self, hook: Hook, flow_run: FlowRun, state: State[Any]) -> None:
        self._run_for.add(flow_run.id)
        # A run of an earlier worker has no request here: its flow is found by its deployment.
        request = replace(
            self._requests.get(flow_run.id) or ForkRequest(number=0, entrypoint=None),
            hook=hook,
            flow_run=flow_run.model_dump_json(),
            state=state.model_dump_json(exclude={"data"}),
        )
        try:
            process = await self._forks.fork(request)
            with anyio.fail_after(HOOK_SECONDS):
                code = await process.wait()
        except (TimeoutError, ConnectionError) as error:
            self._warn(hook, flow_run, type(error).__name__)
        else:
            if code:
                self._warn(hook, flow_run, f"exit code {code}")

    def _warn(self, hook: Hook, flow_run: FlowRun, why: str) -> None:
        get_logger("worker.hooks").warning("The %s hooks of run %s failed: %s.", hook, flow_run.id, why)
