"""A worker's /metrics: what its runs have told of their work (`tasks.measures`), and how it stands itself."""

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from prefect.client.schemas.objects import FlowRun
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.process_collector import ProcessCollector

from db.ids import utc_now
from db.log import Log
from flows.deployments import QUEUES
from flows.settings import flow_settings
from tasks.measures import INSTRUMENTS, RUN_SECONDS, RUN_WAIT_SECONDS, SOCKET, Instrument

log = Log("meters")

LONGEST_DATAGRAM = 4096


@dataclass
class RunEnd:
    """How a run's process ended: its exit code, negative for a signal; None where it never was one."""

    code: int | None = None

    @property
    def outcome(self) -> str:
        """In one word."""
        return "error" if self.code is None or self.code > 0 else "killed" if self.code < 0 else "ok"


class Meters:
    """The instruments of one worker. Safe to use from several threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._kept = {each.name: self._made(each) for each in INSTRUMENTS}
        self._gauges = {
            name: Gauge(name, says, registry=self.registry)
            for name, says in (
                ("storykin_worker_runs", "Flow runs that this worker carries out now."),
                ("storykin_worker_limit", "Flow runs that this worker takes at once at the most."),
                ("storykin_worker_polled_timestamp_seconds", "When this worker last asked for runs."),
            )
        }
        self._fork_servers = Counter(
            "storykin_worker_fork_servers_total",
            "Fork servers that this worker has started: more than one, and the others have died.",
            registry=self.registry,
        )
        build = Gauge("storykin_build_info", "The version at work.", ["version"], registry=self.registry)
        build.labels(version("storykin")).set(1)

    def _made(self, instrument: Instrument) -> Counter | Histogram:
        if instrument.buckets:
            return Histogram(
                instrument.name,
                instrument.help,
                instrument.labels,
                buckets=instrument.buckets,
                registry=self.registry,
            )
        return Counter(instrument.name, instrument.help, instrument.labels, registry=self.registry)

    def add(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        """Take up what was measured. ValueError or KeyError where there is no such instrument or label."""
        instrument = self._kept[name].labels(**labels)
        if isinstance(instrument, Histogram):
            instrument.observe(value)
        else:
            instrument.inc(value)

    def observe(self, instrument: Instrument, value: float, **labels: str) -> None:
        """The same, by the instrument."""
        self.add(instrument.name, value, labels)

    @contextmanager
    def timing(self, flow_run: FlowRun) -> Iterator[RunEnd]:
        """Around one run: how long it has waited, how long it takes, and how it ends."""
        queue = flow_run.work_queue_name if flow_run.work_queue_name in QUEUES else "other"
        if flow_run.expected_start_time is not None:  # by the server's clock: of use for a chart alone
            waited = (utc_now() - flow_run.expected_start_time).total_seconds()
            self.observe(RUN_WAIT_SECONDS, max(0.0, waited), queue=queue)
        began, end, runs = time.monotonic(), RunEnd(), self._gauges["storykin_worker_runs"]
        runs.inc()
        try:
            yield end
        finally:
            runs.dec()
            self.observe(RUN_SECONDS, time.monotonic() - began, queue=queue, outcome=end.outcome)

    def takes(self, limit: int) -> None:
        """How many runs the worker takes at once at the most."""
        self._gauges["storykin_worker_limit"].set(limit)

    def polled(self) -> None:
        """The worker has asked Prefect for runs just now."""
        self._gauges["storykin_worker_polled_timestamp_seconds"].set(time.time())

    def fork_server_started(self) -> None:
        """Another one."""
        self._fork_servers.inc()


@lru_cache(maxsize=1)
def worker_meters() -> Meters:
    """Those of the worker that this process is."""
    return Meters()


@contextmanager
def exporting(meters: Meters) -> Iterator[None]:
    """Meanwhile runs are listened to, and `meters` can be read at /metrics, where a port is set.

    What can't be set up (a port that is taken, no place for a socket) is told in the log: a worker works
    without it, too.
    """
    with ExitStack() as stack:
        port = flow_settings().metrics_port
        if port is not None:
            _set_up(stack, "runs are not listened to: no place for a socket", _listening(meters), port)
            _set_up(stack, "metrics are not served: the address can't be taken", _serving(meters, port), port)
        yield


def _set_up(stack: ExitStack, otherwise: str, part: AbstractContextManager[None], port: int) -> None:
    try:
        stack.enter_context(part)
    except OSError as error:
        log.error(otherwise, error=error, port=port)


@contextmanager
def _serving(meters: Meters, port: int) -> Iterator[None]:
    server, thread = start_http_server(port, flow_settings().metrics_host, meters.registry)
    log.info("metrics served", port=server.server_port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _listening(meters: Meters) -> Iterator[None]:
    """The runs' datagrams are taken up by a thread, at an address that they find in their environment.

    OSError where there is no room for the socket: its path has 107 bytes at the most.
    """
    with (
        tempfile.TemporaryDirectory(prefix="storykin-meters-", ignore_cleanup_errors=True) as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver,
    ):
        address = str(Path(folder) / "socket")
        receiver.bind(address)
        os.environ[SOCKET] = address
        thread = threading.Thread(target=_take_up, args=(receiver, meters), name="meters", daemon=True)
        thread.start()
        try:
            yield
        finally:
            del os.environ[SOCKET]
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"", address)
                thread.join()  # else, its folder cleared away, it ends with the process


def _take_up(receiver: socket.socket, meters: Meters) -> None:
    """Until an empty datagram comes. What can't be read was told by a run of another version."""
    while told := receiver.recv(LONGEST_DATAGRAM):
        try:
            name, value, labels = json.loads(told)
            meters.add(name, value, labels)
        except Exception:
            log.warning("a run told a measure that is not known")
