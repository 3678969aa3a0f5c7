"""Polls as soon as the server says that a run was scheduled, or a slot is free, and not at the next poll."""

import asyncio
from collections.abc import Awaitable, Callable

import anyio
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter

from flows.worker.log import Log

WAKING_EVENTS = ["prefect.flow-run.Scheduled", "prefect.flow-run.AwaitingRetry", "prefect.flow-run.Resuming"]
RECONNECT_SECONDS = 1  # after what failed: the stream of events, or a poll


class WakeUps:
    """Calls `poll` when a flow run is scheduled; many events at once are one call.

    Without the event stream the worker's ordinary polling goes on, so nothing here may stop the worker.
    """

    def __init__(self, poll: Callable[[], Awaitable[object]], logger: Log) -> None:
        self._poll = poll
        self._logger = logger
        self._due = asyncio.Event()

    def now(self) -> None:
        """Poll at once: what waited may be taken."""
        self._due.set()

    async def run(self) -> None:
        """Listen and poll until cancelled."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._listen)
            group.start_soon(self._poll_when_due)

    async def _listen(self) -> None:
        while True:
            try:
                waking = EventFilter(event=EventNameFilter(name=WAKING_EVENTS))
                async with get_events_subscriber(filter=waking) as events:
                    self._due.set()  # for what was scheduled while nobody listened
                    async for _ in events:
                        self._due.set()
            except Exception as error:  # whatever it is, polling goes on
                self._logger.warning(
                    "Event stream lost (%s); polling until it is back.", type(error).__name__
                )
            await anyio.sleep(RECONNECT_SECONDS)

    async def _poll_when_due(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._poll()
            except Exception as error:
                self._logger.warning("An early poll failed (%s).", type(error).__name__)
                await anyio.sleep(RECONNECT_SECONDS)
                self._due.set()  # what it was for still waits
