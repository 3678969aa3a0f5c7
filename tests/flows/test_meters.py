"""A worker's /metrics: what runs have told is there however they ended; a worker works without it, too."""

import asyncio
import os
import signal
import socket
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.workers.process import ProcessWorker

from flows import run_worker
from flows.meters import Meters, exporting
from flows.settings import flow_settings
from tasks.measures import CALL_SECONDS, HELD_BACK, SOCKET, observe
from tests.support.ports import free_port
from tests.support.studio import stand_in_studio

LOCAL = {"provider": "local", "model": "m", "kind": "image", "outcome": "delivered"}


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    number = free_port()
    monkeypatch.setenv("STORYKIN_METRICS_PORT", str(number))
    flow_settings.cache_clear()
    yield number
    flow_settings.cache_clear()


def page(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return str(answer.read().decode())


def value(meters: Meters, name: str, **labels: str) -> float | None:
    return meters.registry.get_sample_value(name, labels)


def test_what_a_run_has_told_stays_told_when_it_is_killed(port: int) -> None:
    meters = Meters()
    with exporting(meters):
        pid = os.fork()
        if pid == 0:
            observe(CALL_SECONDS, 3.0, **LOCAL)
            observe(CALL_SECONDS, 30.0, **LOCAL)
            observe(HELD_BACK, provider="replicate", code="over_budget")
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(pid, 0)
    assert SOCKET not in os.environ  # all that was told has been taken up
    assert value(meters, "storykin_call_seconds_count", **LOCAL) == 2
    assert value(meters, "storykin_call_seconds_bucket", **LOCAL, le="5.0") == 1
    assert value(meters, "storykin_calls_held_back_total", provider="replicate", code="over_budget") == 1


def test_the_page_has_runs_by_their_end_and_nobodys_id(port: int) -> None:
    meters = Meters()
    run = FlowRun(name="a name", flow_id="0" * 32, work_queue_name="interactive")
    with exporting(meters):
        for code in (0, 1, -9):
            with meters.timing(run) as end:
                assert value(meters, "storykin_worker_runs") == 1
                end.code = code
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as odd:
            for told in (
                b"[",
                b"[" * 4000,
                b'["no_such", 1, {}]',
                b'["storykin_call_seconds", 1, {"who": "x"}]',
            ):
                odd.sendto(told, os.environ[SOCKET])
        observe(HELD_BACK, provider="replicate", code="pace")
        text = page(port)
    for outcome in ("ok", "error", "killed"):
        assert f'storykin_run_seconds_count{{outcome="{outcome}",queue="interactive"}} 1.0\n' in text
    assert "storykin_worker_runs 0.0\n" in text
    assert value(meters, "storykin_calls_held_back_total", provider="replicate", code="pace") == 1
    assert "process_start_time_seconds" in text
    assert "a name" not in text


def test_a_worker_works_where_the_port_is_taken_and_where_none_is_set(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with exporting(Meters()):
            assert SOCKET in os.environ
    monkeypatch.delenv("STORYKIN_METRICS_PORT")
    flow_settings.cache_clear()
    with exporting(Meters()):
        assert SOCKET not in os.environ
        observe(CALL_SECONDS, 1.0, **LOCAL)  # nobody listens, and nothing happens


def test_a_worker_works_where_there_is_no_room_for_a_socket(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = tmp_path / ("deep" * 30)
    far.mkdir()
    for folder in (far, tmp_path / "gone"):
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        with exporting(Meters()):
            assert SOCKET not in os.environ
            assert "storykin_worker_limit" in page(port)  # what the worker itself knows is served


def test_a_worker_that_waits_for_the_server_is_alive(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    async def waits() -> None:
        seen.append(page(port))
        raise asyncio.CancelledError

    monkeypatch.setattr("flows.run_worker._wait_for_server", waits)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run_worker._work(ProcessWorker))
    assert "storykin_worker_limit" in seen[0]


def test_every_call_of_a_run_is_measured(port: int, home: Path) -> None:
    meters, studio = Meters(), stand_in_studio(home)
    with exporting(meters):
        studio.image.failing = {"anime"}
        studio.character()
    counted = {
        (sample.labels["kind"], sample.labels["outcome"]): sample.value
        for metric in meters.registry.collect()
        for sample in metric.samples
        if sample.name == "storykin_call_seconds_count"
    }
    assert counted[("vision", "delivered")] == 1
    assert counted[("image", "failed")] == 1
    assert counted[("image", "delivered")] >= 1
