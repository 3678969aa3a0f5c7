"""The connection: one engine a process, read and write transactions apart."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

from db.database_url import is_sqlite, sqlite_file
from db.errors import BUSY, READ_ONLY, RecordAway, RecordReadOnly, in_plain_words
from db.private_files import close_file, keep_files_private
from db.server_session import forget_libpq_environment, prepare_session, states_search_path
from db.settings import record_settings

__all__ = ["Record", "Session", "close_records", "is_of_this_installation", "make_engine", "record"]

BUSY_TIMEOUT_MS = 30_000
CONNECT_TIMEOUT_S = 10
WAL_BYTES = 64 * 1024 * 1024  # what is left of a write-ahead log that a long reader has let grow
POOL_TIMEOUT_S = 30  # how long a thread waits when every connection of its process is taken
SQLITE_POOL = 15  # connections to a file that are kept open; on a server each would hold a place of its own


def make_engine(url: str) -> Engine:
    """An engine for `url`, set up so that SQLite and Postgres keep the same promises.

    SQLite gets WAL with a sync at every commit that shall last (the record holds money), foreign keys, a
    busy timeout, and explicit BEGINs: writers begin IMMEDIATE, so that two of them queue instead of failing
    on a lock upgrade. Postgres is held to READ COMMITTED whatever the server's default: the queries rely on
    it.
    """
    if not is_sqlite(url):
        return _server_engine(url)
    engine = create_engine(
        url,
        pool_size=SQLITE_POOL,
        max_overflow=SQLITE_POOL,
        pool_use_lifo=True,  # the one used last knows the most: its pages, the clock
        pool_timeout=POOL_TIMEOUT_S,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _server_engine(url: str) -> Engine:
    forget_libpq_environment(url)
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_timeout=POOL_TIMEOUT_S,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "client_encoding": "utf8"},
    )
    ours = not states_search_path(url)
    event.listen(engine, "connect", lambda raw, _record: prepare_session(raw, search_path=ours), insert=True)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `_begin_sqlite` does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _use_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten, not only forgotten
    cursor.execute("PRAGMA recursive_triggers=ON")  # so that REPLACE asks the guards of what it deletes
    cursor.close()


def _use_wal(cursor: sqlite3.Cursor) -> None:
    """Turn WAL on, once in a file's life. SQLite does not queue for this switch, so two first starts
    at the same moment are told "locked" at once: wait for the other one here.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Any) -> None:
    options = connection.get_execution_options()
    write = options.get("storykin_write", False)
    _set(connection, "query_only", "OFF" if write else "ON")
    if write:
        _set(connection, "synchronous", "FULL" if options.get("storykin_lasting", True) else "NORMAL")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _set(connection: Any, pragma: str, value: str) -> None:
    """Set a pragma of this connection, unless it is what was set last. Neither asks anything of the file, so
    the driver is told without SQLAlchemy between: this is done at every second transaction.
    """
    if connection.info.get(pragma) != value:
        connection.connection.dbapi_connection.execute(f"PRAGMA {pragma}={value}")
        connection.info[pragma] = value


class Record:
    """The record behind one database URL: `reading()` and `writing()` are its two doors.

    What goes wrong with the database itself (it is away, full, locked, read-only) comes out of both as a
    `db.errors.RecordError` with a code and a sentence.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        writer = self.engine.execution_options(storykin_write=True)
        reader = self.engine.execution_options(postgresql_readonly=True)
        self._read = sessionmaker(reader, expire_on_commit=False)
        self._write = sessionmaker(writer, expire_on_commit=False)
        noting = writer.execution_options(storykin_lasting=False)
        self._note = sessionmaker(noting, expire_on_commit=False)
        self._turn = threading.RLock() if is_sqlite(url) else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that can only read; rolled back at its end."""
        with in_plain_words(), self._read() as session:
            yield session

    @contextmanager
    def writing(self, *, lasting: bool = True) -> Iterator[Session]:
        """A transaction that commits at its end, or on an exception changes nothing. Keep it short.

        What is not `lasting` outlives this process, but on SQLite perhaps not a power cut: nobody waits for
        the disk. The next lasting transaction takes it along, since a write-ahead log is synced as a whole
        and in order, so a cut leaves the record as of some moment, never with gaps. Only for what may be
        undone together with all that follows it: what is told or sent outside must have been lasting before.
        Postgres always waits: its workers outlive its crash, and must not know more than it does.
        """
        with in_plain_words(), self._in_turn(), (self._write if lasting else self._note).begin() as session:
            yield session

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """On SQLite the threads of this process write one after the other, each as soon as it can. SQLite
        itself queues nobody: who finds its file locked sleeps up to 100 ms between two looks, and with twenty
        threads that is most of a batch's time.
        """
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise RecordAway(BUSY)
        try:
            yield
        finally:
            self._turn.release()

    def forget_after_fork(self) -> None:
        """In a child: begin with no connection, and no turn that another thread of the parent had."""
        _inherited.append(self.engine.pool)
        self.engine.dispose(close=False)
        self._turn = threading.RLock() if self._turn is not None else None

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


_records: dict[str, Record] = {}
_inherited: list[Any] = []
_lock = threading.Lock()


def record(url: str | None = None) -> Record:
    """The record of this installation (or of `url`), one a process. Its data folder is made if need be."""
    url = url or record_settings().database_url
    with _lock:
        if url not in _records:
            make_folder(url)
            _records[url] = Record(url)
        return _records[url]


def is_of_this_installation(session: Session) -> bool:
    """Whether `session` is on the database that the settings name, and not on another one."""
    bound = session.get_bind()
    return bound.engine.url == make_url(record_settings().database_url)


def make_folder(url: str) -> None:
    """Before the database of `url` is opened: make the folder that a SQLite file goes into, and keep what is
    there, and what this process makes from now on, to its owner.

    RecordError when that can't be done.
    """
    keep_files_private()
    database = sqlite_file(url)
    if database is not None:
        try:
            database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise RecordReadOnly(READ_ONLY) from error
        for each in (database, f"{database}-wal", f"{database}-shm"):
            with suppress(OSError):  # it is not there, or somebody else's to close
                close_file(Path(each))


def close_records() -> None:
    """Close every open record, as between tests."""
    with _lock:
        for each in _records.values():
            each.close()
        _records.clear()


def _forget_after_fork() -> None:
    """A forked child starts with no record of its own.

    Its parent's connections must be neither used nor closed here (closing would end the parent's session
    on Postgres, and SQLite forbids both), so they are kept for ever, untouched.
    """
    global _lock  # noqa: PLW0603 - another thread may have held it at the fork
    _lock = threading.Lock()
    for each in _records.values():
        each.forget_after_fork()
    _records.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
