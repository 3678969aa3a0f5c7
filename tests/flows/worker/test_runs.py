"""What becomes of flow runs under the warm worker."""

import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest

from tasks.traces.spans import LABEL
from tests.flows.worker.conftest import Diary, Worker, kill
from tests.support.prefect_server import PrefectServer
from tests.support.processes import is_alive
from tests.support.trace_collector import Collector
from tests.support.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.postgres]


def a_run() -> str:
    return uuid.uuid4().hex


def test_a_scheduled_run_wakes_the_worker_and_completes(
    prefect_server: PrefectServer, worker: Worker, diary: Diary
) -> None:
    run = a_run()

    flow_run = prefect_server.submit("ping/stub", run=run)

    prefect_server.wait_for(flow_run, "Completed")  # long before the next poll
    began = diary.first(what="began", run=run)
    assert began["pid"] != worker.process.pid


def test_a_run_is_traced_from_whoever_asked_for_it_and_counted(
    prefect_server: PrefectServer, worker: Worker, collector: Collector, metrics_port: int
) -> None:
    trace = uuid.uuid4().hex
    asked = {LABEL: f"00-{trace}-00f067aa0ba902b7-01"}

    prefect_server.wait_for(prefect_server.submit("ping/stub", run=a_run(), labels=asked), "Completed")

    def spans() -> dict[tuple[str, str], Any]:
        found = collector.spans()
        return {(part, each.name): each for part, each in found if each.trace_id.hex() == trace}

    until(lambda: len(spans()) == 2, "the worker's span and its run's")
    of_worker = spans()["storykin-worker", "work on a run"]
    of_run = spans()["storykin-run", "carry out a run"]
    assert (of_worker.parent_span_id.hex(), of_run.parent_span_id) == ("00f067aa0ba902b7", of_worker.span_id)
    assert (of_worker.status.code, of_run.status.code) == (0, 0)
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics") as answer:
        text = answer.read().decode()
    assert 'storykin_run_seconds_count{outcome="ok",queue=' in text
    assert "storykin_worker_fork_servers_total 1.0" in text


def test_runs_work_side_by_side_each_in_its_own_process(
    prefect_server: PrefectServer, worker: Worker, diary: Diary, tmp_path: Path
) -> None:
    runs, all_have_begun = [a_run() for _ in range(3)], tmp_path / "go on"

    flow_runs = [prefect_server.submit("ping/stub", run=run, until=str(all_have_begun)) for run in runs]

    for run in runs:
        diary.first(what="began", run=run)
    all_have_begun.touch()
    for flow_run in flow_runs:
        prefect_server.wait_for(flow_run, "Completed")
    told = [line for line in diary.lines() if line["run"] in runs]
    assert [line["what"] for line in told] == ["began"] * 3 + ["ended"] * 3
    assert len({line["pid"] for line in told}) == 3


def test_a_killed_run_is_crashed_and_its_hook_runs(
    prefect_server: PrefectServer, worker: Worker, diary: Diary
) -> None:
    run = a_run()
    flow_run = prefect_server.submit("ping/stub", run=run, seconds=900)

    kill(diary.first(what="began", run=run)["pid"])

    prefect_server.wait_for(flow_run, "Crashed")
    assert diary.first(what="on_crashed", run=run)["name"] == "ping"


def test_a_cancelled_run_is_cancelled_and_runs_the_hooks_of_its_own_flow(
    prefect_server: PrefectServer, worker: Worker, diary: Diary
) -> None:
    cancelled, later = a_run(), a_run()
    flow_run = prefect_server.submit("other-ping/stub", run=cancelled, seconds=900)
    pid = diary.first(what="began", run=cancelled)["pid"]
    # Another flow's run begins in between: Prefect's shared executor would mix up whose hooks to run.
    other = prefect_server.submit("ping/stub", run=later)
    prefect_server.wait_for(other, "Completed")

    prefect_server.cancel(flow_run)

    prefect_server.wait_for(flow_run, "Cancelled")
    assert diary.first(what="on_cancellation", run=cancelled)["name"] == "other-ping"
    assert not diary.lines(what="ended", run=cancelled)
    until(lambda: not is_alive(pid), "the run's process to end")


def test_a_worker_told_to_stop_gives_its_run_back_and_the_next_one_completes_it(
    prefect_server: PrefectServer, worker: Worker, diary: Diary, tmp_path: Path
) -> None:
    run, later = a_run(), tmp_path / "go on"
    flow_run = prefect_server.submit("ping/stub", run=run, until=str(later))
    pid = diary.first(what="began", run=run)["pid"]

    assert worker.stop() == 0

    assert not is_alive(pid)
    assert prefect_server.state(flow_run) == "AwaitingRetry"
    assert not diary.lines(what="on_crashed", run=run)
    later.touch()
    worker.start()
    prefect_server.wait_for(flow_run, "Completed")
    assert len(diary.lines(what="began", run=run)) == 2


def test_a_killed_worker_leaves_no_process_behind(
    prefect_server: PrefectServer, worker: Worker, diary: Diary
) -> None:
    run = a_run()
    prefect_server.submit("ping/stub", run=run, seconds=900)
    pid = diary.first(what="began", run=run)["pid"]
    fork_server = worker.fork_server_of(pid)

    worker.kill()

    until(lambda: not is_alive(pid), "the run's process to end")
    until(lambda: not is_alive(fork_server), "the fork server to end")


def test_a_killed_fork_server_crashes_its_run_and_is_replaced(
    prefect_server: PrefectServer, worker: Worker, diary: Diary
) -> None:
    run, next_run = a_run(), a_run()
    flow_run = prefect_server.submit("ping/stub", run=run, seconds=900)
    pid = diary.first(what="began", run=run)["pid"]

    kill(worker.fork_server_of(pid))

    prefect_server.wait_for(flow_run, "Crashed")
    until(lambda: not is_alive(pid), "the run's process to end")
    prefect_server.wait_for(prefect_server.submit("ping/stub", run=next_run), "Completed")
