"""The whole topology: what is started, in which order, and how each part is waited for."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from tests.support.certificates import Certificate, make_certificate
from tests.support.rehearsal import Rehearsal, rehearsing
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, S3Server, s3_server
from tests.support.waiting import until
from tests.topology.composed import UNMEASURED, Part, parts_of
from tests.topology.foundations import start_postgres, start_redis, wait_for_postgres
from tests.topology.front import nginx_part
from tests.topology.ground import Ground, Programs
from tests.topology.processes import Running, run_once, wait_for_port

BUCKET = "topology"
EMAIL, PASSWORD = "ada@example.org", "correct horse battery staple"
PACE_SECONDS = "1.0"  # of a picture at the cloud


def deployment_settings(cloud: dict[str, str], bucket: S3Server, models: Path) -> dict[str, str]:
    """What deploy/README.md has an operator put into .env."""
    of_cloud = {
        name: value
        for name, value in cloud.items()
        if name.startswith(("OPENAI", "REPLICATE", "STORYKIN_VISION", "STORYKIN_IMAGE"))
    }
    return of_cloud | {
        "STORYKIN_STORE": "r2",
        "R2_ENDPOINT_URL": bucket.url,
        "R2_ACCESS_KEY_ID": ACCESS_KEY,
        "R2_SECRET_ACCESS_KEY": SECRET_KEY,
        "R2_CA_FILE": bucket.certificate,
        "R2_BUCKET": BUCKET,
        "STORYKIN_MODELS_DIR": str(models),
        "STORYKIN_TRUSTED_PROXIES": "127.0.0.1",
        "STORYKIN_LEASE_SECONDS": "30",
        **({} if measured() else {"PYTHONPATH": str(UNMEASURED)}),
    }


def measured() -> bool:
    """Whether workers look at photos and pictures with OpenCV; MEASURED=no leaves it out."""
    return os.environ.get("MEASURED", "yes") != "no"


class Stage:
    """Every part, running."""

    def __init__(self, ground: Ground, cloud: Rehearsal, certificate: Certificate) -> None:
        self.ground, self.cloud, self.certificate = ground, cloud, certificate
        self.running: dict[str, Running] = {}
        self.parts: dict[str, Part] = {}
        self.seconds: dict[str, float] = {}

    def start(self, programs: Programs, settings: dict[str, str], packages: Path) -> None:
        """Start everything in the order of compose.yaml's `depends_on`."""
        self.parts = parts_of(self.ground, settings, packages)
        self._timed("postgres", lambda: self._run(start_postgres(self.ground, programs)))
        self._timed("redis", lambda: self._run(start_redis(self.ground, programs)))
        self.once("prefect-database")
        for name in ("prefect-1", "prefect-2", "prefect-services"):
            self._run(Running(self.parts[name], self.ground.folder))
        self.once("migrate")  # while they start
        nginx = nginx_part(self.ground, programs, self.certificate)
        self._run(Running(nginx, self.ground.folder))
        self._timed("prefect", lambda: self.wait_for("prefect-1"))
        self._timed("and the other", lambda: self.wait_for("prefect-2"))
        self.once("deploy")
        self.command("studio-1", "user", "add", EMAIL, given=f"{PASSWORD}\n{PASSWORD}\n")
        workers = [name for name in self.parts if name.startswith("worker-")]
        for name in (*workers, "studio-1"):
            self._run(Running(self.parts[name], self.ground.folder))
        self._timed("worker, studio", self.wait_until_ready)

    @property
    def workers(self) -> list[Running]:
        """The workers, in their order."""
        return [each for name, each in self.running.items() if name.startswith("worker-")]

    def once(self, name: str) -> None:
        """Run a part that ends by itself."""
        self._timed(name, lambda: run_once(self.parts[name], self.ground.folder))

    def command(self, machine: str, *words: str, given: str = "") -> str:
        """`storykin WORDS` with the settings of a part, in a data folder of its own; what it printed."""
        part = self.parts[machine]
        home = str(self.ground.folder / "console")
        environment = dict(part.environment) | {"STORYKIN_HOME": home, "HOME": home}
        command = (part.command[0], *words)
        console = replace(part, name="console", command=command, environment=environment)
        return run_once(console, self.ground.folder, given)

    def document(self, *words: str) -> Any:
        """What a command prints with --json."""
        return json.loads(self.command("worker-1", *words, "--json"))

    def wait_for(self, name: str) -> None:
        """Wait until the part does its work again."""
        running = self.running[name]
        if name == "postgres":
            wait_for_postgres(self.ground, running)
        elif name.startswith("prefect-") and name in self.ground.ports:
            self._answers(f"http://127.0.0.1:{self.ground.ports[name]}/api/health", running)
        elif name == "studio-1":
            self._answers(f"{self.ground.origin}/healthz", running)
        elif name == "nginx":
            wait_for_port(self.ground.ports["studio"], running)
        elif name in self.ground.ports:
            wait_for_port(self.ground.ports[name], running)
        elif name.startswith("worker-"):
            until(lambda: running.said("worker started") >= running.started, f"{name} to start", seconds=240)

    def wait_until_ready(self) -> None:
        """Wait until `/readyz` says so: every deployment known, every queue served."""
        for each in self.workers:
            self.wait_for(each.part.name)
        last = {}

        def ready() -> bool:
            nonlocal last
            for each in self.running.values():
                each.check_alive()
            try:
                # On the studio's own machine: through the proxy only who may sign in is told.
                answer = httpx.get(f"http://127.0.0.1:{self.ground.ports['studio-1']}/readyz", timeout=30)
                last = answer.json()
            except (httpx.TransportError, ValueError):
                return False
            return answer.status_code == 200

        try:
            until(ready, "the studio to be ready", seconds=240)
        except AssertionError as error:
            raise AssertionError(f"{error}: {last}") from None

    def check_alive(self) -> None:
        """Fail where a part has ended by itself."""
        for each in self.running.values():
            each.check_alive()

    def stop(self) -> None:
        """End everything, the foundations last."""
        for each in reversed(self.running.values()):
            each.thaw()
            if each.process.poll() is None:
                each.kill()

    def _run(self, running: Running) -> Running:
        self.running[running.part.name] = running
        return running

    def _timed(self, name: str, work: Any) -> None:
        began = time.monotonic()
        work()
        self.seconds[name] = time.monotonic() - began

    def _answers(self, url: str, running: Running) -> None:
        def healthy() -> bool:
            running.check_alive()
            try:
                return httpx.get(url, timeout=10, verify=self.certificate.client_context()).status_code == 200
            except httpx.TransportError:
                return False

        until(healthy, f"{running.part.name} to answer", seconds=240)


@contextmanager
def whole_stage(folder: Path, programs: Programs, packages: Path, models: Path) -> Iterator[Stage]:
    """The topology in `folder`, started; gone at the end."""
    with ExitStack() as stack:
        certificate = make_certificate(folder)
        of_cloud = folder / "cloud"
        of_cloud.mkdir()
        bucket = stack.enter_context(s3_server(of_cloud, certificate))
        bucket.make_bucket(BUCKET)
        options = ("--trust", str(certificate.certificate), "--pace", PACE_SECONDS)
        cloud = stack.enter_context(rehearsing(of_cloud, *options))
        stage = Stage(Ground.at(folder), cloud, certificate)
        stack.callback(stage.stop)
        stage.start(programs, deployment_settings(cloud.settings, bucket, models), packages)
        yield stage
