"""Backups: when the last one was made, and whether it had everything."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from db.ids import utc_now
from tasks.backup.daily import newest
from tasks.backup.note import last_backup
from tasks.backup.settings import backup_settings
from tasks.backup.target import target_at
from ui.diagnosis.check_result import CheckResult, ok, problem, warning

_LATE = timedelta(days=2)


def backups() -> Iterator[CheckResult]:
    """The newest generation at STORYKIN_BACKUP_TO, or the last one made from here. Raises BackupError."""
    place, noted = backup_settings().to, last_backup()
    made = newest(target_at(place)) if place else noted.finished_at if noted else None
    where = place or (noted.place if noted else "")
    if made is None and place:
        yield warning("backup", f"No backup was made to {place} yet: housekeeping makes the first one.")
    elif made is None:
        yield warning(
            "backup",
            "There is no backup. `storykin backup FOLDER` makes one; STORYKIN_BACKUP_TO has one made daily.",
        )
    elif utc_now() - made > _LATE:
        yield (problem if place else warning)(
            "backup", f"The last backup, to {where}, was made {_when(made)}: that is long ago."
        )
    else:
        yield ok("backup", f"The last backup was made {_when(made)}, to {where}.")
    if noted and noted.missing:
        yield problem(
            "backup",
            f"The last backup lacks {noted.missing} objects that the database names: the picture store did "
            "not have them, or not whole.",
        )


def _when(made: datetime) -> str:
    return f"on {made:%Y-%m-%d at %H:%M} UTC"
