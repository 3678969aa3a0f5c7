"""The steps as an order of work calls them: async, by id, without Prefect. `tasks.steps` adds Prefect."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from tasks import describe_photo as describing
from tasks import illustrate as illustrating
from tasks import record_image as recording
from tasks import score_likeness as scoring
from tasks import write_prompt as writing
from tasks.recheck_photo import recheck_photo
from tasks.retries import DELAYS, worth_retrying
from tasks.runtime import current_runtime
from tasks.write_prompt import PictureWork

P = ParamSpec("P")
R = TypeVar("R")


async def check_photo(character_id: str) -> list[str]:
    """Is the stored photo still one we can work from? Its warnings; PhotoRefused otherwise."""
    return await asyncio.to_thread(recheck_photo, current_runtime(), character_id)


async def describe_photo(character_id: str) -> str:
    """The id of the profile to work from."""
    return await asyncio.to_thread(describing.describe_photo, current_runtime(), character_id)


async def write_prompt(character_id: str, profile_id: str, style: str, ordinal: int) -> PictureWork:
    """The prompt of one style, on record."""
    return await asyncio.to_thread(
        writing.write_prompt,
        current_runtime(),
        character_id=character_id,
        profile_id=profile_id,
        style=style,
        ordinal=ordinal,
    )


async def illustrate(work: PictureWork) -> str:
    """The id of the asset that holds the picture."""
    return await asyncio.to_thread(illustrating.illustrate, current_runtime(), work)


async def score_likeness(work: PictureWork, asset_id: str) -> dict[str, Any]:
    """What was measured of the picture."""
    return await asyncio.to_thread(scoring.score_likeness, current_runtime(), work, asset_id)


async def record_image(work: PictureWork, asset_id: str, run_token: str, likeness: dict[str, Any]) -> str:
    """The id of the variant."""
    return await asyncio.to_thread(
        recording.record_image,
        current_runtime(),
        work,
        asset_id=asset_id,
        run_token=run_token,
        likeness=likeness,
    )


@dataclass(frozen=True)
class Steps:
    """What an order of work is made of. `PLAIN` runs here and now; `tasks.steps.PREFECT` is tracked."""

    check_photo: Callable[[str], Awaitable[list[str]]]
    describe_photo: Callable[[str], Awaitable[str]]
    write_prompt: Callable[[str, str, str, int], Awaitable[PictureWork]]
    illustrate: Callable[[PictureWork], Awaitable[str]]
    score_likeness: Callable[[PictureWork, str], Awaitable[dict[str, Any]]]
    record_image: Callable[[PictureWork, str, str, dict[str, Any]], Awaitable[str]]


def retrying(step: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """`step`, tried again with jitter when the failure's class says that this may help."""

    async def patient(*args: P.args, **kwargs: P.kwargs) -> R:
        for delay in DELAYS:
            try:
                return await step(*args, **kwargs)
            except Exception as error:
                if not worth_retrying(error):
                    raise
                await asyncio.sleep(delay * random.uniform(1, 1.5))
        return await step(*args, **kwargs)

    return patient


PLAIN = Steps(
    check_photo=retrying(check_photo),
    describe_photo=retrying(describe_photo),
    write_prompt=retrying(write_prompt),
    illustrate=retrying(illustrate),
    score_likeness=score_likeness,
    record_image=retrying(record_image),
)
