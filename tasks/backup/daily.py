"""The backup that housekeeping makes once a day, to STORYKIN_BACKUP_TO."""

import time
from datetime import datetime, timedelta

from db.ids import moment_of, utc_now
from db.log import Log
from db.models import NoticeKind
from db.repositories import clock, notices
from tasks.backup.errors import BackupBusy, BackupError, BackupMissing
from tasks.backup.make import back_up
from tasks.backup.note import note_backup
from tasks.backup.settings import backup_settings
from tasks.backup.source import Source
from tasks.backup.target import BackupTarget, target_at
from tasks.backup.vault import GENERATIONS
from tasks.runtime import Runtime

log = Log("backup")

EVERY = timedelta(days=1)
FOR_SECONDS = 1200.0  # other chores wait for it; what is not copied by then is copied by the next round
UNFINISHED = "backup_unfinished"


def make_daily_backup(runtime: Runtime) -> int:
    """Make a backup if the newest is a day old; how many were made. BackupError, which is told too."""
    try:
        return _make_if_due(runtime)
    except BackupError as error:
        with runtime.record.writing() as session:
            day = clock.now(session).date().isoformat()  # it is tried again every ten minutes
            notices.tell(session, NoticeKind.BACKUP_FAILED, once=f"{error.code} {day}", code=error.code)
        raise


def _make_if_due(runtime: Runtime) -> int:
    chosen = backup_settings()
    if not chosen.to:
        return 0
    target = target_at(chosen.to)
    if not is_due(newest(target)):
        return 0
    until = time.monotonic() + FOR_SECONDS

    def stop_in_time(_what: str, _done: int, _of: int | None) -> None:
        if time.monotonic() > until:
            raise BackupError("The backup is not finished yet; the next round goes on.", code=UNFINISHED)

    try:
        report = back_up(
            Source(runtime.record.url, runtime.store),
            target,
            phrase=chosen.key.get_secret_value(),
            keep=chosen.keep,
            progress=stop_in_time,
        )
    except BackupBusy:
        return 0
    except BackupError as error:
        if error.code != UNFINISHED:
            raise
        log.warning("backup goes on in the next round", code=error.code)
        return 0
    note_backup(target, report.manifest)
    return 1


def newest(target: BackupTarget) -> datetime | None:
    """When the newest generation was finished, or None; told by its name alone, without the key."""
    try:
        names = sorted(target.names(GENERATIONS))
    except BackupMissing:
        return None
    return moment_of(names[-1].removeprefix(GENERATIONS).partition("-")[2]) if names else None


def is_due(made: datetime | None) -> bool:
    """Whether a day has passed. One from the future, by a clock that was wrong, does not hold backups up."""
    if made is None:
        return True
    age = utc_now() - made
    return age >= EVERY or age < -timedelta(hours=1)
