"""How long `storykin up` takes, and what it costs while nobody asks for anything.

Run by `make bench`, or alone: `python -m tests.bench.bench_launch`. Start-up is told in seconds and in CPU
seconds, since the latter hold on a busy machine; idling in CPU seconds a minute; memory as proportional set
size (PSS: what several processes share is counted once), for each part and in all.
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from tests.bench.table import row, title
from tests.support.launcher import Up

IDLE_SECONDS = 120.0
SETTLE_SECONDS = 45.0  # what a start leaves to be done in the background: first polls, the next schedules
SERVICES = {
    "postgres": "database of Prefect",
    "prefect_server": "Prefect server",
    "flows.worker": "worker",
    "ui.serve": "studio",
}
MEGABYTE = 1e6


def main() -> int:
    """Start twice on one data folder, and idle after the second time."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        title("start of `storykin up`", ("seconds", "cpu s"))
        for name in ("for the first time", "after that"):
            began, before = time.perf_counter(), os.times()
            up = Up(
                home,
                command=(str(Path(sys.executable).parent / "storykin"), "up", "--no-demo"),
                STORYKIN_PRELOAD="",
            )
            try:
                up.is_ready()
                row(name, time.perf_counter() - began, _spent(_family(up)))
                if name == "after that":
                    _idle(up)
            finally:
                up.process.send_signal(signal.SIGTERM)
                up.ends_with(0)
            after = os.times()
            row("   until it has stopped", time.perf_counter() - began, _children(after) - _children(before))
    return 0


def _idle(up: Up) -> None:
    time.sleep(SETTLE_SECONDS)
    family = _family(up)
    before = {each.pid: _cpu(each) for each in family}
    time.sleep(IDLE_SECONDS)
    title(f"idle for {IDLE_SECONDS:.0f} s", ("cpu s/min", "MB (PSS)"))
    sums: dict[str, list[float]] = {}
    for each in _family(up):
        spent = (_cpu(each) - before.get(each.pid, 0.0)) * 60 / IDLE_SECONDS
        of_part = sums.setdefault(_part(each), [0.0, 0.0])
        of_part[0] += spent
        of_part[1] += each.memory_full_info().pss / MEGABYTE
    for name, (spent, held) in sums.items():
        row(name, spent, held)
    row("in all", *(sum(column) for column in zip(*sums.values(), strict=True)))


def _family(up: Up) -> list[psutil.Process]:
    launcher = psutil.Process(up.process.pid)
    return [launcher, *launcher.children(recursive=True)]


def _spent(family: list[psutil.Process]) -> float:
    """CPU seconds of processes that live, and of those that they have waited for."""
    return sum(map(_cpu, family))


def _cpu(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:4]))  # its ended children with it


def _children(times: os.times_result) -> float:
    return times.children_user + times.children_system


def _part(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    for part, name in SERVICES.items():
        if part in words:
            return name
    return "launcher" if "storykin" in words else "others"


if __name__ == "__main__":
    sys.exit(main())
