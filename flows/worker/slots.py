"""Which scheduled runs a worker takes now: as many as its limit, and housekeeping beside them.

Housekeeping puts right what stops other runs, so it never waits behind them: one run of its queue is always
taken, however long the others are and however many wait.
"""

from collections.abc import Iterable
from uuid import UUID

from prefect.client.schemas.objects import FlowRun

from flows.deployments import HOUSEKEEPING_QUEUE

RESERVED = 1  # beyond the limit, for housekeeping alone


class Slots:
    """The slots of one worker: `limit` for any run, RESERVED more for housekeeping."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ordinary: set[UUID] = set()
        self._reserved: set[UUID] = set()

    def admit(self, runs: Iterable[FlowRun]) -> list[FlowRun]:
        """Take a slot for each of `runs` while there are some; those that got one, in their order."""
        return [run for run in runs if self._admits(run)]

    def release(self, flow_run_id: UUID) -> None:
        """Free the run's slot; harmless if it has none."""
        self._ordinary.discard(flow_run_id)
        self._reserved.discard(flow_run_id)

    def _admits(self, run: FlowRun) -> bool:
        if run.id in self._ordinary | self._reserved:
            return True  # it is being submitted: that it is not submitted twice is seen to elsewhere
        if run.work_queue_name == HOUSEKEEPING_QUEUE and len(self._reserved) < RESERVED:
            self._reserved.add(run.id)
            return True
        if len(self._ordinary) < self._limit:
            self._ordinary.add(run.id)
            return True
        return False
