"""A batch over two real workers on a real Prefect server, one of them killed: nothing twice, nothing lost."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.lifecycle import move
from db.migrate import upgrade
from db.models import CallState, CharacterStatus
from db.repositories import call_sums, characters
from flows import batches as steering
from flows.batch_runs import CHUNKS
from flows.reconciler import Reconciler
from flows.settings import flow_settings
from flows.submit import PrefectUnreachable, ask, close
from tasks.batch.selection import Selection
from tasks.batch.status import status_of
from tasks.runtime import Runtime
from tests.flows.dying_run import AcceptedRequests, a_runtime
from tests.flows.worker.conftest import Worker, deploy
from tests.support.prefect_server import STUBS, PrefectServer, stub_environment, use
from tests.support.runtimes import new_character, order_pictures
from tests.support.waiting import until

PEOPLE = 12
COVERED = "tests/flows/test_batch_chunks.py::test_two_workers_share_a_batch_and_one_of_them_dies"


def accepted(runtime: Runtime) -> int:
    """How many pictures are bought and not fetched."""
    with runtime.record.reading() as session:
        states = call_sums.by_state(session)
        return states[CallState.ACCEPTED].calls


@pytest.fixture
def server() -> Iterator[PrefectServer]:
    """One of its own: the workers of other tests serve the same pool."""
    server = PrefectServer()
    yield server
    server.stop()


@pytest.mark.server
@pytest.mark.slow(covered_by=COVERED)
def test_a_killed_workers_chunks_are_taken_up_by_the_other(
    server: PrefectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(f"sqlite:///{tmp_path / 'record.db'}")
    runtime = a_runtime(tmp_path, "", charges=True)
    for number in range(1, PEOPLE + 1):
        person = new_character(runtime, 10 * number)
        order_pictures(runtime, person, "flat")
        with runtime.record.writing() as session:
            for status in (CharacterStatus.QUEUED, CharacterStatus.READY):
                move(session, characters.get(session, person), status)
    use(server, monkeypatch)
    flow_settings.cache_clear()
    environment = stub_environment(server, tmp_path / "diary.jsonl") | {
        "STORYKIN_DEPLOYMENTS": str(STUBS / "batch.yaml"),
        "STORYKIN_PRELOAD": "staged_batch",
        "STORYKIN_WORKER_LIMIT": "3",
        "STUB_BATCH": str(tmp_path),
    }
    deploy(environment, STUBS / "batch.yaml")
    homes = [tmp_path / name for name in ("one", "two")]
    workers = [Worker(server, environment | {"STORYKIN_HOME": str(home)}) for home in homes]
    books = AcceptedRequests(tmp_path / "books.txt")
    try:
        batch_id = steering.start(runtime, Selection(), chunk_size=2, at_once=2, agreed=True).batch_id
        # Two places of each worker, two characters in each: what is accepted is never in doubt.
        until(lambda: accepted(runtime) == 8, "pictures that wait at the provider", seconds=240)
        assert status_of(runtime, batch_id=batch_id).workers == 4
        os.killpg(workers[0].process.pid, signal.SIGKILL)
        (tmp_path / "go").touch()
        reconciler = Reconciler(runtime)

        def ended() -> bool:
            try:
                reconciler.look()
            except PrefectUnreachable:
                return False
            time.sleep(1)  # as it does by itself, between two passes
            return status_of(runtime, batch_id=batch_id).state == "done"

        until(ended, "the batch to end", seconds=400)
        told = status_of(runtime, batch_id=batch_id)
        assert (told.done, told.failed, told.left) == (PEOPLE, 0, 0)
        assert len(books.lines("billed")) == PEOPLE
        assert told.spent_microusd == PEOPLE * (39_000 + 1_500)
        wanted = {"deployments": {"name": {"any_": [CHUNKS.partition("/")[2]]}}}
        assert len(ask("POST", "/flow_runs/filter", wanted)) >= 2
    finally:
        for each in workers:
            each.process.poll() is None and each.stop()
        runtime.record.close()
        close()
        flow_settings.cache_clear()
