"""To another database, to another store, and back: compared, resumable, and the old ones stay."""

import sqlite3
from pathlib import Path

import pytest

from db.engine import Record
from db.errors import RecordBusy
from tasks.backup.errors import BackupError, NotEmpty
from tasks.backup.move import move
from tasks.backup.source import Source
from tasks.providers.store.r2 import R2Store
from tasks.runtime import Runtime
from tasks.storage.binding import Pair, look_at_binding
from tasks.storage.quarantine import PREFIX, contents, put_away
from tests.support.runtimes import new_character
from tests.tasks.backup.conftest import Elsewhere, UsageLog, disk_store, draw, pictures_of, rows_of, source_of


async def test_to_postgres_and_a_bucket_and_back_again(
    runtime: Runtime, bank: UsageLog, postgres_url: str, r2: R2Store, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    people = [new_character(runtime, shade) for shade in (60, 120)]
    for each in people:
        await draw(runtime, each)
    runtime.store.put("pictures/ab/unnamed.png", b"of a call under way", "image/png")
    runtime.store.put("pictures/cd/old.png", b"in quarantine", "image/png")
    assert put_away(runtime.store, "pictures/cd/old.png", why="a test")
    rows, kept, billed = rows_of(runtime), pictures_of(runtime), bank.billed
    runtime.record.close()

    report = move(source_of(runtime), to_url=postgres_url, to_store=r2)
    assert (report.objects, report.missing) == (6, 0)
    there = elsewhere(postgres_url, r2)
    assert rows_of(there) == rows
    assert pictures_of(there) == kept
    assert r2.get(f"{PREFIX}pictures/cd/old.png") == b"in quarantine"
    assert [each.key for each in contents(r2)] == ["pictures/cd/old.png"]
    assert look_at_binding(Pair(there.record, r2)).ok
    for each in people:
        assert not (await draw(there, each)).made
    assert bank.billed == billed

    now = rows_of(there)
    there.record.close()
    back = Source(f"sqlite:///{tmp_path / 'back' / 'storykin.db'}", disk_store(tmp_path / "back" / "store"))
    move(source_of(there), to_url=back.url, to_store=back.store)
    returned = elsewhere(back.url, back.store)
    assert rows_of(returned) == now
    assert pictures_of(returned) == kept
    assert rows_of(runtime) == rows and pictures_of(runtime) == kept, "the old ones are as they were"


def test_nothing_is_moved_while_somebody_is_on_it(
    runtime: Runtime, postgres_url: str, tmp_path: Path
) -> None:
    new_character(runtime)
    target = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(RecordBusy, match="Stop the studio"):
        move(source_of(runtime), to_url=target)
    assert not (tmp_path / "new.db").exists()
    busy = Record(postgres_url)
    with busy.reading() as session:
        session.connection()
        with pytest.raises(RecordBusy, match="1 other connection"):
            move(Source(postgres_url, runtime.store), to_url=target)
    busy.close()
    assert not (tmp_path / "new.db").exists()


def test_a_place_that_is_not_empty_is_left_alone(
    runtime: Runtime, elsewhere: Elsewhere, tmp_path: Path, migrated_record: Path
) -> None:
    new_character(runtime)
    (tmp_path / "other.db").write_bytes(migrated_record.read_bytes())
    other = elsewhere(f"sqlite:///{tmp_path / 'other.db'}", disk_store(tmp_path / "other-store"))
    new_character(other)
    theirs, their_bytes = rows_of(other), pictures_of(other)
    for each in (runtime, other):
        each.record.close()
    with pytest.raises(NotEmpty, match="database to move to is not empty"):
        move(source_of(runtime), to_url=other.record.url)
    with pytest.raises(NotEmpty, match="another installation"):
        move(source_of(runtime), to_store=other.store)
    assert rows_of(other) == theirs and pictures_of(other) == their_bytes


def test_an_interrupted_move_of_bytes_goes_on(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for shade in (1, 2, 3):
        new_character(runtime, shade)
    runtime.record.close()
    target = disk_store(tmp_path / "moved")
    put, written = target.put, 0

    def dies(key: str, data: bytes, content_type: str) -> object:
        nonlocal written
        written += key.startswith("photos/")
        if written == 2:
            raise KeyboardInterrupt
        return put(key, data, content_type)

    monkeypatch.setattr(target, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        move(source_of(runtime), to_store=target)
    monkeypatch.setattr(target, "put", put)
    assert move(source_of(runtime), to_store=target).objects == 3
    assert pictures_of(runtime) == {found.key: target.get(found.key) for found in target.iterate("photos/")}


def test_rotten_and_lost_bytes_are_told_and_the_others_are_moved(runtime: Runtime, tmp_path: Path) -> None:
    for shade in (1, 2, 3):
        new_character(runtime, shade)
    lost, rotten, _ = (found.key for found in runtime.store.iterate("photos/"))
    runtime.store.delete(lost)
    store = disk_store(tmp_path / "store")
    store.path_of(rotten).write_bytes(b"rotten")
    runtime.record.close()
    target = disk_store(tmp_path / "moved")
    report = move(source_of(runtime), to_store=target)
    assert (report.objects, report.missing) == (1, 2)
    assert target.head(rotten) is None and target.head(lost) is None


def test_what_postgres_would_not_take_is_said_before_anything_is_copied(
    runtime: Runtime, postgres_url: str, tmp_path: Path
) -> None:
    new_character(runtime)
    runtime.record.close()
    with sqlite3.connect(tmp_path / "record.db") as connection:
        connection.execute("UPDATE characters SET run_token = printf('%50s', 'x')")
    connection.close()
    before = rows_of(runtime)
    target = disk_store(tmp_path / "moved")
    with pytest.raises(BackupError, match=r"nothing was copied.*characters, row .*run_token holds 50"):
        move(source_of(runtime), to_url=postgres_url, to_store=target)
    assert rows_of(runtime) == before
    assert not (tmp_path / "moved").exists()
