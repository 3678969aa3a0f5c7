"""How Prefect's executor gets a process for a run: forked, in a process group of its own."""

from dataclasses import replace
from typing import Protocol
from uuid import UUID

import anyio
import anyio.abc
from prefect.client.schemas.objects import FlowRun

from flows.worker.forks import Forks
from flows.worker.messages import ForkRequest
from flows.worker.prefect_internals import ProcessHandle, create_isolated_termination_scope


class _ControlChannel(Protocol):
    def register(self, flow_run_id: UUID) -> tuple[int, str]: ...


class ForkStarter:
    """Starts one run, and stays until its process has ended."""

    def __init__(self, forks: Forks, request: ForkRequest, control: _ControlChannel) -> None:
        self._forks = forks
        self._request = request
        self._control = control

    async def start(
        self,
        flow_run: FlowRun,
        task_status: anyio.abc.TaskStatus[ProcessHandle] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        """Fork the run's process, report its handle to `task_status`, and wait for its end."""
        environment = self._request.environment | self._control_environment(flow_run.id)
        process = await self._forks.fork(replace(self._request, environment=environment))
        scope = create_isolated_termination_scope(process.pid)
        task_status.started(ProcessHandle(process, termination_scope=scope))  # type: ignore[arg-type]
        await process.wait()

    def _control_environment(self, flow_run_id: UUID) -> dict[str, str]:
        """Where the run's process learns whether it is being cancelled, or handed back."""
        try:
            port, token = self._control.register(flow_run_id)
        except RuntimeError:  # the channel has no port: runs are then only killed, never told why
            return {}
        return {"PREFECT__CONTROL_PORT": str(port), "PREFECT__CONTROL_TOKEN": token}
