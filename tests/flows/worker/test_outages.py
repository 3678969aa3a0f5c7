"""Prefect's server is away when something ends: it learns of it all the same, and nobody stays Running."""

import uuid
from pathlib import Path

import pytest

from flows.open_runs import OpenRuns
from tasks.process_identity import this_process
from tests.flows.worker.conftest import Diary, Worker, kill
from tests.support.prefect_server import PrefectServer
from tests.support.processes import is_alive
from tests.support.waiting import until

NOBODY = f"{this_process().partition(':')[0]}:1:x"  # no process 1 was started at such a time


@pytest.mark.server
@pytest.mark.postgres
def test_a_run_killed_while_the_server_is_away_is_run_again(
    prefect_server: PrefectServer, worker: Worker, diary: Diary, tmp_path: Path
) -> None:
    run, again = uuid.uuid4().hex, tmp_path / "go on"
    flow_run = prefect_server.submit("ping/stub", run=run, until=str(again))
    pid = diary.first(what="began", run=run)["pid"]

    prefect_server.go_away()
    kill(pid)
    until(lambda: not is_alive(pid), "the run's process to end")
    again.touch()
    prefect_server.come_back()

    until(lambda: prefect_server.state(flow_run) in ("Completed", "Crashed"), "the run to end")
    if prefect_server.state(flow_run) == "Crashed":  # Prefect's own retries were in time
        assert diary.first(what="on_crashed", run=run)


@pytest.mark.slow(
    covered_by="tests/e2e/test_up.py::test_whatever_is_killed_a_run_goes_on_by_itself_and_people_are_told"
)
@pytest.mark.server
@pytest.mark.postgres
def test_a_worker_that_dies_with_the_server_has_its_run_taken_up_by_the_next(
    prefect_server: PrefectServer, worker: Worker, diary: Diary, tmp_path: Path
) -> None:
    run, again = uuid.uuid4().hex, tmp_path / "go on"
    flow_run = prefect_server.submit("ping/stub", run=run, until=str(again))
    diary.first(what="began", run=run)

    prefect_server.go_away()
    worker.kill()
    again.touch()
    prefect_server.come_back()
    assert prefect_server.state(flow_run) == "Running"  # as far as Prefect knows
    worker.start()

    prefect_server.wait_for(flow_run, "Completed")
    assert len(diary.lines(what="began", run=run)) == 2


def test_runs_are_remembered_until_their_end_is_told(tmp_path: Path) -> None:
    ours, left = uuid.uuid4(), uuid.uuid4()
    (tmp_path / str(left)).write_text(NOBODY)
    (tmp_path / "not-a-run").write_text(NOBODY)
    runs = OpenRuns(tmp_path)

    runs.open(ours)

    assert runs.left_over() == [left]
    assert OpenRuns(tmp_path).left_over() == [left]  # we live, so ours is nobody else's
    runs.close(left)
    assert runs.left_over() == []


def test_a_run_taken_over_is_ours_and_each_start_has_its_number(tmp_path: Path) -> None:
    run = uuid.uuid4()
    (tmp_path / str(run)).write_text(NOBODY)
    runs = OpenRuns(tmp_path)
    assert runs.start_of(run) == 0

    runs.open(run)
    first = runs.start_of(run)
    runs.open(run)

    assert 0 < first < runs.start_of(run)
    assert runs.left_over() == []
