"""The launcher's work in a process of its own: what it returns or raises arrives, and it can be stopped."""

import os
import signal
import time
from pathlib import Path

import pytest

from flows.launch.apart import Apart, WorkFailed, apart
from flows.launch.stop_signals import StopRequested, StopSignals
from tasks.errors import StorykinError
from tests.support.waiting import until


def test_what_the_work_returns_arrives_and_what_it_changes_does_not() -> None:
    kept: list[int] = []

    def work() -> tuple[int, bool]:
        kept.append(1)
        return os.getpid(), True

    pid, done = apart(work)

    assert done
    assert (pid != os.getpid(), kept) == (True, [])


def test_a_sentence_for_people_arrives_with_its_code() -> None:
    def work() -> None:
        raise StorykinError("The disk is full.", code="no_room")

    with pytest.raises(StorykinError) as raised:
        apart(work)

    assert (raised.value.sentence, raised.value.code) == ("The disk is full.", "no_room")


def test_anything_else_arrives_with_its_traceback() -> None:
    def work() -> None:
        raise ZeroDivisionError("of a test")

    with pytest.raises(WorkFailed, match=r"in work\n.*\n?.*ZeroDivisionError: of a test"):
        apart(work)


def test_a_process_that_is_killed_is_no_success() -> None:
    with pytest.raises(WorkFailed, match="without an answer"):
        apart(lambda: os.kill(os.getpid(), signal.SIGKILL))


def test_a_stop_lets_the_work_undo_what_it_was_at(tmp_path: Path) -> None:
    begun, undone = tmp_path / "begun", tmp_path / "undone"

    def work() -> None:
        try:
            begun.touch()
            time.sleep(600)
        except StopRequested:
            undone.touch()
            raise

    with StopSignals():
        under_way = Apart(work)
        until(begun.exists, "the work to begin")
        under_way.stop()

    assert undone.exists()
