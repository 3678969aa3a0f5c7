"""`storykin store` and `storykin quarantine`, as a person types them, and what the doctor says meanwhile."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from db import migrate
from db.engine import record
from tasks.providers import registry
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tasks.settings import provider_settings
from tasks.storage.binding import MARK_KEY
from tasks.storage.generations import PREFIX as GENERATIONS
from tests.support.passing_time import pass_time
from tests.support.providers import BookkeepingImage, BookkeepingVision
from tests.support.runtimes import new_character
from ui.cli import main
from ui.diagnosis import store_checks
from ui.diagnosis.check_result import Level, examine


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """An installation with one character, as the command line finds it."""
    monkeypatch.setenv("STORYKIN_SECRET_KEY", "s" * 32)
    for cached in (provider_settings, registry.store):
        cached.cache_clear()
    migrate.upgrade()
    runtime = Runtime(record(), registry.store(), BookkeepingVision(), BookkeepingImage())
    new_character(runtime)
    yield runtime
    for cached in (provider_settings, registry.store):
        cached.cache_clear()


def swap_database(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from db.settings import record_settings

    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{home / 'another.db'}")
    record_settings.cache_clear()
    migrate.upgrade()


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(list(arguments))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_right_database_is_told_so(here: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = told(capsys, "store", "status", "--json")
    assert status == 0
    assert (json.loads(out)["state"], json.loads(out)["installation"]) == ("bound", json.loads(out)["store"])
    assert told(capsys, "store", "adopt")[0] == 0, "there is nothing to do"


def test_a_database_that_its_store_has_gone_on_without_is_told_so(
    here: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    later = json.dumps({"generation": "of a later state of this database"}).encode()
    here.store.put(f"{GENERATIONS}000000000007.json", later, "application/json")

    status, out, _ = told(capsys, "store", "status")
    assert status == 1 and "older than its picture store" in out and "storykin store adopt" in out
    status, out, _ = told(capsys, "store", "status", "--json")
    assert (status, json.loads(out)["record_behind_store"], json.loads(out)["state"]) == (1, True, "bound")

    assert told(capsys, "store", "adopt", "--yes")[0] == 0
    assert told(capsys, "store", "status")[0] == 0


def test_another_database_is_told_and_must_be_meant(
    here: Runtime, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = here.store.get(MARK_KEY)
    swap_database(home, monkeypatch)

    status, out, _ = told(capsys, "store", "status")
    assert status == 1 and "another installation" in out and "storykin store adopt" in out
    status, out, err = told(capsys, "store", "adopt")
    assert status == 1 and "not_confirmed" in err
    assert "The store holds 1 photos and pictures, of which this database names 0" in out
    assert here.store.get(MARK_KEY) == mark, "nothing was changed"
    (remark,) = examine({"owner": store_checks.whose_store})
    assert remark.level is Level.PROBLEM and "Nothing new is written" in remark.sentence
    assert examine({"sweep": store_checks.next_sweep}) == []

    assert told(capsys, "store", "adopt", "--yes")[0] == 0

    assert told(capsys, "store", "status")[0] == 0
    assert here.store.get(MARK_KEY) != mark


def test_the_doctor_tells_what_the_next_round_would_take(
    here: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.store.put("pictures/aa/unnamed.png", b"x" * 5000, "image/png")
    pass_time(here.store, monkeypatch, timedelta(days=2))

    (remark,) = examine({"sweep": store_checks.next_sweep})

    assert remark.level is Level.OK
    assert "Of 2 objects 1 are named by no row" in remark.sentence
    assert "moves 1 (5 kB, the oldest of" in remark.sentence and "pictures/aa/unnamed.png" in remark.sentence
    assert here.store.head("pictures/aa/unnamed.png") is not None, "it only looks"


def test_quarantine_is_listed_and_restored_by_command(
    here: Runtime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "pictures/aa/unnamed.png"
    here.store.put(key, b"picture", "image/png")
    assert "is empty" in told(capsys, "quarantine", "list")[1]
    pass_time(here.store, monkeypatch, timedelta(days=2))

    status, out, _ = told(capsys, "quarantine", "add")
    assert status == 1 and out.startswith("1 objects") and here.store.head(key) is not None
    assert told(capsys, "quarantine", "add", "--yes")[0] == 0

    assert here.store.head(key) is None
    assert key in told(capsys, "quarantine", "list")[1]
    (entry,) = json.loads(told(capsys, "quarantine", "list", "--json")[1])
    assert (entry["key"], entry["size"]) == (key, 7)
    assert told(capsys, "quarantine", "restore", "pictures/aa/none.png")[0] == 1
    assert told(capsys, "quarantine", "restore")[0] == 2
    assert told(capsys, "quarantine", "restore", key)[0] == 0
    assert here.store.get(key) == b"picture"
    assert isinstance(here.store, DiskStore) and not (here.store.root / "quarantine").exists()
