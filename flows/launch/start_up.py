"""The start, step by step, until everything answers."""

import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx

from flows.deployments import CONTAINER_POOLS, check_pool, read_deployments
from flows.launch.addresses import LOOPBACK, Addresses, choose_addresses
from flows.launch.apart import Apart, apart
from flows.launch.child import Service
from flows.launch.console import Console
from flows.launch.options import LaunchOptions
from flows.launch.ports import reserve
from flows.launch.postgres import EmbeddedPostgres, PostgresUnavailable
from flows.launch.prefect_api import PrefectApi
from flows.launch.preparation import record_is_empty
from flows.launch.services import (
    DATABASE_SETTINGS,
    environment,
    postgres_service,
    prefect_service,
    studio_service,
    worker_service,
)
from flows.launch.supervisor import ServiceEnded, Supervisor
from flows.running import Running
from flows.settings import FlowSettings
from tasks.errors import StorykinError
from tasks.settings import provider_settings

# A first start on a slow machine compiles every module; these end a start that hangs, they time nothing.
DATABASE_SECONDS = 60
SERVER_SECONDS = 240
DEPLOY_SECONDS = 240
WORKER_SECONDS = 180
STUDIO_SECONDS = 180
DEMO_SECONDS = 120


class NotDeployed(StorykinError):
    """A Prefect that is not ours alone does not know our work yet."""

    code = "not_deployed"


class StartUp:
    """Starts the children of one launch, in an order that leaves no core idle."""

    def __init__(
        self,
        home: Path,
        options: LaunchOptions,
        settings: FlowSettings,
        children: Supervisor,
        console: Console,
    ) -> None:
        self._home = home
        self._options = options
        self._settings = settings
        self._children = children
        self._console = console
        self._began = datetime.now(UTC)
        self.reserved: socket.socket | None = None  # Prefect's port is this account's as long as we live

    def run(self) -> Running:
        """Start everything and wait until it answers. Raises what has a sentence for people."""
        addresses = choose_addresses(self._options, self._settings, self._console)
        prepared = Apart(self._prepare)  # while the database and Prefect's server boot
        try:
            given = self._start_prefect(addresses)
            prepared.result()
        finally:
            prepared.stop()
        # Both wait for Prefect by themselves, and have much to import until then.
        self._children.start(studio_service(given, self._options.studio_command))
        self._children.start(self._worker(addresses, given))
        with PrefectApi(addresses.prefect_api_url) as api:
            self._wait_for_prefect(api, addresses, given)
        self._wait_for_the_studio(addresses)
        self._make_demo(given)
        return self._running(addresses)

    def _prepare(self) -> None:
        for prepare in self._options.preparations:
            prepare(self._console)

    def _start_prefect(self, addresses: Addresses) -> dict[str, str]:
        """Start Prefect's server and its database, where they are ours; the environment of all children."""
        given = environment(self._home, addresses)
        if self._options.deployments:
            given["STORYKIN_DEPLOYMENTS"] = str(self._options.deployments)
        if addresses.prefect_port is not None:
            setting = "STORYKIN_PREFECT_PORT"
            self.reserved = reserve(LOOPBACK, addresses.prefect_port, setting=setting)
            database = self._start_database(given)
            self._children.start(
                prefect_service(given, addresses.prefect_port, database, addresses.studio_url)
            )
        return given

    def _start_database(self, given: dict[str, str]) -> str | None:
        """The URL of the database for Prefect's server; None is what Prefect has been told, or SQLite."""
        if DATABASE_SETTINGS & given.keys():
            return None
        if not self._settings.prefect_postgres:
            self._console.step("Prefect's data", "SQLite, as STORYKIN_PREFECT_POSTGRES says")
            return None
        try:
            postgres = EmbeddedPostgres(self._home / "postgres")
            postgres.prepare()
        except PostgresUnavailable as error:
            self._console.step("Prefect's data", f"SQLite, for want of an embedded Postgres: {error}")
            self._console.step("", "one run at a time is fine; many at once will be slow")
            return None
        self._children.start(postgres_service(postgres, given))
        self._children.wait_until(postgres.is_ready, "database of Prefect", DATABASE_SECONDS)
        return postgres.url

    def _wait_for_prefect(self, api: PrefectApi, addresses: Addresses, given: dict[str, str]) -> None:
        self._children.wait_until(api.healthy, "Prefect server", SERVER_SECONDS)
        self._console.step("Prefect server", addresses.prefect_url)
        if addresses.prefect_port is not None and (left := api.resume_left_over(self._began)):
            self._console.step("", f"taking up again what was not finished last time: {left}")
        self._deploy(api, given, own=addresses.prefect_port is not None)
        self._children.wait_until(lambda: api.has_worker_since(self._began), "worker", WORKER_SECONDS)
        self._console.step("worker", f"takes {self._settings.worker_limit} runs at once")

    def _worker(self, addresses: Addresses, given: dict[str, str]) -> Service:
        def resume_its_runs(ended: datetime) -> bool:
            # A server of ours has no other workers: what was under way has gone with this one. The server
            # may be away itself: then this is asked again.
            if addresses.prefect_port is not None:
                try:
                    with PrefectApi(addresses.prefect_api_url) as api:
                        api.resume_left_over(ended)
                except httpx.HTTPError:
                    return False
            return True

        return worker_service(given, self._settings.worker, on_restart=resume_its_runs)

    def _deploy(self, api: PrefectApi, given: dict[str, str], *, own: bool) -> None:
        """Apply prefect.yaml to a server of our own, unless it holds it already; look at another's."""
        wanted = read_deployments(self._options.deployments)
        pool = api.pool_type()
        if pool is not None:
            check_pool(pool, also=() if own else CONTAINER_POOLS)
            if all(api.has(each) for each in wanted):
                self._console.step("deployments", "unchanged")
                return
        if not own:
            self._require_deployed([each.full_name for each in wanted if not api.knows(each)], pool)
            return
        path = [str(self._options.deployments)] if self._options.deployments else []
        # In a process of its own, since it imports every flow.
        command = [sys.executable, "-m", "flows.deploy", *path]
        service = Service("deployment", "deploy", command, given)
        self._children.run_to_end(service, DEPLOY_SECONDS)
        self._console.step("deployments", ", ".join(each.full_name for each in wanted))

    def _require_deployed(self, unknown: list[str], pool: str | None) -> None:
        """A shared server is changed by `storykin deploy` alone. Raises NotDeployed if nothing could run."""
        if pool is None or unknown:
            raise NotDeployed(
                f"Prefect does not know {', '.join(unknown) or 'our work pool'} yet, so nothing would run. "
                "Run `storykin deploy` once, then start again."
            )
        self._console.step("deployments", "of another version; `storykin deploy` brings them to this one")

    def _wait_for_the_studio(self, addresses: Addresses) -> None:
        url = addresses.studio_url + self._options.studio_health
        self._children.wait_until(lambda: _answers(url), "studio", STUDIO_SECONDS)
        self._console.step("studio", addresses.studio_url)

    def _make_demo(self, given: dict[str, str]) -> None:
        """Create the demo character in an empty record; a failure is printed and changes nothing else."""
        if self._options.demo is None or not apart(record_is_empty):
            return
        if provider_settings().charges:
            self._console.step("demo character", "none: these providers would charge for it")
            return
        try:
            service = Service("demo character", "demo", self._options.demo, given)
            self._children.run_to_end(service, DEMO_SECONDS)
        except ServiceEnded as error:
            self._console.step("demo character", error.sentence)
        else:
            self._console.step("demo character", "is being drawn")

    def _running(self, addresses: Addresses) -> Running:
        return Running(
            pid=os.getpid(),
            started_at=self._began.isoformat(),
            studio_url=addresses.studio_url,
            prefect_url=addresses.prefect_url,
            prefect_api_url=addresses.prefect_api_url,
            ports=addresses.ports,
            pids=self._children.pids,
        )


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False
