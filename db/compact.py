"""Giving up the space of what was deleted, so that its bytes are nowhere in the database's files."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from db.engine import Record
from db.errors import RecordAway, in_plain_words
from db.models.search import FTS

PAGES_AT_ONCE = 1000  # of the index, in one transaction: writers have their turn in between
BUSY = "Others are reading the database just now; its file is tidied up in the next round."


def checkpoint(record: Record) -> int:
    """Write what is in SQLite's write-ahead log into its file, and cut the log to nothing where nobody reads
    from it; how many pages are left in it. Nobody is waited for, and a server has no such log: 0.
    """
    if record.engine.dialect.name != "sqlite":
        return 0
    with _driver(record) as driver:
        cursor = driver.cursor()
        waits = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute("PRAGMA busy_timeout=0")
        try:
            busy, in_log, written = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={waits}")
    return max(0, in_log - written) if busy else 0


def compact(record: Record) -> bool:
    """Rewrite a SQLite file without what was deleted, and empty its write-ahead log; True if that was done.

    A server's database is its administrator's to compact: False, and nothing is done. Raises RecordAway while
    others keep the file busy.
    """
    if record.engine.dialect.name != "sqlite":
        return False
    with _driver(record) as driver:
        cursor = driver.cursor()
        try:
            # What is deleted from an index of FTS5's stays in it, marked as gone, until it is made anew. (The
            # option secure-delete is no help: from SQLite 3.42 on, and an older one could not read it then.)
            cursor.execute(f"INSERT INTO {FTS} ({FTS}) VALUES ('rebuild')")  # noqa: S608
            cursor.execute("VACUUM")
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and "busy" not in str(error):
                raise
            busy = 1
    if busy:
        raise RecordAway(BUSY, code="record_in_use")
    return True


def merge_index(record: Record, pieces: int = 200) -> int:
    """Merge what SQLite's index of names, notes and tags keeps in several segments, so that no word is left
    that was corrected since; how many of at most `pieces` transactions that took. One that is merged costs
    nothing, the next call goes on where this one ended, and a server's index is its administrator's: 0.
    """
    if record.engine.dialect.name != "sqlite":
        return 0
    with _driver(record) as driver:
        for done in range(pieces):
            before = driver.total_changes
            # Below zero: every segment is merged, as by "optimize", but a piece at a time.
            driver.execute(f"INSERT INTO {FTS} ({FTS}, rank) VALUES ('merge', ?)", (-PAGES_AT_ONCE,))  # noqa: S608
            if driver.total_changes - before < 2:  # the command itself counts as one
                return done
    return pieces


@contextmanager
def _driver(record: Record) -> Iterator[sqlite3.Connection]:
    """A connection of the driver's own, which may write; whoever has it next may not unless they ask."""
    with in_plain_words(), closing(record.engine.raw_connection()) as connection:
        driver = connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("PRAGMA query_only=OFF")
        connection.info["query_only"] = "OFF"  # as `db.engine` notes it
        yield driver
