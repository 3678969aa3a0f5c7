"""Backups: when the last one was made, and whether it had everything."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from db.ids import utc_now
from db.told import told
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
        yield warning(
            "backup",
            told("No backup was made to %(place)s yet: housekeeping makes the first one.", place=place),
        )
    elif made is None:
        yield warning(
            "backup",
            "There is no backup. `storykin backup FOLDER` makes one; STORYKIN_BACKUP_TO has one made daily.",
        )
    elif utc_now() - made > _LATE:
        yield (problem if place else warning)(
            "backup",
            told(
                "The last backup, to %(where)s, was made %(moment)s: that is long ago.",
                where=where,
                moment=_when(made),
            ),
        )
    else:
        yield ok(
            "backup",
            told("The last backup was made %(moment)s, to %(where)s.", moment=_when(made), where=where),
        )
    if noted and noted.missing:
        yield problem(
            "backup",
            told(
                "The last backup lacks %(missing)s objects that the database names: the picture store did "
                "not have them, or not whole.",
                missing=noted.missing,
            ),
        )


def _when(made: datetime) -> str:
    return f"{made:%Y-%m-%d %H:%M} UTC"
