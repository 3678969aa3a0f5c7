"""The real thing, as `make run` starts it: every part answers, and the demo character gets its five pictures.

A set of packages that imports can still fail to serve; this is the test that would notice. It starts among
the variables that other people export for other programs.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from db.engine import Record
from db.models import CharacterStatus
from db.repositories import characters, events, images
from flows.request_run import request_run
from tasks.perception.weights import fetch_weights, models_dir
from tests.support.hostile_environment import HOSTILE
from tests.support.launcher import Up
from tests.support.processes import parent_of, processes_of
from tests.support.waiting import until

UNDER_WAY = (CharacterStatus.QUEUED, CharacterStatus.PROFILING, CharacterStatus.ILLUSTRATING)

pytestmark = [pytest.mark.server, pytest.mark.postgres]


@pytest.fixture(scope="module")
def started() -> Iterator[Up]:
    weights = models_dir().resolve()
    fetch_weights()
    with tempfile.TemporaryDirectory(prefix="storykin-e2e-", ignore_cleanup_errors=True) as folder:
        command = (sys.executable, "-m", "ui.cli", "up")
        home = Path(folder) / "home"
        up = Up(home, command=command, environ=HOSTILE, STORYKIN_PRELOAD="", STORYKIN_MODELS_DIR=str(weights))
        yield up
        up.kill_everything()


def kinds(record: Record, run_token: str) -> list[str]:
    with record.reading() as session:
        return [event.kind for event in events.of_run(session, run_token)]


def has_begun(record: Record, run_token: str) -> bool:
    return "step.started" in kinds(record, run_token)


def runs_of(up: Up) -> list[int]:
    """The processes of its flow runs: children of the worker's fork server."""
    worker = up.is_ready().pids["worker"]
    servers = [pid for pid in processes_of(up.home) if parent_of(pid) == worker]
    return [pid for pid in processes_of(up.home) if parent_of(pid) in servers]


def notices(studio_url: str) -> str:
    try:
        return httpx.get(f"{studio_url}/notices", trust_env=False, timeout=120).text
    except httpx.HTTPError:
        return ""


def status_of(url: str) -> int:
    return httpx.get(url, trust_env=False, timeout=60, follow_redirects=True).status_code


def test_everything_serves_and_the_demo_character_becomes_ready(started: Up) -> None:
    here = started.is_ready()

    assert status_of(f"{here.prefect_api_url}/health") == 200
    assert status_of(f"{here.studio_url}/healthz") == 200
    assert status_of(f"{here.studio_url}/readyz") == 200
    assert status_of(f"{here.studio_url}/studio") == 200
    record = Record(f"sqlite:///{started.home / 'storykin.db'}")

    def done() -> bool:
        with record.reading() as session:
            (demo,) = characters.page(session).items
            assert demo.status in (*UNDER_WAY, CharacterStatus.READY), demo.status_sentence
            return demo.status is CharacterStatus.READY

    until(done, "the demo character to be ready", seconds=240)
    with record.reading() as session:
        (demo,) = characters.page(session).items
        styles = [each.image.style for each in images.of_character(session, demo.id)]
    record.close()
    assert sorted(styles) == ["anime", "colored-pencil", "flat", "storybook", "watercolor"]


def test_whatever_is_killed_a_run_goes_on_by_itself_and_people_are_told(started: Up) -> None:
    record = Record(f"sqlite:///{started.home / 'storykin.db'}")
    runtime: Any = SimpleNamespace(record=record)  # asking for a run takes no more
    with record.reading() as session:
        (demo,) = characters.page(session).items

    # On record alone: as if Prefect had been away just then.
    order = request_run(runtime, demo.id, ["flat", "anime"], another=True)
    until(lambda: has_begun(record, order.run_token), "the run to be handed over and to begin", seconds=120)
    for process in runs_of(started):  # of the run itself, in the middle of it
        os.kill(process, signal.SIGKILL)
    until(lambda: kinds(record, order.run_token).count("run.began") > 1, "the run to go on", seconds=120)
    before = started.is_ready()
    for pid in before.pids.values():  # then of everything at once
        os.kill(pid, signal.SIGKILL)

    def done() -> bool:
        with record.reading() as session:
            status = characters.get(session, demo.id).status
            assert status in (*UNDER_WAY, CharacterStatus.READY), status
            return status is CharacterStatus.READY

    until(done, "the run to go on to its end", seconds=240)
    with record.reading() as session:
        drawn = [each.image.style for each in images.of_character(session, demo.id)]
    assert (drawn.count("flat"), drawn.count("anime"), len(drawn)) == (2, 2, 7)
    until(lambda: started.is_ready().pids.keys() == before.pids.keys(), "every part to be back")
    now = started.is_ready()
    assert not set(now.pids.values()) & set(before.pids.values())
    until(lambda: "stopped by itself and was started again" in notices(now.studio_url), "the notice")
    record.close()


def test_ctrl_c_ends_it_all(started: Up) -> None:
    os.killpg(started.process.pid, signal.SIGINT)

    started.ends_with(0)
