"""Prefect's chores in our server: done at once when they are due now, soon when they are due later."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from docket import Docket
from prefect.server.api import background_workers

from flows.prefect_server.pace import CalmWorker, keep_calm


def test_prefects_application_takes_the_calm_worker_unless_its_queue_is_shared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prefects_own = background_workers.Worker  # type: ignore[attr-defined]
    monkeypatch.setattr(background_workers, "Worker", prefects_own)

    keep_calm("redis://localhost:6379")
    assert background_workers.Worker is prefects_own  # type: ignore[attr-defined]
    keep_calm("memory://")
    assert background_workers.Worker is CalmWorker  # type: ignore[attr-defined]


def test_a_calm_worker_does_what_is_due_now_and_later_and_stops() -> None:
    done: list[str] = []
    all_done = asyncio.Event()

    async def chore(name: str) -> None:
        done.append(name)
        if len(done) == 2:
            all_done.set()

    async def serve() -> None:
        async with Docket(name="of-a-test", url="memory://") as docket:
            docket.register(chore)
            async with CalmWorker(docket) as worker:
                working = asyncio.create_task(worker.run_forever())
                await docket.add(chore)("now")
                await docket.add(chore, when=datetime.now(UTC) + timedelta(seconds=1))("later")
                await asyncio.wait_for(all_done.wait(), 120)
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)

    asyncio.run(serve())

    assert sorted(done) == ["later", "now"]
