"""A lease names its holder so that nobody calls a live worker of another machine dead."""

import os
import subprocess
import sys

import pytest

from tasks import process_identity
from tasks.process_identity import is_gone, this_process

POD = "storykin-worker-deployment-7d9f8b6c54-"


def test_we_are_not_gone() -> None:
    assert not is_gone(this_process())


def test_a_process_that_ended_here_is_gone() -> None:
    name = subprocess.run(
        [sys.executable, "-c", "from tasks.runtime import this_process; print(this_process())"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert is_gone(name)


def test_pods_of_one_set_are_different_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: f"{POD}x2x9z")
    there = this_process().rsplit(":", 2)[0]
    monkeypatch.setattr("socket.gethostname", lambda: f"{POD}qk4mm")
    assert this_process().rsplit(":", 2)[0] != there
    assert not is_gone(f"{there}:{os.getpid()}:1")  # our pid, with another start: but not here


@pytest.mark.parametrize("what", ["_boot", "_pid_namespace"])
def test_one_host_name_in_two_machines_or_containers_is_two_places(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    mine = this_process()
    monkeypatch.setattr(process_identity, what, lambda: "another")
    assert this_process() != mine
    assert not is_gone(mine.rsplit(":", 1)[0] + ":1")


@pytest.mark.parametrize("host", ["short", POD + "x2x9z", "a:strange:name", "h" * 64])
def test_a_name_fits_a_lease_and_can_be_read(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: host)
    monkeypatch.setattr("os.getpid", lambda: 4_194_304)  # the largest there is
    monkeypatch.setattr(process_identity, "started_at", lambda _pid: "9" * 18)
    name = this_process()
    assert len(name) <= 64
    assert name.count(":") == 2
    assert name.startswith(host[:5].replace(":", "-"))


@pytest.mark.parametrize("owner", [None, "", "worker", "host:12", "a:b:c:d"])
def test_a_name_of_another_kind_says_nothing(owner: str | None) -> None:
    assert not is_gone(owner)
