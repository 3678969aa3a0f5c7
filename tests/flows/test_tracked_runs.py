"""The flows on a real Prefect server: the dashboard tells the story, and holds no photo, name or key."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, State
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_URL,
    PREFECT_HOME,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from prefect.states import Cancelling, Crashed

from db.ids import new_id
from db.models import BatchState, CharacterStatus
from db.repositories import batches, characters, images
from flows.generate_character import CharacterNotReady, generate_character
from flows.rerun_batch import rerun_batch
from flows.settings import flow_settings
from flows.submit import close
from tasks.batch.plan import open_batch
from tasks.errors import CallFailed, NotSent, Refused
from tasks.runtime import Runtime
from tasks.styles.packs import style_names
from tests.support.prefect_server import PrefectServer, prefect_server, use
from tests.support.providers import BookkeepingImage
from tests.support.runtimes import new_character
from tests.support.waiting import until

__all__ = ["prefect_server"]

pytestmark = [
    pytest.mark.server,
    # Prefect's own client leaves these; nothing of ours is in them.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def tracked(
    prefect_server: PrefectServer, runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    for module in ("flows.artifacts", "flows.generate_character", "flows.housekeeping"):
        monkeypatch.setattr(f"{module}.current_runtime", lambda: runtime)
    for module in ("flows.batch_report", "flows.character_run", "flows.rerun_batch"):
        monkeypatch.setattr(f"{module}.current_runtime", lambda: runtime)
    use(prefect_server, monkeypatch)  # for housekeeping, which asks without Prefect
    flow_settings.cache_clear()
    with temporary_settings(
        {
            PREFECT_API_URL: prefect_server.api_url,
            PREFECT_API_AUTH_STRING: prefect_server.secret,
            PREFECT_HOME: tmp_path / "prefect",
            PREFECT_LOCAL_STORAGE_PATH: tmp_path / "results",
            PREFECT_LOGGING_TO_API_ENABLED: True,
        }
    ):
        yield
    close()
    flow_settings.cache_clear()


def image(runtime: Runtime) -> BookkeepingImage:
    assert isinstance(runtime.image, BookkeepingImage)
    return runtime.image


def run_of(server: PrefectServer, token: str) -> dict[str, Any]:
    """The flow run that has the run token among its parameters, as the dashboard has it."""
    runs = server.ask("POST", "/flow_runs/filter", {"sort": "START_TIME_DESC"})
    found = [run for run in runs if run["parameters"].get("run_token") == token]
    assert len(found) == 1
    return dict(found[0])


def task_states(server: PrefectServer, token: str, expected: int) -> dict[str, str]:
    """State names by task run name, once the server has written `expected` of them down."""
    run_id = run_of(server, token)["id"]

    def tasks() -> dict[str, str]:
        body = {"flow_runs": {"id": {"any_": [run_id]}}}
        found = server.ask("POST", "/task_runs/filter", body)
        return {each["name"]: each["state_name"] for each in found}

    def ended() -> bool:
        states = tasks()
        return len(states) == expected and not set(states.values()) & {"Pending", "Running", "Scheduled"}

    until(ended, "the server to have every task's end")
    return tasks()


async def test_every_step_is_a_named_task_and_every_picture_a_way_into_the_studio(
    runtime: Runtime, character_id: str, prefect_server: PrefectServer
) -> None:
    token = new_id()
    result = await generate_character(character_id, ["all"], token)
    assert sorted(result["made"]) == sorted(style_names())
    states = task_states(prefect_server, token, 3 + 4 * len(style_names()) - 1)
    assert states.keys() == {"check the photo", "look at the person"} | {
        f"{step}: {style}" for step in ("prompt", "draw", "likeness", "record") for style in style_names()
    }
    assert set(states.values()) == {"Completed"}
    keys = {f"profile-{character_id}"} | {f"{style}-{character_id}" for style in style_names()}
    found = prefect_server.ask("POST", "/artifacts/filter", {"artifacts": {"key": {"any_": sorted(keys)}}})
    assert {each["key"] for each in found} == keys
    pictures = [each for each in found if not each["key"].startswith("profile-")]
    assert len(pictures) == len(style_names())
    way = f"http://127.0.0.1:7860/studio/character?id={character_id}"
    assert all(f"({way})" in each["data"] for each in pictures)


async def test_a_rerun_with_nothing_changed_is_a_cache_hit_and_costs_nothing(
    runtime: Runtime, character_id: str, prefect_server: PrefectServer
) -> None:
    await generate_character(character_id, ["flat"], new_id())
    billed = image(runtime).billed.total()
    token = new_id()
    result = await generate_character(character_id, ["flat"], token)
    assert result["made"] == {} and list(result["found"]) == ["flat"]
    assert image(runtime).billed.total() == billed
    assert task_states(prefect_server, token, 3)["look at the person"] == "Cached"


async def test_what_never_left_is_retried_and_a_refusal_is_not(
    runtime: Runtime, character_id: str, prefect_server: PrefectServer
) -> None:
    asked: list[str] = []

    def sometimes(style: str) -> None:
        asked.append(style)
        if style == "flat" and asked.count("flat") == 1:
            raise NotSent("Too many requests.", code="busy")
        if style == "anime":
            raise Refused("The provider's safety system said no.", code="safety")

    image(runtime).before_billing = sometimes
    token = new_id()
    with pytest.raises(CharacterNotReady, match="safety"):
        await generate_character(character_id, ["flat", "anime"], token)
    assert (asked.count("flat"), asked.count("anime")) == (2, 1)
    states = task_states(prefect_server, token, 2 + 2 + 2 + 2)
    assert states["draw: flat"] == "Completed"
    assert states["draw: anime"] == "Failed"
    assert run_of(prefect_server, token)["state_name"] == "Failed"
    with runtime.record.reading() as session:
        assert characters.get(session, character_id).status is CharacterStatus.NEEDS_ATTENTION
        assert [v.image.style for v in images.of_character(session, character_id)] == ["flat"]


async def test_prefect_never_learns_a_name_a_photo_or_a_signed_link_in_its_parameters(
    runtime: Runtime, character_id: str, prefect_server: PrefectServer
) -> None:
    token = new_id()
    await generate_character(character_id, ["flat"], token)
    run = run_of(prefect_server, token)
    assert run["name"] == f"{character_id[-8:]} · flat"
    assert run["parameters"] == {
        "character_id": character_id,
        "styles": ["flat"],
        "run_token": token,
        "another": False,
        "framing": "portrait",
        "resolution": "draft",
    }
    said = json.dumps(
        [
            run,
            prefect_server.ask("POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [run["id"]]}}}),
            prefect_server.ask("POST", "/artifacts/filter", {}),
        ]
    )
    assert "Ada" not in said
    assert "photos/" not in said
    assert not re.search(
        r"/media/|/scaled/|[?&](?:s|X-Amz-Signature)=", said
    )  # what a signed link is made of


async def test_a_nightly_batch_draws_what_failed_and_leaves_a_plan_and_a_summary(
    runtime: Runtime, prefect_server: PrefectServer
) -> None:
    def fail(style: str) -> None:
        if style == "anime":
            raise CallFailed("It failed there.", code="model_error")

    people = [new_character(runtime, shade) for shade in (10, 20)]
    image(runtime).on_collect = fail
    for person in people:
        with pytest.raises(CharacterNotReady):
            await generate_character(person, ["flat", "anime"], new_id())
    image(runtime).on_collect = lambda _style: None
    done = await rerun_batch(styles=["flat", "anime"], chunk_size=1, at_once=2)
    assert done["done"] == 2
    with runtime.record.reading() as session:
        for person in people:
            assert characters.get(session, person).status is CharacterStatus.READY
    keys = [f"plan-{done['batch_id']}", f"summary-{done['batch_id']}"]
    found = prefect_server.ask("POST", "/artifacts/filter", {"artifacts": {"key": {"any_": keys}}})
    assert {each["key"] for each in found} == set(keys)
    again = await rerun_batch(styles=["flat", "anime"])
    assert "done" not in again
    with runtime.record.reading() as session:
        token = batches.get(session, done["batch_id"]).run_token
    # The batch is its flow run: started again, by whomever, it is the same one.
    found = prefect_server.ask("GET", f"/flow_runs/{token}")
    assert (found["name"], found["state_type"]) == (f"rerun {token}", "COMPLETED")


async def test_a_batch_that_was_cancelled_or_crashed_is_closed_by_its_flow_runs_hooks(
    runtime: Runtime, character_id: str
) -> None:
    ends: list[tuple[Any, State[Any], BatchState]] = [
        (rerun_batch.on_cancellation_hooks, Cancelling(), BatchState.CANCELLED),
        (rerun_batch.on_crashed_hooks, Crashed(), BatchState.FAILED),
    ]
    for hooks, state, ended in ends:
        flow_run = FlowRun(flow_id=uuid4(), parameters={"limit": 5})
        batch_id = open_batch(str(flow_run.id), ["flat"], limit=5)
        for hook in hooks:
            hook(flow=rerun_batch, flow_run=flow_run, state=state)
        with runtime.record.reading() as session:
            assert batches.get(session, batch_id).state is ended
