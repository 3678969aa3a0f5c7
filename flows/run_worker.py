"""A worker's process from its start to the signal that ends it, without the seconds of Prefect's CLI."""

import asyncio
import contextlib
import signal
import sys
from typing import Any

from prefect.client.orchestration import get_client
from prefect.workers.base import BaseWorker

from flows.deployments import WORK_POOL
from flows.lone_worker import reconciling_alone
from flows.prefect_http import is_ours
from flows.settings import flow_settings
from tasks.entry_point import prepare_process

WORKER_NAME = "storykin"
POLL_SECONDS = 0.3


def run_worker(worker_class: type[BaseWorker[Any, Any, Any]]) -> None:
    """Run the worker until a stop signal; what becomes of its running flow runs is the class's affair."""
    prepare_process()
    asyncio.run(_work_until_stopped(worker_class))


async def _work_until_stopped(worker_class: type[BaseWorker[Any, Any, Any]]) -> None:
    working = asyncio.ensure_future(_work(worker_class))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    with reconciling_alone(sys.argv[1:]), contextlib.suppress(asyncio.CancelledError):
        await working


async def _work(worker_class: type[BaseWorker[Any, Any, Any]]) -> None:
    await _wait_for_server()
    worker = worker_class(
        work_pool_name=WORK_POOL,
        name=WORKER_NAME,
        limit=flow_settings().worker_limit,
        create_pool_if_not_found=is_ours(flow_settings().prefect_api_url),  # elsewhere only a deploy does
    )
    await worker.start()


async def _wait_for_server() -> None:
    async with get_client() as client:
        while await client.api_healthcheck() is not None:  # noqa: ASYNC110 - it is another process's doing
            await asyncio.sleep(POLL_SECONDS)
