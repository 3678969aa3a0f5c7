"""Celery with Redis on the same work, for `bench_batch`: what a task queue takes that keeps no ledger.

Celery is nothing that Storykin needs: it is found in an environment of its own, which `make bench` makes
(`.venv-peers`), and Redis where Debian puts it.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from tests.support.front_proxies import program
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
WORK = Path(__file__).with_name("celery_work.py")
MISSING = "   Celery is left out: it takes `make bench` (.venv-peers) and Debian's redis-server."
READY_SECONDS = 120


def run(count: int, *, at_once: int, calls: int, seconds: float, steps: int) -> tuple[float, float] | None:
    """Seconds from asking to the last answer, and CPU seconds of worker and Redis; None where it is not."""
    redis = program("redis-server")
    if redis is None or not PYTHON.is_file():
        return None
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        address = {"STORYKIN_BENCH_REDIS": f"redis://127.0.0.1:{port}/0"}
        environment = {**os.environ, **address, "PYTHONPATH": str(WORK.parent)}
        server = [redis, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes"]
        celery = [str(PYTHON), "-m", "celery", "--app", "celery_work"]
        worker = [
            *celery,
            "worker",
            "--pool",
            "threads",
            "--concurrency",
            str(at_once),
            "--loglevel",
            "ERROR",
        ]
        asked = [str(PYTHON), str(WORK), str(count), str(calls), str(seconds), str(steps)]
        with _running(server, environment, folder) as first, _running(worker, environment, folder) as second:
            ping = [*celery, "inspect", "--timeout", "2", "ping"]
            _until_it_answers(ping, environment, folder)
            before = _cpu(first) + _cpu(second)
            said = subprocess.run(
                asked, env=environment, cwd=folder, check=True, capture_output=True, text=True, timeout=600
            )
            return float(said.stdout), _cpu(first) + _cpu(second) - before


def _until_it_answers(ping: list[str], environment: dict[str, str], folder: str) -> None:
    for _ in range(READY_SECONDS // 3):
        if not subprocess.run(ping, env=environment, cwd=folder, capture_output=True, check=False).returncode:
            return
    raise RuntimeError("Celery's worker does not answer.")


@contextmanager
def _running(command: list[str], environment: dict[str, str], folder: str) -> Iterator[psutil.Process]:
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
