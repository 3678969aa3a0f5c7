"""How often the background worker inside our Prefect server looks around while there is nothing to do.

Prefect's server keeps its chores (late runs, schedules, expired leases) in a queue in its own memory, with a
worker of the package docket, which looks some twenty times a second: for most of a studio's day, that is what
the server does. What is put into the queue for now wakes the worker at once, however long it waits; only what
is due later is found by looking, and the most frequent of Prefect's chores come every few seconds.
"""

from datetime import timedelta
from typing import Any

from docket import Docket, Worker
from prefect.server.api import background_workers

QUEUE_IN_MEMORY = "memory://"
LOOK = timedelta(seconds=1)
# Tells other workers of the same queue who lives: in memory there are no others.
SIGN_OF_LIFE = timedelta(seconds=30)


class CalmWorker(Worker):
    """docket's worker, for a queue that nobody else serves."""

    def __init__(self, docket: Docket, **chosen: Any) -> None:
        docket.heartbeat_interval = SIGN_OF_LIFE
        super().__init__(docket, **{"minimum_check_interval": LOOK, "scheduling_resolution": LOOK, **chosen})

    async def _cancellation_listener(self) -> None:
        """Wait for the end: Prefect cancels none of its chores, and listening for that is ten looks."""
        session = self._processing_session
        if session is not None:
            session.cancellation_ready.set()
            await session.stopping.wait()


def keep_calm(queue_url: str) -> None:
    """Have Prefect's application use it, to be called before that starts; not where its queue is in Redis."""
    if queue_url.startswith(QUEUE_IN_MEMORY):
        background_workers.Worker = CalmWorker  # type: ignore[attr-defined, assignment]
