"""Workers alone, and no studio anywhere: what is on record goes on all the same."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.event_kinds import EventKind
from db.ids import new_id
from db.repositories import characters
from flows.launch.services import worker_service
from flows.lone_worker import BESIDE_A_STUDIO
from tasks.progress import Run
from tests.flows.worker.conftest import Diary
from tests.support.prefect_server import ROOT, PrefectServer
from tests.support.runtimes import new_character, open_runtime

pytestmark = [pytest.mark.server, pytest.mark.postgres]

NAME = "all by itself"


@pytest.fixture
def lone_worker(tmp_path: Path, stubs: dict[str, str]) -> Iterator[None]:
    """`storykin worker` as a machine without a studio runs it, on the record in `tmp_path`."""
    own = {"STORYKIN_HOME": str(tmp_path / "home"), "DATABASE_URL": f"sqlite:///{tmp_path}/record.db"}
    command = [sys.executable, "-m", "ui.cli", "worker", "--name", NAME]
    process = subprocess.Popen(command, env=stubs | own, cwd=ROOT, start_new_session=True)
    yield
    process.terminate()
    process.wait(180)


def test_a_run_that_was_never_handed_over_is(
    lone_worker: None, tmp_path: Path, migrated_record: Path, diary: Diary, prefect_server: PrefectServer
) -> None:
    with open_runtime(tmp_path, migrated_record) as runtime:
        character_id, token = new_character(runtime), new_id()
        with runtime.record.writing() as session:
            characters.begin_run(session, character_id, token)
        Run(runtime, character_id, token).record_event(
            EventKind.RUN_ASKED, "Asked", styles=["flat"], another=False
        )

        assert diary.first(what="began", run=character_id)["run_token"] == token
    workers = prefect_server.ask("POST", "/work_pools/storykin/workers/filter", {})
    assert NAME in {each["name"] for each in workers}


@pytest.mark.parametrize("kind", ["warm", "process"])
def test_a_worker_beside_a_studio_is_told_so(prefect_server: PrefectServer, kind: str) -> None:
    started = worker_service(prefect_server.environment, kind, on_restart=lambda _ended: True)

    assert BESIDE_A_STUDIO in started.command
