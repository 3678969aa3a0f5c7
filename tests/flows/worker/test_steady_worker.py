"""A server that answers nothing useful about one run: the worker goes on, and the run can be taken again."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from anyio import CapacityLimiter
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import PrefectHTTPStatusError
from prefect.workers.base import BaseWorker

from flows.process_worker import OwnProcessWorker
from flows.worker import WarmWorker
from flows.worker.slots import Slots


class WithoutItsDatabase:
    """Prefect's client before a server whose database is being started again."""

    def __init__(self) -> None:
        self.asked: list[UUID] = []

    async def read_deployment(self, deployment_id: UUID) -> object:
        return self._answer(deployment_id)

    async def read_flow_run(self, flow_run_id: UUID) -> object:
        return self._answer(flow_run_id)

    def _answer(self, asked: UUID) -> object:
        self.asked.append(asked)
        request = httpx.Request("GET", "http://127.0.0.1/api")
        response = httpx.Response(500, request=request)
        raise PrefectHTTPStatusError("Internal Server Error", request=request, response=response)


def a_worker(kind: type[BaseWorker[Any, Any, Any]], client: WithoutItsDatabase) -> Any:
    """A worker of one slot that has been set up, as far as taking a run goes."""
    worker: Any = kind(work_pool_name="storykin", limit=1)
    worker._client = client
    worker._ran = set()
    worker._slots, worker._limiter = Slots(1), CapacityLimiter(1)
    return worker


@pytest.mark.parametrize("kind", [WarmWorker, OwnProcessWorker])
async def test_a_run_that_can_not_be_asked_about_is_taken_later_and_ends_nothing(
    kind: type[BaseWorker[Any, Any, Any]],
) -> None:
    client = WithoutItsDatabase()
    worker = a_worker(kind, client)
    run = FlowRun(id=uuid4(), flow_id=uuid4(), deployment_id=uuid4(), name="a run")
    assert worker._slots.admit([run])
    worker._limiter.acquire_on_behalf_of_nowait(run.id)
    worker._submitting_flow_run_ids.add(run.id)

    await worker._submit_run(run)

    assert client.asked == [run.deployment_id]
    assert worker._submitting_flow_run_ids == set()
    if kind is WarmWorker:
        another = FlowRun(id=uuid4(), flow_id=uuid4(), name="another")
        assert worker._slots.admit([another]) == [another]  # the one slot is free again
    assert worker._limiter.borrowed_tokens == 0


@pytest.mark.parametrize("kind", [WarmWorker, OwnProcessWorker])
async def test_a_run_that_can_not_be_cancelled_now_ends_nothing(
    kind: type[BaseWorker[Any, Any, Any]],
) -> None:
    client = WithoutItsDatabase()
    run_id = uuid4()

    await a_worker(kind, client)._cancel_run(run_id)

    assert client.asked == [run_id]
