"""Prefect's server, a worker, its fork server or a run goes away in the middle of paid runs.

The server comes back on the same database and port.

The server, its Postgres, the worker, the deployment and the way in which the studio asks are the product's
own. What is left over afterwards is picked up by whoever is responsible: the worker, housekeeping, and the
person who presses Try again.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from db.lifecycle import ACTIVE
from db.models import CharacterStatus
from db.repositories import characters
from flows.dead_runs import DeadRuns
from flows.reconciler import Reconciler, reconciling
from flows.settings import flow_settings
from flows.submit import cancel_character_run, close, submit_character_run
from tasks.runtime import Runtime
from tests.chaos.checker import Verdict, check
from tests.chaos.gates import Gates
from tests.chaos.scenarios import STYLES, Set, keep_this_house
from tests.chaos.staged_flows import GATES
from tests.support.prefect_server import ROOT, PrefectServer
from tests.support.processes import parent_of
from tests.support.runtimes import new_character
from tests.support.waiting import until
from ui.handlers.detail import try_again
from ui.handlers.runs import ask_for_run
from ui.links import MediaLinks
from ui.services import StudioServices

# Where the calls of the runs are when the server goes: before sending, on their way, accepted, delivered.
HELD_AT = ("vision.sending.before", "image.sending.before", "image.accepted.after", "image.delivered.after")
SILENCE = 45.0  # seconds without a heartbeat; one is sent every 30
PASSES = 2.0  # seconds between two of the reconciler, which the studio runs
UNDER_WAY = {"SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "PAUSED"}


@dataclass(frozen=True)
class Outage:
    """How the server goes, for how long, and what goes with it."""

    how: signal.Signals = signal.SIGKILL
    seconds: float = 3.0
    worker_too: bool = False  # kill -9 at the same time; started again before the server is back
    run_too: bool = False  # kill -9 of a run's process in the middle of a paid call, the server being away
    fork_server_too: bool = False  # kill -9 of what the runs are forked from: all of them end
    server_stays: bool = False  # only the others are struck
    beyond_patience: bool = False  # longer than Prefect's client tries (which then retries once)
    worker: str = "warm"

    @property
    def struck(self) -> int:
        """How many parts."""
        return (not self.server_stays) + self.worker_too + self.run_too + self.fork_server_too


OUTAGES = {
    "Prefect's server stopped and started": Outage(signal.SIGTERM),
    "Prefect's server killed": Outage(),
    "Prefect's server killed, for long": Outage(seconds=8, beyond_patience=True),
    "Prefect's server killed, a run too": Outage(run_too=True),
    "Prefect's server killed for long, a run too": Outage(seconds=8, run_too=True, beyond_patience=True),
    "Prefect's server and its worker killed": Outage(worker_too=True),
    "Prefect's server stopped, its worker killed": Outage(signal.SIGTERM, worker_too=True),
    "a run killed": Outage(run_too=True, server_stays=True),
    "the fork server killed": Outage(fork_server_too=True, server_stays=True),
    "the worker killed": Outage(worker_too=True, server_stays=True),
    "Prefect's server and the fork server killed": Outage(fork_server_too=True),
    "Prefect's server killed, stock worker": Outage(worker="process"),
    "a run killed, stock worker": Outage(worker="process", run_too=True, server_stays=True),
    "Prefect's server killed, stock worker, a run too": Outage(
        seconds=8, worker="process", run_too=True, beyond_patience=True
    ),
}


class Worker:
    """A worker process of the product, on the chaos stage."""

    def __init__(self, server: PrefectServer, environment: dict[str, str], kind: str) -> None:
        self._server = server
        self._command = [
            sys.executable,
            "-m",
            "flows.process_worker" if kind == "process" else "flows.worker",
        ]
        self._environment = environment
        self.log = Path(environment["STORYKIN_HOME"]) / "worker.log"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self, began: datetime) -> None:
        until(lambda: self._server.api.has_worker_since(began), "the worker's sign of life", seconds=180)

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()


def outage(stage_set: Set, server: PrefectServer, happens: Outage) -> Verdict:
    """Four people's runs, held at four edges, while the server is away; then put right, then count."""
    runtime = stage_set.open_runtime()
    gates = Gates(stage_set.scene.folder / "gates")
    try:
        with _working(stage_set, server, happens) as worker, reconciling(_reconciler(runtime), PASSES):
            services = _services(runtime, stage_set)
            folk = [new_character(runtime, shade) for shade in (20, 60, 100, 140)]
            gates.arm(*HELD_AT)
            for person in folk:
                problem = ask_for_run(services, person, STYLES).problem
                assert not problem, problem
            held = {point: gates.held(point) for point in HELD_AT}
            if not happens.server_stays:
                server.go_away(happens.how)
            if happens.worker_too:
                worker.kill()
            if happens.run_too:
                os.kill(held["image.accepted.after"], signal.SIGKILL)
            if happens.fork_server_too:
                os.kill(parent_of(held["image.accepted.after"]), signal.SIGKILL)
            gates.lift()
            time.sleep(happens.seconds)  # the outage lasts
            if happens.worker_too:
                worker.start()
            if not happens.server_stays:
                server.come_back()
            _wait_for_ends(runtime, server, folk)
            failed = list(_failed_by_the_outage(runtime, folk))
            _put_right(runtime, services, server, folk)
            stuck = [f"a run is {each} in Prefect, and nobody is on it" for each in _under_way(server)]
        verdict = check(runtime, stage_set.cloud.settled_bank(), folk, STYLES)
        return replace(
            verdict,
            struck=happens.struck,
            complaints=(*verdict.complaints, *failed, *stuck),
        )
    finally:
        close()
        runtime.record.close()


def _failed_by_the_outage(runtime: Runtime, folk: list[str]) -> Iterator[str]:
    """Neither a server that is away nor a process that is killed is a reason for a run to fail."""
    for person in folk:
        with runtime.record.reading() as session:
            character = characters.get(session, person)
        if character.status is not CharacterStatus.READY:
            yield f"the outage left a character {character.status.value} ({character.status_reason})"


def _put_right(runtime: Runtime, services: StudioServices, server: PrefectServer, folk: list[str]) -> None:
    """Housekeeping's chores, and Try again in the studio for whoever is not ready."""
    for _ in range(2):
        keep_this_house(runtime)
        for person in folk:
            if _status(runtime, person) is not CharacterStatus.READY:
                try_again(services, person)
        _wait_for_ends(runtime, server, folk)


def _wait_for_ends(runtime: Runtime, server: PrefectServer, folk: list[str]) -> None:
    """Wait until no run is under way, for Prefect or for the record."""
    until(
        lambda: not _under_way(server) and all(_status(runtime, each) not in ACTIVE for each in folk),
        "every run to end",
        seconds=240,
    )


def _reconciler(runtime: Runtime) -> Reconciler:
    """The studio's, but for a shorter patience."""
    return Reconciler(runtime, dead=DeadRuns(silent_seconds=SILENCE))


def _status(runtime: Runtime, character_id: str) -> CharacterStatus:
    with runtime.record.reading() as session:
        return characters.get(session, character_id).status


def _under_way(server: PrefectServer) -> list[str]:
    """The states of the runs that Prefect takes for unfinished."""
    runs = server.ask("POST", "/flow_runs/filter", {"sort": "START_TIME_DESC"})
    return [run["state_name"] for run in runs if run["deployment_id"] and run["state_type"] in UNDER_WAY]


@contextmanager
def _working(stage_set: Set, server: PrefectServer, happens: Outage) -> Iterator[Worker]:
    environment = _environment(stage_set, server) | {"STORYKIN_WORKER": happens.worker}
    command = [sys.executable, "-m", "flows.deploy", str(ROOT / "tests/chaos/prefect.yaml")]
    subprocess.run(command, check=True, env=environment, cwd=ROOT, capture_output=True)
    if happens.beyond_patience:
        environment |= {"PREFECT_CLIENT_MAX_RETRIES": "1"}
    worker = Worker(server, environment, happens.worker)
    began = datetime.now(UTC)
    worker.start()
    try:
        worker.wait(began)
        yield worker
    finally:
        worker.stop()


def _environment(stage_set: Set, server: PrefectServer) -> dict[str, str]:
    scene = stage_set.scene
    return {
        **server.environment,
        "PYTHONPATH": str(ROOT),
        "STORYKIN_HOME": str(scene.folder),
        "DATABASE_URL": scene.url,
        "STORYKIN_SECRET_KEY": "s" * 32,
        "STORYKIN_LEASE_SECONDS": str(scene.lease_seconds),
        "STORYKIN_VISION": "openai",
        "OPENAI_API_KEY": "sk-rehearsal",
        "OPENAI_BASE_URL": scene.openai_url,
        "STORYKIN_IMAGE": "replicate",
        "REPLICATE_API_TOKEN": "r8_rehearsal",
        "REPLICATE_BASE_URL": scene.replicate_url,
        "STORYKIN_DEPLOYMENTS": str(ROOT / "tests/chaos/prefect.yaml"),
        "STORYKIN_PRELOAD": "tests.chaos.staged_flows",
        GATES: str(scene.folder / "gates"),
    }


def _services(runtime: Runtime, stage_set: Set) -> StudioServices:
    """The studio's, as far as asking for runs goes."""
    nothing: Any = None
    origin = "http://127.0.0.1:7860"
    return StudioServices(
        runtime=runtime,
        links=MediaLinks(runtime.store, origin, b"s" * 32),
        submit=submit_character_run,
        cancel=cancel_character_run,
        dashboard_url=lambda _page, _owner: "",
        normalize=nothing,
        public_origin=origin,
        home=stage_set.scene.folder,
    )


@contextmanager
def prefect_to_break() -> Iterator[PrefectServer]:
    """A Prefect server of our own, which flows.submit finds."""
    server = PrefectServer()
    told = {"PREFECT_API_URL": server.api_url, "PREFECT_API_AUTH_STRING": server.secret}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    flow_settings.cache_clear()
    try:
        yield server
    finally:
        server.stop()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        flow_settings.cache_clear()
        shutil.rmtree(server.home, ignore_errors=True)
