"""The backup that housekeeping makes, and what the doctor says of backups."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from db.ids import utc_now
from tasks.backup.daily import make_daily_backup
from tasks.backup.errors import BackupError
from tasks.backup.settings import backup_settings
from tasks.backup.vault import open_vault
from tasks.backup.verify import verify
from tasks.providers.backup.disk import DiskTarget
from tasks.runtime import Runtime
from tests.support.runtimes import new_character
from ui.diagnosis.backups import backups
from ui.diagnosis.check_result import Level

Setting = Callable[[str, str], None]


@pytest.fixture
def setting(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setting]:
    def put(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        backup_settings.cache_clear()

    backup_settings.cache_clear()
    yield put
    backup_settings.cache_clear()


def remarks() -> list[tuple[Level, str]]:
    return [(each.level, each.sentence) for each in backups()]


def test_once_a_day_and_no_more(
    runtime: Runtime, target: DiskTarget, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_character(runtime)
    assert make_daily_backup(runtime) == 0
    assert remarks()[0][0] is Level.WARNING and "There is no backup" in remarks()[0][1]
    setting("STORYKIN_BACKUP_TO", target.where)
    setting("STORYKIN_BACKUP_KEY", "phrase")
    setting("STORYKIN_BACKUP_KEEP", "2")
    assert remarks()[0][0] is Level.WARNING and "yet" in remarks()[0][1]
    assert [make_daily_backup(runtime) for _ in range(3)] == [1, 0, 0]
    assert [level for level, _ in remarks()] == [Level.OK]
    now = utc_now()
    for day in range(1, 4):
        monkeypatch.setattr("tasks.backup.daily.utc_now", lambda day=day: now + timedelta(days=day, hours=1))
        assert make_daily_backup(runtime) == 1
    vault = open_vault(target, "phrase")
    assert len(vault.generations()) == 2 and verify(vault).ok
    monkeypatch.setattr("ui.diagnosis.backups.utc_now", lambda: now + timedelta(days=9))
    assert [level for level, _ in remarks()] == [Level.PROBLEM]
    monkeypatch.setattr("tasks.backup.daily.utc_now", lambda: now - timedelta(days=400))
    assert make_daily_backup(runtime) == 1, "a clock that was wrong once does not end backups"


def test_one_that_takes_too_long_goes_on_in_the_next_round(
    runtime: Runtime, target: DiskTarget, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_character(runtime)
    setting("STORYKIN_BACKUP_TO", target.where)
    monkeypatch.setattr("tasks.backup.daily.FOR_SECONDS", -1.0)
    assert make_daily_backup(runtime) == 0
    assert open_vault(target, "").generations() == []
    monkeypatch.setattr("tasks.backup.daily.FOR_SECONDS", 600.0)
    assert make_daily_backup(runtime) == 1


def test_what_keeps_it_from_being_made_is_raised_and_what_it_lacks_is_told(
    runtime: Runtime, target: DiskTarget, setting: Setting
) -> None:
    new_character(runtime)
    key = next(found.key for found in runtime.store.iterate("photos/"))
    setting("STORYKIN_BACKUP_TO", target.where)
    runtime.store.delete(key)
    assert make_daily_backup(runtime) == 1
    assert Level.PROBLEM in [level for level, _ in remarks()]
    (Path(target.where) / "storykin-backup.json").write_text("{}{")
    for each in Path(target.where).glob("generations/*"):
        each.unlink()
    with pytest.raises(BackupError, match="can't be read"):
        make_daily_backup(runtime)
