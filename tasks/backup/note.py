"""A note in the data folder of the last backup that was made from here, for the doctor."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from db.settings import record_settings
from tasks.backup.manifest import Manifest
from tasks.backup.target import BackupTarget


@dataclass(frozen=True)
class LastBackup:
    """The note: where the backup lies, and when it was finished."""

    place: str
    finished_at: datetime
    missing: int  # objects that the record named and the store did not have


def note_backup(target: BackupTarget, manifest: Manifest) -> None:
    """Write the note, whole or not at all. One that can't be written is left out: the backup is made."""
    told = {
        "place": target.where,
        "finished_at": manifest.finished_at.isoformat(),
        "missing": len(manifest.missing),
    }
    place = _place()
    draft = place.with_suffix(".unfinished")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(told, file)
        draft.replace(place)
    except OSError:
        return


def last_backup() -> LastBackup | None:
    """The note; None where there is none, or none that can be read."""
    try:
        told = json.loads(_place().read_text())
        return LastBackup(told["place"], datetime.fromisoformat(told["finished_at"]), int(told["missing"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _place() -> Path:
    return record_settings().home / "last-backup.json"
