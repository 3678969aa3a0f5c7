"""The flows on a real Prefect server: the dashboard tells the story, and holds no photo, name or key."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
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
from sqlalchemy import select

from db.ids import new_id, utc_now
from db.lifecycle import move
from db.models import BatchChunk, BatchState, CharacterStatus, ErasureStep
from db.repositories import assets, batches, characters, erasures, images
from db.repositories.erasing import PersonRows
from flows.batch_chunk import batch_chunk
from flows.batch_runs import submit_chunk
from flows.canary import canary
from flows.erasure import drop_results
from flows.generate_character import CharacterNotReady, generate_character
from flows.rerun_batch import rerun_batch
from flows.run_here import main as run_by_hand
from flows.settings import flow_settings
from flows.submit import close, forget_character
from tasks.batch.chunks import submit_chunks
from tasks.batch.plan import open_batch, start_batch
from tasks.canary.run import CanaryReport
from tasks.create_character import create_character
from tasks.erasure.ask import ask_erasure
from tasks.erasure.job import Elsewhere, finish_erasures, go_on
from tasks.errors import CallFailed, NotSent, Refused
from tasks.intake.normalize import NormalizedPhoto, normalize_photo
from tasks.perception import nets
from tasks.providers.local.illustrator import LocalIllustrator
from tasks.providers.local.vision import LocalVision
from tasks.providers.protocols import Photo
from tasks.runtime import Runtime
from tasks.styles.packs import style_names
from tests.support.byte_scan import holding, holding_rows
from tests.support.prefect_server import PrefectServer, prefect_server, use
from tests.support.providers import BookkeepingImage, a_picture
from tests.support.runtimes import name_every_provider, new_character, order_pictures
from tests.support.waiting import until
from tests.tasks.conftest import PHOTOS, weights

__all__ = ["prefect_server", "weights"]

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


def a_person(runtime: Runtime, number: int) -> str:
    """A character with a name and a photo of their own."""
    name = f"Zölestine-{number:03} Mötherwell"
    data = a_picture((10 + number * 2, 90, 90)) + name.encode() * 4
    photo = Photo(data=data, sha256=hashlib.sha256(data).hexdigest(), width=82, height=102)
    normalized = NormalizedPhoto(photo=photo, faces=1, warnings=[])
    character_id = create_character(runtime, photo=normalized, name=name, gender="girl", consent=True)
    name_every_provider(runtime, character_id)
    return character_id


def needles(runtime: Runtime, character_id: str, number: int) -> list[bytes]:
    """What must not be found: name in several spellings, photo and pictures as bytes, base64 and hex."""
    name = f"Zölestine-{number:03}"
    told = [name.encode(), f"zolestine-{number:03}".encode(), json.dumps(name)[1:-1].encode()]
    told.append(name.encode("utf-16-le"))
    with runtime.record.reading() as session:
        photo = characters.get(session, character_id).photo_asset_id
        assert photo is not None
        keys = [assets.get(session, photo).storage_key]
        keys += [each.asset.storage_key for each in images.of_character(session, character_id)]
    for key in keys:
        data = runtime.store.get(key)
        told += [data, base64.b64encode(data), data.hex().encode()]
    return told


def forget_everywhere(results: Path, character_id: str, rows: PersonRows) -> None:
    drop_results(results, rows)
    forget_character(character_id)


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
    # It was asked for without a tag.
    tagged = {"flow_runs": {"tags": {"all_": [f"character:{character_id}"]}}}
    (run,) = prefect_server.ask("POST", "/flow_runs/filter", tagged)
    assert run["parameters"]["run_token"] == token


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


async def test_a_batch_that_was_cancelled_is_closed_and_one_that_crashed_is_handed_over(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def follow(batch_id: str, _token: str, *, after: str | None) -> str:
        del after
        asked.append(batch_id)
        return "follower"

    monkeypatch.setattr("flows.batches.submit_following", follow)
    ends: list[tuple[Any, State[Any], BatchState]] = [
        (rerun_batch.on_cancellation_hooks, Cancelling(), BatchState.CANCELLED),
        (rerun_batch.on_crashed_hooks, Crashed(), BatchState.RUNNING),
    ]
    for hooks, state, stands in ends:
        flow_run = FlowRun(flow_id=uuid4(), parameters={"limit": 5})
        batch_id = open_batch(str(flow_run.id), ["flat"], limit=5)
        start_batch(batch_id)
        with runtime.record.writing() as session:
            batches.get(session, batch_id).lease_expires_at = utc_now() - timedelta(days=400)
        for hook in hooks:
            hook(flow=rerun_batch, flow_run=flow_run, state=state)
        with runtime.record.reading() as session:
            assert batches.get(session, batch_id).state is stands
    assert asked == [batch_id]


async def test_a_chunk_has_a_flow_run_on_any_worker_until_somebody_else_has_drawn_it(
    runtime: Runtime, prefect_server: PrefectServer
) -> None:
    flow_id = prefect_server.ask("POST", "/flows/", {"name": "batch-chunk"})["id"]
    prefect_server.ask("POST", "/deployments/", {"name": "chunk", "flow_id": flow_id, "paused": False})
    for shade in (10, 20):
        person = new_character(runtime, shade)
        order_pictures(runtime, person, "flat")
        with runtime.record.writing() as session:
            for status in (CharacterStatus.QUEUED, CharacterStatus.READY):
                move(session, characters.get(session, person), status)
    batch_id = open_batch(new_id(), None, limit=5, chunk_size=1)
    start_batch(batch_id)
    assert submit_chunks(runtime, batch_id, submit_chunk, most=5) == 2
    with runtime.record.reading() as session:
        of_batch = select(BatchChunk).filter_by(batch_id=batch_id).order_by(BatchChunk.number)
        runs = [str(each.flow_run_id) for each in session.scalars(of_batch)]
        token = batches.get(session, batch_id).run_token
    assert [prefect_server.state(each) for each in runs] == ["Scheduled", "Scheduled"]
    assert await batch_chunk(batch_id, 1) == "done"
    wanted = {"artifacts": {"key": {"any_": [f"progress-{batch_id}"]}}}
    (progress,) = prefect_server.ask("POST", "/artifacts/filter", wanted)
    assert (progress["type"], progress["data"]) == ("progress", 50.0)
    assert progress["description"] == "1 drawn, 0 were there, 0 failed, 1 left"
    done = await rerun_batch(run_token=token)
    assert done["done"] == 2
    assert prefect_server.state(runs[1]) == "Cancelled"  # the follower has drawn it itself


async def test_a_canary_s_run_knows_that_it_has_told(
    runtime: Runtime, prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = CanaryReport("c", ("local brush", "local eyes"), 2, 2, (), None, 0, ())
    told = []

    def run_canary(_runtime: Runtime, **asks: Callable[..., Any]) -> CanaryReport:
        told.append(asks["has_told"]())
        asks["tell"](found)
        told.append(asks["has_told"]())
        return found

    monkeypatch.setattr("flows.canary.run_canary", run_canary)
    assert [await canary(), await canary()] == [0, 0]
    assert told == [False, True] * 2


@pytest.mark.parametrize(
    ("people", "gone"),
    [
        (3, 1),
        pytest.param(
            100,
            20,
            marks=[
                pytest.mark.slow(covered_by="tests/flows/test_tracked_runs.py::test_erased_but_found_0"),
                pytest.mark.timeout(1800),  # four minutes and a half where nothing else runs
            ],
        ),
    ],
)
async def test_erased_but_found_0(
    runtime: Runtime,
    prefect_server: PrefectServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    people: int,
    gone: int,
) -> None:
    """Some are erased while others are drawn: then no byte of theirs is in the record's files, the store, the
    logs, Prefect's results, its database's files and its tables."""
    everyone = {a_person(runtime, number): number for number in range(people)}
    erased, others = list(everyone)[:gone], list(everyone)[gone:]
    for each in erased:
        await generate_character(each, ["flat"], new_id())
    wanted = [needle for each in erased for needle in needles(runtime, each, everyone[each])]
    elsewhere = Elsewhere(forget=partial(forget_everywhere, tmp_path / "results"))

    def erase_all() -> None:
        for each in erased:
            go_on(runtime, ask_erasure(runtime, character_id=each, by=None), elsewhere)

    erasing = asyncio.create_task(asyncio.to_thread(erase_all))
    for each in others:  # the load
        await generate_character(each, ["flat"], new_id())
    await erasing
    finish_erasures(runtime, elsewhere)
    with runtime.record.reading() as session:
        assert {erasures.of_character(session, each).step for each in erased} == {ErasureStep.DONE}  # type: ignore[union-attr]
    theirs = [*holding(tmp_path, wanted), *holding(prefect_server.home, wanted)]
    theirs += holding_rows(prefect_server.database_url, wanted)
    assert (len(theirs), theirs) == (0, [])
    assert not [each for each in wanted if each in caplog.text.encode()]
    alive = needles(runtime, others[0], everyone[others[0]])
    assert all(holding(tmp_path, [each]) for each in alive[:1])  # the scan finds who is there


def test_a_run_by_hand_is_one_as_the_studio_asks_for(
    runtime: Runtime,
    character_id: str,
    prefect_server: PrefectServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("require_current", "prepare_process", "configure_logging"):
        monkeypatch.setattr(f"flows.run_here.{name}", lambda: None)
    token = new_id()
    assert run_by_hand([character_id, "flat", "--run-token", token]) == 0
    assert run_of(prefect_server, token)["state_name"] == "Completed"
    assert run_by_hand([character_id, "flat"]) == 0
    assert capsys.readouterr().out.splitlines() == ["1 drawn, 0 found", "0 drawn, 1 found"]
    assert image(runtime).billed.total() == 1

    monkeypatch.delenv("PREFECT_API_URL")
    flow_settings.cache_clear()
    assert run_by_hand([character_id, "flat"]) == 1
    assert "storykin up" in capsys.readouterr().err


def written(vector: np.ndarray) -> list[bytes]:
    """A face template as it could be kept: eight numbers of it, as bytes, base64, hex and in words."""
    some, told = vector.ravel()[24:48], list[bytes]()
    for kind in (np.float32, np.float16, np.float64, ">f4"):
        raw = some.astype(kind).tobytes()
        told += [raw[:32], raw[:32].hex().encode()]
        for at in range(3):  # wherever in groups of three bytes it begins
            told.append(base64.b64encode(raw[at:])[4:40])
    for spelled in (
        [repr(float(each)) for each in some[:3]],
        [str(each) for each in some[:3].astype(np.float64).round(6)],
        [str(each) for each in some[:3].astype(np.float64).round(4)],
    ):
        told += [comma.join(spelled).encode() for comma in (", ", ",")]
    return told


@pytest.mark.usefixtures("weights")
async def test_a_face_template_is_written_nowhere(
    runtime: Runtime,
    prefect_server: PrefectServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A real photo is looked at, drawn and compared; no template that was computed is in a byte of it all."""
    computed: list[np.ndarray] = []
    measure = nets.identity_vector

    def spied(aligned: np.ndarray) -> np.ndarray:
        computed.append(measure(aligned))
        return computed[-1]

    monkeypatch.setattr(nets, "identity_vector", spied)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    here = replace(runtime, vision=LocalVision(), image=LocalIllustrator())
    for module in ("flows.artifacts", "flows.generate_character", "tasks.runtime"):
        name = "process_runtime" if module == "tasks.runtime" else "current_runtime"
        monkeypatch.setattr(f"{module}.{name}", lambda: here)
    photo = normalize_photo((PHOTOS / "astronaut.jpg").read_bytes())
    person = create_character(here, photo=photo, name="Ada", gender="woman", consent=True)
    await generate_character(person, ["flat"], new_id())
    with here.record.reading() as session:
        (variant,) = images.of_character(session, person)
    assert variant.image.likeness and variant.image.likeness.get("identity")
    assert len(computed) >= 2  # of the photo, and of the picture
    unit = [each / np.linalg.norm(each) for each in computed]
    wanted = [told for each in [*computed, *unit] for told in written(each)]
    # Bytes and rows first, then the control: the same scan finds one that was kept.
    theirs = [*holding(tmp_path, wanted), *holding(prefect_server.home, wanted)]
    theirs += holding_rows(prefect_server.database_url, wanted)
    assert theirs == []
    assert not [each for each in wanted if each in caplog.text.encode()]
    kept = json.dumps({"face": [float(each) for each in unit[0].ravel()]})
    for data in (kept.encode(), unit[0].tobytes(), base64.b64encode(b"x" + unit[0].tobytes())):
        (scratch / "kept").write_bytes(data)
        assert holding(scratch, wanted) == ["kept"]
