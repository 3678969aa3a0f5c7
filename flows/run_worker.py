"""A worker's process from its start to the signal that ends it, without the seconds of Prefect's CLI."""

import asyncio
import contextlib
import signal
import sys
from typing import Any

from prefect.client.orchestration import get_client
from prefect.workers.base import BaseWorker

from db.log import Log, configure_logging
from db.settings import record_settings
from flows.deployments import chosen_queues, work_pool
from flows.lone_worker import reconciling_alone
from flows.meters import exporting, worker_meters
from flows.prefect_http import is_ours
from flows.settings import flow_settings
from flows.worker_name import worker_name
from tasks.entry_point import prepare_process
from tasks.traces.setup import tracing

POLL_SECONDS = 0.3
PATIENT_POLLS = 20  # before it is said that Prefect does not answer

log = Log("worker")


def run_worker(worker_class: type[BaseWorker[Any, Any, Any]]) -> None:
    """Run the worker until a stop signal; what becomes of its running flow runs is the class's affair."""
    prepare_process()
    configure_logging()
    asyncio.run(_work_until_stopped(worker_class))


async def _work_until_stopped(worker_class: type[BaseWorker[Any, Any, Any]]) -> None:
    working = asyncio.ensure_future(_work(worker_class))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    with reconciling_alone(sys.argv[1:]), contextlib.suppress(asyncio.CancelledError):
        await working


async def _work(worker_class: type[BaseWorker[Any, Any, Any]]) -> None:
    queues = chosen_queues()
    # A worker that waits for the server is alive: its /metrics answers, and no probe restarts it.
    with exporting(worker_meters()):
        await _wait_for_server()
        await _serve(worker_class, queues)


async def _serve(worker_class: type[BaseWorker[Any, Any, Any]], queues: list[str]) -> None:
    with worker_name(record_settings().home) as name, tracing("worker"):
        worker = worker_class(
            work_pool_name=work_pool(),
            work_queues=queues or None,
            name=name,
            limit=flow_settings().worker_limit,
            create_pool_if_not_found=is_ours(flow_settings().prefect_api_url),  # elsewhere only a deploy does
        )
        worker_meters().takes(flow_settings().worker_limit)
        log.info("worker started", process=name)
        await worker.start()


async def _wait_for_server() -> None:
    polls = 0
    async with get_client() as client:
        while await client.api_healthcheck() is not None:
            polls += 1
            if polls == PATIENT_POLLS:
                log.warning("waiting for Prefect's server, which does not answer")
            await asyncio.sleep(POLL_SECONDS)
