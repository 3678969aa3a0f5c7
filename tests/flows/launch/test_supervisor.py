"""Children that end when they should not, or do not when they should."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flows.launch.backoff import Backoff
from flows.launch.child import Child, Service
from flows.launch.console import Console
from flows.launch.logs import MAX_BYTES, failure_line, rotate
from flows.launch.stop_signals import STOPPING, StopRequested, StopSignals
from flows.launch.supervisor import ServiceEnded, Supervisor
from tests.support.processes import is_alive
from tests.support.waiting import until

# Starts a child of its own, says so, and takes no notice of being asked to stop.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def problems() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def children(tmp_path: Path, problems: io.StringIO) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, Console(io.StringIO(), problems))
    yield supervisor
    hurried = StopSignals()
    hurried.at_once = True
    supervisor.stop(hurried)


def python(code: str, *, restarts: int = 0, patience: float = 10) -> Service:
    command = [sys.executable, "-c", code]
    return Service("helper", "helper", command, dict(os.environ), restarts=restarts, patience=patience)


def test_the_last_complaint_of_a_child_is_in_the_sentence(children: Supervisor, tmp_path: Path) -> None:
    children.start(python("print('all is well'); raise ValueError('no soup today')"))

    with pytest.raises(ServiceEnded) as told:
        children.wait_until(lambda: False, "helper", 60)

    assert told.value.sentence == (
        "The helper stopped by itself (exit code 1: ValueError: no soup today). "
        f"Its log: {tmp_path}/helper.log"
    )


def test_a_child_may_crash_as_often_as_it_is_allowed(children: Supervisor, problems: io.StringIO) -> None:
    children.start(python("raise SystemExit(3)", restarts=2))

    with pytest.raises(ServiceEnded, match="exit code 3"):
        children.wait_until(lambda: False, "helper", 60)

    assert problems.getvalue().count("The helper stopped by itself (exit code 3). Started again.") == 2


class Enough(Exception):
    """The test has seen what it wanted."""


def test_once_everything_runs_a_child_is_started_again_however_often_it_ends(
    children: Supervisor, problems: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.launch.backoff.FIRST_SECONDS", 0.01)
    children.start(python("raise SystemExit(3)"))
    heard: list[tuple[str, str]] = []

    def hear(child: Child, why: str) -> None:
        heard.append((child.service.name, why))
        if len(heard) == 5:
            raise Enough

    with pytest.raises(Enough):
        children.watch(hear)

    assert heard == [("helper", "exit code 3")] * 5
    assert problems.getvalue().count("Started again.") == 5


def test_each_wait_is_longer_up_to_a_minute_and_calm_makes_it_short_again() -> None:
    backoff = Backoff()

    waits = [backoff.seconds_after(ran=1) for _ in range(10)]

    assert waits[:4] == [0.5, 1, 2, 4]
    assert waits == sorted(waits)
    assert waits[-1] == 60
    assert backoff.seconds_after(ran=599) == 60
    assert backoff.seconds_after(ran=600) == 0.5


def test_one_that_can_not_be_started_just_now_is_tried_again(
    children: Supervisor, problems: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.launch.backoff.FIRST_SECONDS", 0.01)
    children.start(python("raise SystemExit(3)"))
    popen, refusals = subprocess.Popen, [OSError(12, "Cannot allocate memory")] * 2

    def refused_at_first(*arguments: Any, **named: Any) -> object:
        if refusals:
            raise refusals.pop()
        return popen(*arguments, **named)

    monkeypatch.setattr("flows.launch.child.subprocess.Popen", refused_at_first)

    def hear(_child: Child, _why: str) -> None:
        raise Enough

    with pytest.raises(Enough):
        children.watch(hear)

    assert problems.getvalue().count("can't be started again just now: Cannot allocate memory.") == 2


def test_what_an_end_has_left_is_put_right_until_it_is_done(children: Supervisor, tmp_path: Path) -> None:
    ended: list[datetime] = []

    def put_right(moment: datetime) -> bool:
        ended.append(moment)
        return len(ended) == 3  # who is needed for it is away at first

    crashes_once = f"import pathlib, time; f = pathlib.Path({str(tmp_path / 'was here')!r})\n"
    crashes_once += "if f.exists(): time.sleep(600)\nf.touch(); raise SystemExit(3)"
    children.start(replace(python(crashes_once, restarts=1), on_restart=put_right))

    children.wait_until(lambda: len(ended) >= 3, "helper", 60)
    for _ in range(3):
        children.check()

    assert len(ended) == 3
    assert len(set(ended)) == 1


def test_what_never_gets_ready_is_given_up(children: Supervisor) -> None:
    children.start(python("import time; time.sleep(600)"))

    with pytest.raises(ServiceEnded, match="was not ready within 1 seconds"):
        children.wait_until(lambda: False, "helper", 1)


def test_a_stubborn_child_and_its_own_children_are_killed(children: Supervisor) -> None:
    child = children.start(python(STUBBORN, patience=0.5))
    until(lambda: child.log.read_text().strip(), "the grandchild's process id")
    grandchild = int(child.log.read_text())

    children.stop(StopSignals())

    assert child.exit_code == -signal.SIGKILL
    until(lambda: not is_alive(grandchild), "the grandchild to end")


def test_what_runs_to_its_end_is_watched_for_failure(children: Supervisor) -> None:
    children.run_to_end(python("print('done')"), 60)

    with pytest.raises(ServiceEnded, match="The helper failed"):
        children.run_to_end(python("raise SystemExit(4)"), 60)


@pytest.fixture
def signals_put_back() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in STOPPING}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.usefixtures("signals_put_back")
def test_the_first_signal_interrupts_and_the_next_one_hurries() -> None:
    with StopSignals() as signals:
        with pytest.raises(StopRequested):
            interrupt_myself(signal.SIGHUP)
        hurried = signals.at_once
        assert not hurried

        interrupt_myself(signal.SIGINT)

        assert signals.at_once

    interrupt_myself(signal.SIGINT)  # one too late changes nothing


def interrupt_myself(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)
    time.sleep(0)  # a bytecode boundary: Python runs the handler here


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("starting\nFATAL: the disk is full\nbye\n", "FATAL: the disk is full"),
        ("one\ntwo\n\n", "two"),
        ("", ""),
        ("x" * 1000, "x" * 239 + "…"),
    ],
)
def test_last_words_are_the_last_complaint_or_the_last_line(tmp_path: Path, log: str, words: str) -> None:
    (tmp_path / "log").write_text(log)

    assert failure_line(tmp_path / "log") == words


def test_a_log_that_is_too_large_is_kept_once_and_begun_again(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("ab") as writer:
        writer.write(b"x" * (MAX_BYTES + 1))
        writer.flush()

        rotate(log, 30)
        writer.write(b"new")

    assert log.read_bytes() == b"new"
    older = tmp_path / "a.log.1"
    assert older.stat().st_size == MAX_BYTES + 1
    rotate(log, 30)
    assert log.read_bytes() == b"new"
    os.utime(older, (0, 0))
    rotate(log, 30)
    assert (log.read_bytes(), older.read_bytes()) == (b"", b"new")
    os.utime(older, (0, 0))
    rotate(log, 30)
    assert older.read_bytes() == b""
