"""Real processes, killed at any point: the former backup is whole, and the same command goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from db.settings import PROJECT
from tasks.backup.vault import open_vault
from tasks.backup.verify import verify
from tasks.providers.backup.disk import DiskTarget
from tests.support.runtimes import new_character, open_runtime
from tests.support.waiting import until
from tests.tasks.backup.conftest import disk_store

PEOPLE = 40


@pytest.fixture
def home(tmp_path: Path, migrated_record: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    with open_runtime(home, migrated_record) as runtime:
        for shade in range(PEOPLE):
            new_character(runtime, shade)
    (home / "record.db").rename(home / "storykin.db")
    return home


def start(home: Path, *words: str) -> subprocess.Popen[bytes]:
    environment = {"PATH": os.environ["PATH"], "STORYKIN_HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *words],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def killed_after(process: subprocess.Popen[bytes], folder: Path, files: int) -> None:
    """kill -9 as soon as `folder` holds so many files, or when it was quicker than we are."""
    until(
        lambda: process.poll() is not None or things_in(folder) >= files,
        f"{files} files in {folder.name}",
        seconds=120,
    )
    process.send_signal(signal.SIGKILL)
    process.wait(120)


def things_in(folder: Path) -> int:
    """Files and folders, of which some vanish meanwhile."""
    return sum(len(folders) + len(names) for _, folders, names in os.walk(folder))


def test_a_backup_and_a_restore_that_are_killed_go_on(home: Path, tmp_path: Path) -> None:
    target = DiskTarget(tmp_path / "backup")
    for files in (3, 20, 50):
        killed_after(start(home, "backup", target.where), Path(target.where), files)
        if (Path(target.where) / "storykin-backup.json").exists():
            assert verify(open_vault(target, "")).ok
    assert start(home, "backup", target.where).wait(120) == 0
    vault = open_vault(target, "")
    found = verify(vault)
    assert found.ok and found.objects >= PEOPLE
    assert not list(Path(target.where).rglob("*.part"))

    new_home = tmp_path / "new-home"
    for files in (10, 60, 150):
        killed_after(start(new_home, "restore", target.where), new_home, files)
    last = start(new_home, "restore", target.where).wait(120)
    assert last in (0, 1)  # 1: the one before was done before it was killed, and nothing is restored over it
    assert not list(new_home.glob("storykin.db.new*"))
    old, new = (disk_store(each / "store") for each in (home, new_home))
    assert {found.key: found.sha256 for found in new.iterate("photos/")} == {
        found.key: found.sha256 for found in old.iterate("photos/")
    }
    before, after = rows_at(home), rows_at(new_home)
    was, now = (
        sorted(each.pop("audit_entries"), key=lambda entry: int(entry["sequence"]))
        for each in (before, after)
    )
    assert now[: len(was)] == was
    assert {each["act"] for each in now[len(was) :]} <= {"record.restored"}  # it enters itself, if it lives
    del before["audit_heads"], after["audit_heads"]
    assert after == before


def rows_at(home: Path) -> dict[str, list[dict[str, Any]]]:
    from tests.db.test_dump import everything

    return everything(f"sqlite:///{home / 'storykin.db'}")
