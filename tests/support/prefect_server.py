"""A real Prefect server on an embedded Postgres, started once for all tests that ask for it."""

import io
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.launch.addresses import Addresses
from flows.launch.console import Console
from flows.launch.postgres import EmbeddedPostgres
from flows.launch.prefect_api import PrefectApi
from flows.launch.services import environment, postgres_service, prefect_service
from flows.launch.stop_signals import StopSignals
from flows.launch.supervisor import Supervisor
from flows.prefect_http import PrefectAuth
from tests.support.ports import free_port
from tests.support.waiting import until

STUBS = Path(__file__).parent / "stub_project"
ROOT = Path(__file__).parents[2]


class PrefectServer:
    """The server, and the few questions that tests have."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="storykin-prefect-"))
        for name in ("logs", "prefect"):
            (self.home / name).mkdir()
        self._children = Supervisor(self.home / "logs", Console(io.StringIO(), io.StringIO()))
        port = free_port()
        self.api_url = f"http://127.0.0.1:{port}/api"
        self.environment = environment(self.home, Addresses("127.0.0.1", free_port(), port, self.api_url))
        self.secret = self.environment["PREFECT_API_AUTH_STRING"]
        self.auth = PrefectAuth(self.api_url, password=self.secret)
        self.http = httpx.Client(base_url=self.api_url, timeout=120, trust_env=False, auth=self.auth)
        self._start(port)

    def _start(self, port: int) -> None:
        postgres = EmbeddedPostgres(self.home / "postgres")
        postgres.prepare()
        self.database_url = postgres.url.replace("+asyncpg", "")
        self._children.start(postgres_service(postgres, self.environment))
        self._children.wait_until(postgres.is_ready, "database of Prefect", 240)
        self._prefect = self._children.start(prefect_service(self.environment, port, postgres.url))
        self.api = PrefectApi(self.api_url, self.auth)
        self._children.wait_until(self.api.healthy, "Prefect server", 240)

    def go_away(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the server, not its database: with SIGTERM as an operator does, with SIGKILL as a crash."""
        if how is signal.SIGKILL:
            self._prefect.signal_group(how)
        else:
            os.kill(self._prefect.pid, how)
        assert self._prefect.wait(180), "the Prefect server does not end"
        self._prefect.signal_group(signal.SIGKILL)

    def come_back(self) -> None:
        """Start it again on the same port and the same database, and wait until it answers."""
        self._prefect.restart()
        self._children.wait_until(self.api.healthy, "Prefect server", 240)

    def stop(self) -> None:
        self.http.close()
        self.api.close()
        self._children.stop(StopSignals())
        shutil.rmtree(self.home, ignore_errors=True)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def submit(
        self,
        deployment: str,
        *,
        queue: str | None = None,
        labels: Mapping[str, str] | None = None,
        **parameters: object,
    ) -> str:
        """Have a deployment run now, in another queue than its own if one is named; the flow run's id."""
        found = self.ask("GET", f"/deployments/name/{deployment}")
        body: dict[str, object] = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        body |= {"work_queue_name": queue} | ({"labels": dict(labels)} if labels else {})
        return str(self.ask("POST", f"/deployments/{found['id']}/create_flow_run", body)["id"])

    def a_run_in(self, state: str) -> str:
        """A run of no deployment in a state such as "RUNNING"; its id."""
        flow = self.ask("POST", "/flows/", {"name": "bare"})
        return str(self.ask("POST", "/flow_runs/", {"flow_id": flow["id"], "state": {"type": state}})["id"])

    def cancel(self, run: str) -> None:
        self.ask(
            "POST", f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING", "name": "Cancelling"}}
        )

    def state(self, run: str) -> str:
        """The name of the run's state, such as "Completed"."""
        return str(self.ask("GET", f"/flow_runs/{run}")["state_name"])

    def wait_for(self, run: str, state: str) -> None:
        until(lambda: self.state(run) == state, f"run {run} to be {state}; it is {self.state(run)}")


@cache
def _the_server() -> PrefectServer:
    return PrefectServer()


@pytest.fixture(scope="session")
def prefect_server(request: pytest.FixtureRequest) -> PrefectServer:
    """The one server of this test session. Import this fixture into the conftest of a room that needs it."""
    first = _the_server.cache_info().currsize == 0
    server = _the_server()
    if first:  # another conftest may have imported this fixture too
        request.session.config.add_cleanup(server.stop)
    return server


def use(server: PrefectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process's own programs know `server`, as the launcher tells its children of one."""
    monkeypatch.setenv("PREFECT_API_URL", server.api_url)
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", server.secret)


def stub_environment(server: PrefectServer, diary: Path) -> dict[str, str]:
    """For programs that work on the stand-in flows, which tell `diary` what happens to them."""
    return {
        **server.environment,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(STUBS)]),
        "STORYKIN_DEPLOYMENTS": str(STUBS / "prefect.yaml"),
        "STORYKIN_PRELOAD": "stub_flows",
        "STUB_DIARY": str(diary),
    }
