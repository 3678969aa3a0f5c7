"""A migrated SQLite record without the wait for its migrations."""

import tempfile
from functools import cache
from pathlib import Path

from db import migrate


def fresh_record(file: Path) -> str:
    """Write a migrated record to `file`; its address. All of them are of one installation."""
    file.touch(mode=0o600)
    file.write_bytes(_migrated())
    return f"sqlite:///{file}"


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "record.db"
        migrate.upgrade(f"sqlite:///{file}")
        return file.read_bytes()
