"""A worker whose version the record has left behind, or not reached, takes nothing."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from db.migrate import downgrade
from flows.same_record import SameRecord
from tests.support.records import fresh_record

Change = Callable[[str, Path], None]


def newer(_url: str, file: Path) -> None:
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of_tomorrow'")
    connection.close()


def older(url: str, _file: Path) -> None:
    downgrade(url, "-1")


def gone(_url: str, file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(("change", "given"), [(newer, False), (older, False), (gone, True), (None, True)])
async def test_runs_are_taken_on_a_record_of_ones_own_version(
    home: Path, change: Change | None, given: bool
) -> None:
    file = home / "storykin.db"
    url = fresh_record(file)
    if change is not None:
        change(url, file)
    assert await SameRecord().is_given() is given


async def test_after_the_upgrade_runs_are_taken_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.same_record.SECONDS_BETWEEN_LOOKS", 0.0)
    file = home / "storykin.db"
    fresh_record(file)
    watch = SameRecord()
    newer("", file)
    assert not await watch.is_given()
    file.unlink()
    fresh_record(file)
    assert await watch.is_given()
