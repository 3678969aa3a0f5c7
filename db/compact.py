"""Giving up the space of what was deleted, so that its bytes are nowhere in the database's files."""

import sqlite3
from contextlib import closing

from db.engine import Record
from db.errors import RecordAway, in_plain_words

BUSY = "Others are reading the database just now; its file is tidied up in the next round."


def compact(record: Record) -> bool:
    """Rewrite a SQLite file without what was deleted, and empty its write-ahead log; True if that was done.

    A server's database is its administrator's to compact: False, and nothing is done. Raises RecordAway while
    others keep the file busy.
    """
    if record.engine.dialect.name != "sqlite":
        return False
    with in_plain_words(), closing(record.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        try:
            cursor.execute("PRAGMA query_only=OFF")
            cursor.execute("VACUUM")
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and "busy" not in str(error):
                raise
            busy = 1
    if busy:
        raise RecordAway(BUSY, code="record_in_use")
    return True
