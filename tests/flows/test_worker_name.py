"""Two workers are never called alike, and one is called the same after a restart."""

import subprocess
import sys
from pathlib import Path

import pytest

from flows.settings import flow_settings
from flows.worker_name import worker_name

HOLD = (
    "import sys; from pathlib import Path; from flows.worker_name import worker_name\n"
    "with worker_name(Path(sys.argv[1])) as name: print(name, flush=True); sys.stdin.read()"
)


def test_workers_of_one_folder_are_told_apart_and_keep_their_names(home: Path) -> None:
    with worker_name(home) as first, worker_name(home) as second, worker_name(home) as third:
        assert len({first, second, third}) == 3
    with worker_name(home) as again:
        assert again == first


def test_two_folders_on_one_machine_are_told_apart(tmp_path: Path) -> None:
    with worker_name(tmp_path / "one") as one, worker_name(tmp_path / "other") as other:
        assert one != other


def test_a_name_is_free_again_when_its_worker_is_killed(home: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    name = holder.stdout.readline().strip()
    with worker_name(home) as beside:
        assert beside != name
    holder.kill()
    holder.communicate()
    with worker_name(home) as after:
        assert after == name


def test_a_set_name_is_taken_as_it_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYKIN_WORKER_NAME", "by the window")
    flow_settings.cache_clear()
    try:
        with worker_name(home) as name:
            assert name == "by the window"
    finally:
        flow_settings.cache_clear()
