"""What no event tells of is looked for by housekeeping, and told once."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from db.ids import utc_now
from db.repositories import clock, notices
from flows.losses_told import tell_dead_runs, tell_restarts
from flows.restarts import Restart, note_restart
from flows.submit import FlowRunSeen
from tasks.backup.daily import make_daily_backup
from tasks.backup.errors import BackupError
from tasks.backup.settings import backup_settings
from tasks.notices import chores
from tasks.notices.words import words_of
from tasks.providers import registry
from tasks.runtime import Runtime
from tests.support.runtimes import open_runtime


@pytest.fixture
def runtime(home: Path, tmp_path: Path, migrated_record: Path) -> Iterator[Runtime]:
    with open_runtime(tmp_path, migrated_record) as runtime:
        yield runtime


def titles(runtime: Runtime) -> list[str]:
    with runtime.record.reading() as session:
        return [words_of(each).title for each in notices.newest(session, 50)]


class _Model:
    called, successor = "painter-1", ""

    def __init__(self, sunset: date | None) -> None:
        self.sunset = sunset


def test_a_model_that_is_switched_off_is_told_as_its_day_comes_nearer(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = date(2027, 3, 1)
    monkeypatch.setattr(registry, "chosen_models", lambda: [_Model(last), _Model(None)])
    told = []
    for left in (200, 61, 60, 59, 14, 3, 0, -1):
        monkeypatch.setattr(chores, "today", lambda left=left: last - timedelta(days=left))
        told.append(chores.tell_sunsets(runtime))
    assert told == [0, 0, 1, 0, 1, 0, 1, 0]
    assert set(titles(runtime)) == {"painter-1 is switched off on 2027-03-01"}


def test_a_part_that_keeps_ending_is_told_once_an_hour(runtime: Runtime, home: Path) -> None:
    (home / "run").mkdir(exist_ok=True)
    for at in ("2026-11-30T22:01:00+00:00", "2026-11-30T22:59:00+00:00", "2026-11-30T23:00:00+00:00"):
        note_restart(home, Restart("worker", "worker", "signal 9", at))
    assert (tell_restarts(runtime), tell_restarts(runtime)) == (2, 0)
    assert set(titles(runtime)) == {"The worker stopped by itself and was started again"}


def test_runs_that_lost_their_process_together_are_told_together(runtime: Runtime) -> None:
    seen = [FlowRunSeen(each, "run", "s", "RUNNING", "", None) for each in ("b", "a")]
    tell_dead_runs(runtime, [])
    tell_dead_runs(runtime, seen)
    tell_dead_runs(runtime, seen[1:])
    assert titles(runtime) == ["A worker was lost"]


def test_a_backup_that_fails_is_told_once_a_day(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no folder").write_text("a file")
    monkeypatch.setenv("STORYKIN_BACKUP_TO", str(tmp_path / "no folder"))
    monkeypatch.setenv("STORYKIN_BACKUP_KEY", "phrase")
    backup_settings.cache_clear()
    for _ in range(2):
        with pytest.raises(BackupError):
            make_daily_backup(runtime)
    backup_settings.cache_clear()
    assert titles(runtime) == ["The daily backup failed"]


def test_what_is_old_is_forgotten(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    tell_dead_runs(runtime, [FlowRunSeen("a", "run", "s", "RUNNING", "", None)])
    assert chores.forget_old(runtime) == 0
    later = utc_now() + timedelta(days=91)
    for ahead in (clock.Reading(later, utc_now()), clock.Reading(utc_now(), later)):
        monkeypatch.setattr(clock, "read", lambda _session, ahead=ahead: ahead)
        assert chores.forget_old(runtime) == 0
    monkeypatch.setattr(clock, "read", lambda _session: clock.Reading(later, later))
    assert chores.forget_old(runtime) == 1
    assert titles(runtime) == []
