"""What tidies SQLite's files up works on the driver's own connection, and leaves it as it found it."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from db import engine
from db.compact import checkpoint, compact, merge_index
from db.engine import Record
from db.errors import RecordAway, RecordReadOnly

CHORES = [checkpoint, compact, merge_index]


@pytest.fixture
def file(tmp_path: Path, migrated_record: Path) -> Path:
    return Path(shutil.copy(migrated_record, tmp_path / "record.db"))


@pytest.mark.parametrize("chore", CHORES)
def test_who_reads_after_it_still_only_reads(file: Path, chore: Callable[[Record], object]) -> None:
    with closing(Record(f"sqlite:///{file}")) as record:
        with record.reading() as session:
            session.execute(text("SELECT 1"))
        chore(record)  # by the connection that has just read
        with pytest.raises(RecordReadOnly), record.reading() as session:
            session.execute(text("DELETE FROM users"))


def test_a_file_that_another_keeps_locked_is_told_in_plain_words(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 10)
    with closing(Record(f"sqlite:///{file}")) as record, closing(sqlite3.connect(file)) as another:
        with record.reading() as session:
            session.execute(text("SELECT 1"))
        another.execute("BEGIN IMMEDIATE")
        with pytest.raises(RecordAway, match="busy"):
            merge_index(record)
