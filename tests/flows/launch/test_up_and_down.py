"""The whole thing goes up, answers, and comes down without a trace, however it is ended.

These tests share a data folder and run in this order: the first start sets everything up, and what one
of them leaves unfinished the next one finishes.
"""

import fcntl
import json
import os
import pty
import signal
import sys
import tempfile
import termios
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from flows.installation_secret import installation_secret
from flows.prefect_http import PrefectAuth
from flows.running import running
from tests.support.launcher import Up
from tests.support.other_account import readable_by_nobody, umasks_of
from tests.support.prefect_server import STUBS
from tests.support.processes import processes_of
from tests.support.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.postgres]

Start = Callable[..., Up]


def answers(url: str) -> bool:
    return httpx.get(url, trust_env=False, timeout=120, headers={"Accept": "text/html"}).is_success


def told(up: Up, what: str) -> list[str]:
    lines = up.diary.read_text(encoding="utf-8").splitlines() if up.diary.exists() else []
    return [line["run"] for line in map(json.loads, lines) if line["what"] == what]


def test_everything_answers_no_second_start_does_and_ctrl_c_ends_it(lived_in: Path, up: Start) -> None:
    started = up(lived_in)
    here = started.is_ready()

    studio, prefect = (f"http://127.0.0.1:{port}" for port in started.ports)
    assert answers(f"{studio}/healthz")
    assert answers(f"{prefect}/api/health")
    assert answers(f"{prefect}/dashboard")
    assert (here.pid, here.studio_url, here.prefect_url) == (started.process.pid, studio, prefect)
    assert set(here.pids) == {"postgres", "prefect", "worker", "studio"}
    assert umasks_of(processes_of(lived_in)) == {"0077"}
    assert readable_by_nobody(lived_in) == []
    started.says("Storykin is ready")
    assert studio in started.said
    assert prefect in started.said

    second = up(lived_in)

    assert second.process.wait(240) == 1
    assert "already running on this data folder" in second.said
    assert studio in second.said
    assert answers(f"{studio}/healthz")

    os.killpg(started.process.pid, signal.SIGINT)

    started.ends_with(0)
    assert started.said.rstrip().endswith("Stopped.")
    assert not (lived_in / "run" / "up.json").exists()
    assert {path.stem for path in (lived_in / "logs").glob("*.log")} == {*here.pids, "deploy"}


@pytest.mark.slow(
    covered_by="tests/e2e/test_up.py::test_whatever_is_killed_a_run_goes_on_by_itself_and_people_are_told"
)
def test_a_crashed_prefect_server_is_started_again_and_so_is_the_worker_that_died_with_it(
    lived_in: Path, up: Start
) -> None:
    started = up(lived_in)
    here = started.is_ready()
    submit(started, run="through the outage", seconds=4)
    until(lambda: "through the outage" in told(started, "began"), "the run to begin")

    os.kill(here.pids["prefect"], signal.SIGKILL)
    os.kill(here.pids["worker"], signal.SIGKILL)

    started.says("The Prefect server stopped by itself (signal 9). Started again.")
    started.says("The worker stopped by itself (signal 9). Started again.")
    until(lambda: "through the outage" in told(started, "ended"), "the run to end")
    started.process.terminate()
    started.ends_with(0)


def test_a_crashed_worker_is_replaced_with_its_run_and_a_killed_launcher_takes_all_with_it(
    lived_in: Path, up: Start
) -> None:
    started = up(lived_in)
    here = started.is_ready()
    assert "unchanged" in started.said  # nothing is deployed again
    submit(started, run="unfinished", until=str(lived_in / "the next start"))
    until(lambda: "unfinished" in told(started, "began"), "the run to begin")

    os.kill(here.pids["worker"], signal.SIGKILL)

    started.says("The worker stopped by itself (signal 9). Started again.")
    until(lambda: told(started, "began").count("unfinished") == 2, "the run to begin on the new worker")
    started.process.kill()
    started.ends_with(-signal.SIGKILL)
    assert running(lived_in) is None  # whatever the file says that it could not remove
    assert "unfinished" not in told(started, "ended")


def test_the_next_start_finishes_the_run_and_a_closing_terminal_ends_it(lived_in: Path, up: Start) -> None:
    ours, terminal = pty.openpty()
    started = up(lived_in, command=at_a_terminal(), terminal=terminal)
    os.close(terminal)
    started.is_ready()
    (lived_in / "the next start").touch()
    until(lambda: "unfinished" in told(started, "ended"), "the run that the kill cut short")

    os.close(ours)

    started.ends_with(0)


@pytest.mark.slow(
    covered_by="tests/flows/worker/test_refused_runs.py::test_the_process_worker_runs_ours_and_nothing_else"
)
def test_prefects_own_worker_can_take_over(lived_in: Path, up: Start) -> None:
    started = up(lived_in, STORYKIN_WORKER="process")
    started.is_ready()

    submit(started, run="by the stock worker")

    until(lambda: "by the stock worker" in told(started, "ended"), "the run to end")
    started.process.terminate()
    started.ends_with(0)


def test_without_postgres_it_says_so_and_works_on_sqlite(up: Start) -> None:
    with tempfile.TemporaryDirectory(prefix="storykin-up-", ignore_cleanup_errors=True) as folder:
        started = up(Path(folder) / "home", STORYKIN_PREFECT_POSTGRES="false")
        here = started.is_ready()

        assert "SQLite" in started.said
        assert "postgres" not in here.pids
        assert (started.home / "prefect" / "prefect.db").exists()
        started.process.terminate()
        started.ends_with(0)


def test_ctrl_c_ends_a_start_that_is_under_way(lived_in: Path, up: Start) -> None:
    started = up(lived_in)
    until(lambda: len(processes_of(lived_in)) > 2, "the first children")

    started.process.send_signal(signal.SIGINT)
    started.says("Stopping")
    started.process.send_signal(signal.SIGINT)  # impatient: at once

    started.ends_with(0)


def test_a_studio_that_does_not_start_is_reported_and_nothing_is_left(lived_in: Path, up: Start) -> None:
    started = up(lived_in, STUB_STUDIO="dies")

    started.ends_with(1)

    assert (
        "The studio stopped by itself (exit code 1: StudioError: the stand-in was told to die)"
        in started.said
    )
    assert str(lived_in / "logs" / "studio.log") in started.said
    assert "Traceback" not in started.said


def submit(up: Up, **parameters: object) -> None:
    url = up.is_ready().prefect_api_url
    auth = PrefectAuth(url, password=installation_secret(up.home))
    with httpx.Client(base_url=url, trust_env=False, timeout=120, auth=auth) as http:
        deployment = http.get("/deployments/name/ping/stub").json()
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        http.post(f"/deployments/{deployment['id']}/create_flow_run", json=body).raise_for_status()


def at_a_terminal() -> tuple[str, ...]:
    """The launcher's command, with its standard input made its controlling terminal first."""
    take = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    assert hasattr(termios, "TIOCSCTTY")
    assert hasattr(fcntl, "ioctl")
    return (sys.executable, "-c", take, str(STUBS / "up.py"))
