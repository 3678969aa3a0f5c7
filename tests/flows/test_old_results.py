"""Results that nobody asks for any more do not fill a worker's disk; SQLite's log does not, either."""

import os
import time
from pathlib import Path

import pytest
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from db.compact import checkpoint
from db.engine import Record
from db.repositories import users
from flows import old_results
from tests.support.records import fresh_record


def test_old_results_go_and_fresh_ones_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, days in (("old", 31), ("older", 400), ("fresh", 29)):
        (tmp_path / name).write_text("{}")
        moment = time.time() - days * 86_400
        os.utime(tmp_path / name, (moment, moment))
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(old_results, "MOST_A_ROUND", 1)
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path}):
        assert [old_results.delete_old_results() for _ in range(3)] == [1, 1, 0]
    assert {each.name for each in tmp_path.iterdir()} == {"fresh", "folder"}
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path / "nowhere"}):
        assert old_results.delete_old_results() == 0


def test_one_that_can_t_go_does_not_keep_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "kept", "z"):
        (tmp_path / name).write_text("{}")
        os.utime(tmp_path / name, (0, 0))
    unlink = Path.unlink

    def refusing(file: Path, *, missing_ok: bool = False) -> None:
        if file.name == "kept":
            raise PermissionError(13, "not yours")
        unlink(file, missing_ok)

    monkeypatch.setattr(Path, "unlink", refusing)
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path}):
        assert old_results.delete_old_results() == 2
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


def test_the_write_ahead_log_is_cut_unless_somebody_reads_from_it(tmp_path: Path) -> None:
    record = Record(fresh_record(tmp_path / "record.db"))
    log = tmp_path / "record.db-wal"
    with record.reading() as reader:
        reader.connection().exec_driver_sql("SELECT count(*) FROM users").all()
        with record.writing() as session:
            users.ensure_operator(session)
        assert checkpoint(record) >= 0 and log.stat().st_size > 0
    assert checkpoint(record) == 0 and log.stat().st_size == 0
    with record.reading() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM users").scalar() == 1
    record.close()
