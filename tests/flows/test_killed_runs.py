"""kill -9 anywhere in a run, then the run again: nothing is bought twice, nothing is lost."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from db.ids import new_id
from db.models import CallState, CharacterStatus
from db.repositories import calls, characters, images
from flows.character_run import run_character
from flows.run_request import RunRequest, RunResult
from tasks.pipeline import untracked
from tasks.runtime import Runtime
from tests.flows.dying_run import POINTS, AcceptedRequests, a_runtime
from tests.support.records import fresh_record
from tests.support.runtimes import new_character
from tests.support.slices import in_slices

PROJECT = Path(__file__).resolve().parents[2]


def killed_run(folder: Path, point: str, paid: str) -> str:
    """Run in a process of its own until it kills itself; the character's id."""
    fresh_record(folder / "record.db")
    runtime = a_runtime(folder, "", charges=True)
    character_id = new_character(runtime)
    runtime.record.close()
    command = [sys.executable, "-m", "tests.flows.dying_run"]
    died = subprocess.run(
        [*command, str(folder), character_id, new_id(), point, paid], cwd=PROJECT, timeout=120, check=False
    )
    assert died.returncode == -signal.SIGKILL
    return character_id


async def run_again(monkeypatch: pytest.MonkeyPatch, runtime: Runtime, character_id: str) -> RunResult:
    monkeypatch.setattr("tasks.recheck_photo.recheck_photo", lambda _runtime, _character: [])
    return await run_character(RunRequest(character_id, ("flat",), new_id()), untracked, runtime)


@pytest.mark.parametrize("point", in_slices(POINTS, ("submitting", "collected", "scored")))
async def test_the_free_engine_simply_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    character_id = await asyncio.to_thread(killed_run, tmp_path, point, "free")
    runtime = a_runtime(tmp_path, "", charges=False)
    outcome = await run_again(monkeypatch, runtime, character_id)
    assert list(outcome.made) == ["flat"]
    with runtime.record.reading() as session:
        assert characters.get(session, character_id).status is CharacterStatus.READY
        assert len(images.of_character(session, character_id)) == 1
    runtime.record.close()


@pytest.mark.parametrize("point", in_slices(POINTS, ("looked", "submitting", "billed", "kept")))
async def test_a_paid_provider_is_never_asked_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    character_id = await asyncio.to_thread(killed_run, tmp_path, point, "paid")
    runtime = a_runtime(tmp_path, "", charges=True)
    outcome = await run_again(monkeypatch, runtime, character_id)
    books = AcceptedRequests(tmp_path / "books.txt")
    assert len(books.lines("looked")) <= 1
    assert len(books.lines("billed")) <= 1
    with runtime.record.reading() as session:
        states = {call.kind.value: call.state for call in calls.of_character(session, character_id)}
        drawn = len(images.of_character(session, character_id))
    # Killed while the request was out: nobody knows, and it waits for a person. Anywhere else: done.
    lost = {"looking": "vision", "looked": "vision", "submitting": "image", "billed": "image"}.get(point)
    if lost:
        assert states[lost] is CallState.UNKNOWN
        assert drawn == 0 and outcome.failures
    else:
        assert set(states.values()) == {CallState.RECORDED}
        assert drawn == 1 and not outcome.failures
    runtime.record.close()
