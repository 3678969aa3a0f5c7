"""A real worker on a real server. It polls four times an hour: what starts sooner was woken by an event."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.ports import free_port
from tests.support.prefect_server import (
    ROOT,
    STUBS,
    PrefectServer,
    prefect_server,
    stub_environment,
)
from tests.support.processes import parent_of
from tests.support.trace_collector import Collector, collecting
from tests.support.waiting import until

__all__ = ["prefect_server"]


class Diary:
    """What the stand-in flows told."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self, **like: object) -> list[dict[str, Any]]:
        """The lines whose fields are as given, in the order they were written."""
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        lines = [json.loads(line) for line in text.splitlines()]
        return [line for line in lines if all(line.get(name) == value for name, value in like.items())]

    def first(self, **like: object) -> dict[str, Any]:
        """Wait for such a line."""
        return until(lambda: self.lines(**like), f"a diary line with {like}")[0]


class Worker:
    """A worker process."""

    def __init__(self, server: PrefectServer, environment: dict[str, str]) -> None:
        self._api = server.api
        self._command = [sys.executable, "-m", "flows.worker"]
        self._environment = environment
        self.start()

    def start(self) -> None:
        began = datetime.now(UTC)
        self.process = subprocess.Popen(
            self._command, env=self._environment, cwd=ROOT, start_new_session=True
        )
        until(lambda: self._api.has_worker_since(began), "the worker's first sign of life")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(180)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @staticmethod
    def fork_server_of(pid: int) -> int:
        return parent_of(pid)


@pytest.fixture(scope="session")
def diary(tmp_path_factory: pytest.TempPathFactory) -> Diary:
    return Diary(tmp_path_factory.mktemp("worker") / "diary.jsonl")


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    with collecting() as taking:
        yield taking


@pytest.fixture(scope="session")
def metrics_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def stubs(
    prefect_server: PrefectServer, diary: Diary, collector: Collector, metrics_port: int
) -> dict[str, str]:
    """The environment of programs that know the stand-in flows, once those are deployed."""
    environment = stub_environment(prefect_server, diary.path) | {
        "PREFECT_WORKER_QUERY_SECONDS": "900",
        "STORYKIN_METRICS_PORT": str(metrics_port),
        "STORYKIN_TRACES_TO": collector.address,
    }
    deploy(environment)
    return environment


@pytest.fixture(scope="package")
def _worker(prefect_server: PrefectServer, stubs: dict[str, str]) -> Iterator[Worker]:
    """It stops with this package's tests: it would take what the tests of others leave to nobody."""
    worker = Worker(prefect_server, stubs)
    yield worker
    worker.stop()


@pytest.fixture
def worker(_worker: Worker) -> Worker:
    """The package's worker, started again if the test before has ended it."""
    if _worker.process.poll() is not None:
        _worker.start()
    return _worker


def deploy(environment: dict[str, str], path: Path = STUBS / "prefect.yaml") -> str:
    """Deploy `path`; what was told of it."""
    command = [sys.executable, "-m", "flows.deploy", str(path)]
    done = subprocess.run(command, check=False, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
