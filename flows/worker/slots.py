"""Which scheduled runs a worker takes now: as many as its limit, and housekeeping beside them.

Housekeeping puts right what stops other runs, so it never waits behind them: one run of its queue is always
taken, however long the others are and however many wait. And a person's run does not wait for a batch: the
runs of batches leave one place free, unless it is the only one.
"""

from collections.abc import Iterable
from uuid import UUID

from prefect.client.schemas.objects import FlowRun

from flows.deployments import BATCH_QUEUE, HOUSEKEEPING_QUEUE

RESERVED = 1  # beyond the limit, for housekeeping alone


class Slots:
    """The slots of one worker: `limit` for any run, RESERVED more for housekeeping."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._most_of_batches = max(1, limit - 1)
        self._ordinary: set[UUID] = set()
        self._of_batches: set[UUID] = set()  # among the ordinary ones
        self._reserved: set[UUID] = set()
        self._some_wait = False

    def admit(self, runs: Iterable[FlowRun]) -> list[FlowRun]:
        """Take a slot for each of `runs` while there are some; those that got one, in their order."""
        asked = list(runs)
        admitted = [run for run in asked if self._admits(run)]
        self._some_wait = len(admitted) < len(asked)
        return admitted

    def release(self, flow_run_id: UUID) -> bool:
        """Free the run's slot; harmless if it has none. Whether runs were left waiting for one."""
        self._ordinary.discard(flow_run_id)
        self._of_batches.discard(flow_run_id)
        self._reserved.discard(flow_run_id)
        return self._some_wait

    def _admits(self, run: FlowRun) -> bool:
        if run.id in self._ordinary | self._reserved:
            return True  # it is being submitted: that it is not submitted twice is seen to elsewhere
        if run.work_queue_name == HOUSEKEEPING_QUEUE and len(self._reserved) < RESERVED:
            self._reserved.add(run.id)
            return True
        of_batch = run.work_queue_name == BATCH_QUEUE
        if len(self._ordinary) >= self._limit or (
            of_batch and len(self._of_batches) >= self._most_of_batches
        ):
            return False
        self._ordinary.add(run.id)
        if of_batch:
            self._of_batches.add(run.id)
        return True
