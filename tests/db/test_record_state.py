"""Who may change the record's tables: its owner by starting, anyone by asking to. Who reads does not."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from db.migrate import current, downgrade, head, upgrade
from db.settings import PROJECT
from tests.support import commands
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.slices import in_slices
from tests.tasks.conftest import weights

__all__ = ["postgres_server", "weights"]

READING = (["show", "0193"], ["costs"], ["costs", "--json"], ["list"], ["favourite", "0193", "flat"])


def storykin(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return commands.storykin({**kept, "STORYKIN_HOME": str(home), **more}, *arguments)


def told(home: Path, *arguments: str, **more: str) -> str:
    """The one line that a command ends with that can't go on; it must end with 1."""
    done = storykin(home, *arguments, **more)
    assert (done.returncode, done.stdout) == (1, ""), done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_reading_makes_no_database(tmp_path: Path, command: list[str]) -> None:
    line = told(tmp_path / "home", *command)

    assert line.startswith("storykin: record_missing: ") and "storykin up" in line
    assert not (tmp_path / "home" / "storykin.db").exists()


@pytest.mark.parametrize(
    "command",
    in_slices(READING, (["show", "0193"], ["favourite", "0193", "flat"])),
    ids=" ".join,
)
def test_reading_an_older_database_tells_the_way_on_and_changes_nothing(
    tmp_path: Path, command: list[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    url = f"sqlite:///{home / 'storykin.db'}"
    upgrade(url)
    downgrade(url, "-1")
    before = (home / "storykin.db").read_bytes()

    line = told(home, *command)

    assert line.startswith("storykin: record_behind: ") and "storykin migrate" in line
    assert (home / "storykin.db").read_bytes() == before
    assert storykin(home, "migrate").returncode == 0
    assert current(url) == head()


def test_reading_a_newer_database_says_that_this_storykin_is_old(
    tmp_path: Path, migrated_record: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(migrated_record, home / "storykin.db")
    with sqlite3.connect(home / "storykin.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of_tomorrow'")
    connection.close()

    for command in (["costs"], ["migrate"]):
        assert told(home, *command).startswith("storykin: record_too_new: ")


@pytest.mark.postgres
def test_a_shared_database_is_migrated_by_that_command_alone(
    tmp_path: Path, postgres_server: PostgresServer, weights: Path
) -> None:
    here = {"STORYKIN_MODELS_DIR": str(weights)}
    with postgres_server.database() as url:
        downgrade(url, "-1")
        behind = current(url)
        photo = str(PROJECT / "flows" / "launch" / "demo_photo.jpg")
        for command in (["costs"], ["generate", photo, "--name", "Ada"]):
            line = told(tmp_path / "home", *command, DATABASE_URL=url, **here)
            assert line.startswith("storykin: record_behind: ") and "storykin migrate" in line
            assert current(url) == behind

        done = storykin(tmp_path / "home", "migrate", DATABASE_URL=url)

        assert (done.returncode, head() in done.stdout) == (0, True)
        assert current(url) == head()
