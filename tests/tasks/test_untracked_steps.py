"""A step goes on when Prefect's server is away, and only then is it done a second time."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError

from tasks.errors import Refused
from tasks.steps import _tracked

Step = Callable[[str], Awaitable[str]]


async def plain(style: str) -> str:
    return f"{style}, untracked"


def raising(error: Exception) -> Callable[[Step], Step]:
    def as_task(_step: Step) -> Step:
        async def task(_style: str) -> str:
            raise error

        return task

    return as_task


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), ConcurrencySlotAcquisitionError("no server")]
)
async def test_a_step_that_can_not_be_tracked_is_done_all_the_same(error: Exception) -> None:
    assert await _tracked(raising(error), plain, plain)("flat") == "flat, untracked"


async def test_a_step_that_failed_is_not_done_again() -> None:
    with pytest.raises(Refused):
        await _tracked(raising(Refused("No.")), plain, plain)("flat")
