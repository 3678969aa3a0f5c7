"""One provider is away and the next one draws, against the rehearsal cloud: what each has on its books."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from db.ids import new_id
from db.models import CallState
from db.repositories import calls
from flows.character_run import run_character
from flows.run_request import RunRequest, RunResult
from tasks.pipeline import untracked
from tasks.providers.openai.images import OpenAIImages, OpenAIImagesSettings
from tasks.providers.replicate.image import Patience, ReplicateImage
from tasks.providers.replicate.wire import ReplicateWire
from tasks.runtime import Runtime
from tests.flows.conftest import character_id, runtime
from tests.support.rehearsal import (
    API_KEY,
    API_TOKEN,
    Rehearsal,
    running_rehearsal,
    session_rehearsal,
)
from tests.support.web_server import free_socket

__all__ = ["character_id", "running_rehearsal", "runtime", "session_rehearsal"]


@dataclass
class TwoClouds:
    """Replicate first and OpenAI behind it, both of the rehearsal cloud."""

    cloud: Rehearsal
    runtime: Runtime
    character_id: str

    async def draw(self) -> RunResult:
        request = RunRequest(self.character_id, ("storybook",), new_id())
        return await run_character(request, untracked, self.runtime)

    @property
    def billed(self) -> dict[str, int]:
        """How many pictures each of them has on its bill."""
        entries = self.cloud.settled_bank().entries.values()
        kinds = [entry.operation for entry in entries if entry.charge_microusd]
        return {kind: kinds.count(kind) for kind in ("create", "edits")}

    def states(self) -> dict[str, CallState]:
        with self.runtime.record.reading() as session:
            found = calls.of_character(session, self.character_id)
            return {call.provider: call.state for call in found if call.prompt_artifact_id}


def replicate_at(url: str, runtime: Runtime) -> ReplicateImage:
    brief = httpx.Timeout(5.0)
    return ReplicateImage(
        ReplicateWire(API_TOKEN, url, create_timeout=brief, read_timeout=brief),
        slug="google/nano-banana-2.1",
        store=runtime.store,
        patience=Patience(deadline=5.0, first_pause=0.05, longest_pause=0.2),
    )


@pytest.fixture
def clouds(running_rehearsal: Rehearsal, runtime: Runtime, character_id: str) -> Iterator[TwoClouds]:
    cloud = running_rehearsal.with_empty_books()
    second = OpenAIImages(OpenAIImagesSettings(api_key=API_KEY, base_url=cloud.openai_url, read_seconds=20))
    first = replicate_at(cloud.url, runtime)
    yield TwoClouds(cloud, replace(runtime, image=first, fallbacks=(second,)), character_id)


async def test_who_turns_requests_away_is_passed_over_and_bills_nothing(clouds: TwoClouds) -> None:
    clouds.cloud.fault("throttled", operation="create", seconds=0.0, count=None)
    result = await clouds.draw()
    assert (list(result.made), clouds.billed) == (["storybook"], {"create": 0, "edits": 1})
    clouds.cloud.behave()
    again = await clouds.draw()
    assert (again.made, clouds.billed) == ({}, {"create": 0, "edits": 1})  # found, though the first is back


async def test_who_can_not_be_reached_is_passed_over(clouds: TwoClouds) -> None:
    nobody = free_socket()
    port = nobody.getsockname()[1]
    nobody.close()
    away = replicate_at(f"http://127.0.0.1:{port}", clouds.runtime)
    clouds.runtime = replace(clouds.runtime, image=away)
    result = await clouds.draw()
    assert (list(result.made), clouds.billed) == (["storybook"], {"create": 0, "edits": 1})
    assert clouds.states() == {"replicate": CallState.FAILED, "openai-images": CallState.RECORDED}


@pytest.mark.parametrize(
    ("kind", "aimed", "billed"),
    [
        ("drop", {"operation": "create", "when": "after"}, 1),  # taken on, and the answer lost
        ("drop", {"operation": "create", "when": "before"}, 0),  # which nobody can tell from that
        ("e005", {}, 0),  # refused by its safety system
        ("no_credit", {}, 0),
    ],
)
async def test_nothing_else_is_the_next_ones_turn(
    clouds: TwoClouds, kind: str, aimed: dict[str, Any], billed: int
) -> None:
    clouds.cloud.fault("list_without_input")
    clouds.cloud.fault(kind, count=None, **aimed)
    for _ in range(2):
        await clouds.draw()
    assert clouds.billed["edits"] == 0 and clouds.billed["create"] >= billed
    assert set(clouds.states()) == {"replicate"}
