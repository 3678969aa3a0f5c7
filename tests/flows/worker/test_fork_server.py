"""The fork server by itself: one thread, whole messages, and modules that can be forked."""

import subprocess
import sys

import pytest

from flows.worker.messages import ForkRequest, Lines, Reply, encode_line
from flows.worker.preload import modules_to_preload
from tests.support.prefect_server import ROOT
from tests.support.settings_of_process import settings_of_its_own

# Prints the names of the threads that live once everything is imported that the fork server imports.
_THREADS_AFTER_PRELOADING = """
import sys, threading
from flows.worker.fork_server import ENGINE_MODULES, preload
preload((*ENGINE_MODULES, *sys.argv[1:]))
assert "flows.generate_character" in sys.modules
print(*[each.name for each in threading.enumerate() if each is not threading.main_thread()])
"""


def test_messages_survive_being_cut_anywhere() -> None:
    sent = [Reply(1, 42), Reply(1, 42, -9), Reply(2, 43, 0)]
    data = b"".join(map(encode_line, sent))

    for cut in range(len(data)):
        lines = Lines()
        heard = [*lines.feed(data[:cut]), *lines.feed(data[cut:])]
        assert [Reply(**each) for each in heard] == sent


def test_an_order_arrives_as_it_was_sent() -> None:
    order = ForkRequest(7, "package.module.flow", {"NAME": "a value\nof two lines"}, "crashed", "{}", "{}")

    (heard,) = Lines().feed(encode_line(order))

    assert ForkRequest(**heard) == order


def test_the_modules_of_the_deployments_are_preloaded() -> None:
    assert modules_to_preload() == [
        "flows.batch_chunk",
        "flows.canary",
        "flows.generate_character",
        "flows.housekeeping",
        "flows.rerun_batch",
        "tasks.intake.normalize",
    ]


def test_what_does_not_see_preloads_neither_opencv_nor_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_COMPARE", "later")
    with settings_of_its_own():
        modules = modules_to_preload()
    large = "import importlib, sys; list(map(importlib.import_module, sys.argv[1:])); "
    large += "print([each for each in ('cv2', 'pandas') if each in sys.modules])"

    done = subprocess.run(
        [sys.executable, "-c", large, *modules], check=True, capture_output=True, text=True, cwd=ROOT
    )

    assert done.stdout.strip() == "[]"


def test_importing_the_flows_starts_no_thread_that_a_fork_would_lose() -> None:
    command = [sys.executable, "-c", _THREADS_AFTER_PRELOADING, *modules_to_preload()]

    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
