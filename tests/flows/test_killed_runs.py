"""kill -9 anywhere in a run, then the run again: nothing is bought twice, nothing is lost."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from db.ids import new_id
from db.migrate import upgrade
from db.models import CallState, CharacterStatus
from db.repositories import calls, characters, images
from flows.character_run import Order, Outcome, run_character
from tasks.runtime import Workshop
from tasks.step_functions import PLAIN
from tests.flows.dying_run import POINTS, Books, a_workshop
from tests.support.workshops import new_character

PROJECT = Path(__file__).resolve().parents[2]


def killed_run(folder: Path, point: str, paid: str) -> str:
    """Run in a process of its own until it kills itself; the character's id."""
    upgrade(f"sqlite:///{folder / 'record.db'}")
    tools = a_workshop(folder, "", charges=True)
    character_id = new_character(tools)
    tools.record.close()
    command = [sys.executable, "-m", "tests.flows.dying_run"]
    died = subprocess.run(
        [*command, str(folder), character_id, new_id(), point, paid], cwd=PROJECT, timeout=120, check=False
    )
    assert died.returncode == -signal.SIGKILL
    return character_id


async def run_again(monkeypatch: pytest.MonkeyPatch, tools: Workshop, character_id: str) -> Outcome:
    monkeypatch.setattr("tasks.step_functions.workshop", lambda: tools)
    monkeypatch.setattr("tasks.step_functions.look_again", lambda _shop, _character: [])
    return await run_character(Order(character_id, ("flat",), new_id()), PLAIN, tools)


@pytest.mark.parametrize("point", POINTS)
async def test_the_free_engine_simply_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    character_id = await asyncio.to_thread(killed_run, tmp_path, point, "free")
    tools = a_workshop(tmp_path, "", charges=False)
    outcome = await run_again(monkeypatch, tools, character_id)
    assert list(outcome.made) == ["flat"]
    with tools.record.reading() as session:
        assert characters.get(session, character_id).status is CharacterStatus.READY
        assert len(images.of_character(session, character_id)) == 1
    tools.record.close()


@pytest.mark.parametrize("point", POINTS)
async def test_a_paid_provider_is_never_asked_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    character_id = await asyncio.to_thread(killed_run, tmp_path, point, "paid")
    tools = a_workshop(tmp_path, "", charges=True)
    outcome = await run_again(monkeypatch, tools, character_id)
    books = Books(tmp_path / "books.txt")
    assert len(books.lines("looked")) <= 1
    assert len(books.lines("billed")) <= 1
    with tools.record.reading() as session:
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
    tools.record.close()
