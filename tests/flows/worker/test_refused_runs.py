"""A deployment made by somebody else, with the secret in hand, and a pull step: no worker of ours runs it."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.flows.worker.conftest import Diary, Worker
from tests.support.prefect_server import ROOT, PrefectServer
from tests.support.trace_collector import Collector
from tests.support.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.postgres]


@pytest.fixture
def loot(tmp_path: Path) -> Path:
    """What a stranger's script would write."""
    return tmp_path / "loot"


def a_deployment(server: PrefectServer, **asks: Any) -> str:
    """A deployment in our pool, as anyone who may write to the server can make it; its id."""
    name = asks.pop("flow", "ping")
    flow = server.ask("POST", "/flows/", {"name": name})["id"]
    usual = {"entrypoint": "stub_flows.ping", "work_pool_name": "storykin", "enforce_parameter_schema": False}
    wanted = {"name": f"theirs-{uuid.uuid4().hex[:8]}", "flow_id": flow, **usual, **asks}
    return str(server.ask("POST", "/deployments/", wanted)["id"])


def a_run(server: PrefectServer, deployment: str, **more: Any) -> str:
    body = {"parameters": {"run": uuid.uuid4().hex}, "state": {"type": "SCHEDULED"}, **more}
    return str(server.ask("POST", f"/deployments/{deployment}/create_flow_run", body)["id"])


def asking(loot: Path) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """By what is wrong: what the deployment asks for, and what its run does."""
    script = f"touch {loot}"
    shell = {"prefect.deployments.steps.run_shell_script": {"script": script}}
    code = loot.with_name("evil.py")
    code.write_text(
        f"from pathlib import Path\nfrom prefect import flow\nPath({str(loot)!r}).touch()\n"
        "@flow\ndef ping(run: str) -> None:\n    pass\n"
    )
    return {
        "pull steps": ({"pull_steps": [shell]}, {}),
        "entrypoint": ({"entrypoint": f"{code}:ping"}, {}),
        "entrypoint that": ({"entrypoint": "os.system"}, {}),
        "command": ({"job_variables": {"command": script}}, {}),
        "env": ({}, {"job_variables": {"env": {"PYTHONSTARTUP": str(code), "PYTHONPATH": str(loot.parent)}}}),
        "working_dir": ({}, {"job_variables": {"working_dir": str(loot.parent)}}),
    }


def refused(server: PrefectServer, loot: Path) -> None:
    """Nothing that anyone asks for beside our own is run, and each run says why."""
    for why, (asks, run_asks) in asking(loot).items():
        run = a_run(server, a_deployment(server, **asks), **run_asks)
        server.wait_for(run, "Crashed")
        message = server.ask("GET", f"/flow_runs/{run}")["state"]["message"]
        assert "RunRefused" in message and why in message
    assert not loot.exists()


def test_the_warm_worker_runs_ours_and_nothing_else(
    prefect_server: PrefectServer, worker: Worker, diary: Diary, loot: Path
) -> None:
    refused(prefect_server, loot)

    run = uuid.uuid4().hex
    prefect_server.wait_for(prefect_server.submit("ping/stub", run=run), "Completed")
    assert diary.lines(what="ended", run=run)


def test_what_a_pool_sets_for_its_runs_is_not_heeded(
    prefect_server: PrefectServer, worker: Worker, diary: Diary, loot: Path
) -> None:
    pool = prefect_server.ask("GET", "/work_pools/storykin")
    template = pool["base_job_template"]
    hostile = {
        **template,
        "job_configuration": {"env": {"STUB_DIARY": str(loot)}, "command": f"touch {loot}"},
    }
    prefect_server.ask("PATCH", "/work_pools/storykin", {"base_job_template": hostile})
    try:
        run = uuid.uuid4().hex
        prefect_server.wait_for(prefect_server.submit("ping/stub", run=run), "Completed")
        assert diary.lines(what="ended", run=run)
        assert not loot.exists()
    finally:
        prefect_server.ask("PATCH", "/work_pools/storykin", {"base_job_template": template})


@pytest.fixture
def process_worker(prefect_server: PrefectServer, worker: Worker, stubs: dict[str, str]) -> Iterator[None]:
    """The stock way of starting runs, while the warm worker rests."""
    worker.stop()
    began = datetime.now(UTC)
    command = [sys.executable, "-m", "flows.process_worker"]
    environment = {**stubs, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    process = subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True)
    until(lambda: prefect_server.api.has_worker_since(began), "the worker's sign of life")
    yield
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(180)


def test_the_process_worker_runs_ours_and_nothing_else(
    prefect_server: PrefectServer, process_worker: None, diary: Diary, loot: Path, collector: Collector
) -> None:
    refused(prefect_server, loot)

    run = uuid.uuid4().hex
    flow_run = prefect_server.submit("ping/stub", run=run)
    prefect_server.wait_for(flow_run, "Completed")
    assert diary.lines(what="ended", run=run)

    def spans() -> dict[str, tuple[bytes, bytes]]:
        """Those of this run's trace by name: each one's id, and its parent's."""
        found = [one for _, one in collector.spans()]
        asked = {"storykin.flow_run_id": flow_run}
        traces = {
            one.trace_id
            for one in found
            for each in one.attributes
            if asked.get(each.key) == each.value.string_value
        }
        return {one.name: (one.span_id, one.parent_span_id) for one in found if one.trace_id in traces}

    until(lambda: {"work on a run", "carry out a run"} <= spans().keys(), "the run's spans", seconds=120)
    assert spans()["carry out a run"][1] == spans()["work on a run"][0]
