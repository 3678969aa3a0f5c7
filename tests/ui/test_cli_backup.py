"""`storykin backup`, `restore` and `move` as an operator meets them."""

import json
import sqlite3
from pathlib import Path

import pytest

from flows.running import InstanceLock
from tests.support.commands import storykin
from tests.support.runtimes import new_character, open_runtime

KEY = "a key that must not be told"
NAME = "Ada"  # of `new_character`


@pytest.fixture
def home(tmp_path: Path, migrated_record: Path) -> Path:
    """A home with a character in it."""
    home = tmp_path / "home"
    home.mkdir()
    with open_runtime(home, migrated_record) as runtime:
        new_character(runtime)
    (home / "record.db").rename(home / "storykin.db")
    return home


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    return {"STORYKIN_HOME": str(home), "COLUMNS": "200", "LANG": "C.UTF-8"}


def names(home: Path) -> list[str]:
    with sqlite3.connect(home / "storykin.db") as connection:
        found = [name for (name,) in connection.execute("SELECT name FROM characters")]
    connection.close()
    return found


def test_backed_up_lost_and_restored(environment: dict[str, str], home: Path, tmp_path: Path) -> None:
    place = str(tmp_path / "backup")
    sealed = environment | {"STORYKIN_BACKUP_KEY": KEY, "STORYKIN_BACKUP_TO": place}
    made = storykin(sealed, "backup", "--verify")
    assert made.returncode == 0, made.stderr
    assert "generation 1" in made.stdout and "all as it was written" in made.stdout
    listed = json.loads(storykin(sealed, "backup", "list", "--json").stdout)
    assert [(each["number"], each["objects"]) for each in listed] == [(1, 1)]
    checked = json.loads(storykin(sealed, "backup", "verify", place, "--json").stdout)
    assert checked["ok"] and checked["objects"] == 1

    taken = storykin(sealed, "restore")
    assert taken.returncode == 1 and "not_empty" in taken.stderr and "--set-aside" in taken.stderr
    unsealed = storykin(environment, "restore", place)
    assert unsealed.returncode == 1 and "STORYKIN_BACKUP_KEY" in unsealed.stderr
    wrong = storykin(environment | {"STORYKIN_BACKUP_KEY": "x"}, "restore", place)
    assert wrong.returncode == 1 and "not the key" in wrong.stderr

    set_aside = storykin(sealed, "restore", "--set-aside", "--json")
    assert set_aside.returncode == 0, set_aside.stderr
    told = json.loads(set_aside.stdout)
    assert told["set_aside"] == [str(home / "storykin.db.aside-1")], "the store is its own, and stays"
    assert names(home) == [NAME] and (home / "storykin.db.aside-1").exists()

    new_home = tmp_path / "new-home"
    restored = storykin(sealed | {"STORYKIN_HOME": str(new_home)}, "restore", place, "--at", "1")
    assert restored.returncode == 0, restored.stderr
    assert "Nothing was under way" in restored.stdout
    assert names(new_home) == [NAME]
    for each in (new_home, *new_home.rglob("*")):
        assert each.stat().st_mode & 0o077 == 0, each
    everything = made.stdout + restored.stdout + unsealed.stderr + wrong.stderr
    assert KEY not in everything and NAME not in everything


def test_moved_to_another_file_and_told_what_to_set(
    environment: dict[str, str], home: Path, tmp_path: Path
) -> None:
    there = f"sqlite:///{tmp_path / 'there' / 'storykin.db'}"
    with InstanceLock(home):
        busy = storykin(environment, "move", "--to", there)
    assert busy.returncode == 1 and "running on the data folder" in busy.stderr
    moved = storykin(environment, "move", "--to", there)
    assert moved.returncode == 0, moved.stderr
    assert f"DATABASE_URL={there}" in moved.stdout and "Nothing was switched" in moved.stdout
    assert names(tmp_path / "there") == names(home) == [NAME]
    again = storykin(environment, "move", "--to", there)
    assert again.returncode == 1 and "not empty" in again.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("backup",),
        ("backup", "a", "b"),
        ("backup", "ftp://place"),
        ("backup", "s3://bucket"),
        ("backup", "x", "--keep", "0"),
        ("restore",),
        ("move",),
        ("move", "--to", "mysql://x"),
        ("move", "--to-store", "disk"),
        ("move", "--to-store", "r2"),
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_said_with_status_2(
    words: tuple[str, ...], environment: dict[str, str]
) -> None:
    done = storykin(environment, *words)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("storykin: ") and done.stderr.count("\n") == 1


def test_a_place_without_a_backup_is_told(environment: dict[str, str], tmp_path: Path) -> None:
    done = storykin(environment, "restore", str(tmp_path / "nowhere"))
    assert done.returncode == 1 and "not_a_backup" in done.stderr
    assert not (tmp_path / "nowhere").exists()
