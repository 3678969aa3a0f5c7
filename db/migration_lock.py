"""One migrator at a time, on either database; the others wait for it and say so."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, text

from db.database_url import is_sqlite, sqlite_file
from db.engine import make_engine
from db.errors import READ_ONLY, RecordReadOnly

Tell = Callable[[str], None]
Got = TypeVar("Got")

# Any number will do, as long as every Storykin asks Postgres for the same one.
ADVISORY_LOCK = 0x5708_1C1A
WAITING = "another Storykin is bringing the record up to date: waiting for it"
LOOK_AGAIN = 0.2  # seconds between two tries


@contextmanager
def only_migrator(url: str, tell: Tell) -> Iterator[None]:
    """Until the block ends, nobody else migrates `url`. Waits as long as another lives and does.

    The lock belongs to a connection or an open file, so that it ends with its process.
    """
    held = _on_file(url, tell) if is_sqlite(url) else _on_server(url, tell)
    with held:
        yield


@contextmanager
def _on_server(url: str, tell: Tell) -> Iterator[None]:
    """A lock of the session, outside of any transaction: one held open would hold up the server's upkeep."""
    engine = make_engine(url)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            _patiently(lambda: _asked(connection), tell)
            yield
    finally:
        engine.dispose()


def _asked(connection: Connection) -> bool:
    return bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}))


@contextmanager
def _on_file(url: str, tell: Tell) -> Iterator[None]:
    """A file beside the database: to lock the database's own would undo SQLite's locks on it."""
    database = sqlite_file(url)
    if database is None:  # in memory
        yield
        return
    place = Path(f"{database}-migrating")
    handle = _patiently(lambda: _locked(place), tell)
    try:
        yield
    finally:
        with suppress(OSError):
            place.unlink()  # while it is locked: who waits finds another file there, and asks again
        os.close(handle)


def _locked(place: Path) -> int:
    """The file, open and locked; 0 when another has it. RecordReadOnly when it can't be made."""
    try:
        handle = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RecordReadOnly(READ_ONLY) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if place.stat().st_ino == os.fstat(handle).st_ino:
            return handle
    except OSError:
        pass
    os.close(handle)
    return 0


def _patiently(ask: Callable[[], Got], tell: Tell) -> Got:
    told = False
    while not (got := ask()):
        if not told:
            tell(WAITING)
            told = True
        time.sleep(LOOK_AGAIN)
    return got
