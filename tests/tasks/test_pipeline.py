"""The steps as Prefect's tasks: what the dashboard and the caches know them by, and how they are run."""

from typing import Any

import httpx
import pytest
from prefect import Task, task
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError

from tasks import pipeline
from tasks.describe_photo import VisionWork
from tasks.errors import NotSent, Refused
from tasks.pipeline import describe_photo, illustrate, tracked, untracked
from tasks.write_prompt import PictureWork

NOT_NEEDED: Any = None


def test_the_dashboard_knows_the_steps_by_the_names_that_they_have_always_had() -> None:
    steps = [each for each in vars(pipeline).values() if isinstance(each, Task)]
    assert [(step.name, step.task_run_name) for step in steps] == [
        ("check-photo", "check the photo"),
        ("describe-photo", "look at the person"),
        ("build-prompt", "prompt: {style}"),
        ("illustrate", "draw: {work.style}"),
        ("score-likeness", "likeness: {work.style}"),
        ("record-image", "record: {work.style}"),
    ]


def test_the_cache_keys_of_what_is_paid_are_those_of_earlier_versions() -> None:
    """Their digests as they have been since the first version: others would forget what is cached."""
    person = VisionWork("installation-1", "character-1", "asset-1", "openai", "gpt-5-mini")
    picture = PictureWork("character-1", "prompt-1", "a" * 64, "flat", 1)
    assert describe_photo.cache_key_fn is not None and illustrate.cache_key_fn is not None
    assert (
        describe_photo.cache_key_fn(NOT_NEEDED, {"work": person})
        == "951fadbf62c53a199aafb52d9c72a79ad4a661718a6251022b5da198193af3e8"
    )
    assert (
        illustrate.cache_key_fn(NOT_NEEDED, {"work": picture, "operator_id": "installation-1"})
        == "67a9f3801e984819298b376523e78f12d5549529332be8c831adac1169615cc8"
    )


class Step:
    """A step that raises `errors`, one a try, and then returns its argument."""

    def __init__(self, *errors: Exception, retries: int = 0) -> None:
        self._errors = list(errors)
        self.tries = 0

        @task(name="a step", retries=retries)
        async def step(word: str) -> str:
            self.tries += 1
            if self._errors:
                raise self._errors.pop(0)
            return word

        self.task = step


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.pipeline.DELAYS", (0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    "away", [httpx.ConnectError("refused"), ConcurrencySlotAcquisitionError("no server")]
)
async def test_a_step_that_can_not_be_tracked_is_done_all_the_same(
    away: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Step()

    async def no_server(*_: object, **__: object) -> str:
        raise away

    monkeypatch.setattr(Task, "__call__", no_server)
    assert await tracked(step.task, "flat") == "flat"
    assert step.tries == 1


async def test_a_step_that_failed_is_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    step = Step(Refused("No."), retries=3)
    monkeypatch.setattr(Task, "__call__", lambda task, *given: task.fn(*given))
    with pytest.raises(Refused):
        await tracked(step.task, "flat")
    assert step.tries == 1


async def test_without_prefect_a_step_is_retried_as_often_as_with_it() -> None:
    busy = [NotSent("Too many requests.") for _ in range(3)]
    assert await untracked(Step(*busy, retries=3).task, "flat") == "flat"
    with pytest.raises(NotSent):
        await untracked(Step(*busy, retries=2).task, "flat")
    never = Step(Refused("No."), retries=3)
    with pytest.raises(Refused):
        await untracked(never.task, "flat")
    assert never.tries == 1
