"""What a Prefect server in mid-restart answers about one run never ends the worker of all others.

Prefect's base worker asks for a run's deployment, and for a run that is to be cancelled, in tasks whose
error ends the whole worker: one "500" while the server's database is away, and all its runs are given back.
"""

from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun

from db.log import Log

log = Log("worker")


class SteadyWorker:
    """A mixin, before Prefect's worker class."""

    _submitting_flow_run_ids: set[UUID]
    _cancelling_observer: Any
    _release_limit_slot: Any

    async def _submit_run(self, flow_run: FlowRun) -> None:
        """Submit it. Where the server can't be asked about it, it is as if it had not been taken: it is still
        scheduled, and the next poll of any worker takes it.
        """
        try:
            await super()._submit_run(flow_run)  # type: ignore[misc]
        except Exception as error:
            log.error("a run is not taken now", error=error, flow_run_id=str(flow_run.id))
            if self._cancelling_observer is not None:
                self._cancelling_observer.remove_in_flight_flow_run_id(flow_run.id)
            self._submitting_flow_run_ids.discard(flow_run.id)
            self._release_limit_slot(flow_run.id)

    async def _cancel_run(self, flow_run_id: UUID) -> None:
        """Cancel it if it has not begun. Where that fails: a run that begins asks for its own state."""
        try:
            await super()._cancel_run(flow_run_id)  # type: ignore[misc]
        except Exception as error:
            log.error("a run is not cancelled now", error=error, flow_run_id=str(flow_run_id))
