"""The connection: one engine a process, read and write transactions apart."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

from db.settings import record_settings

__all__ = ["Record", "Session", "close_records", "make_engine", "record"]

BUSY_TIMEOUT_MS = 30_000


def make_engine(url: str) -> Engine:
    """An engine for `url`, set up so that SQLite and Postgres keep the same promises.

    SQLite gets WAL, foreign keys, a busy timeout, and explicit BEGINs: writers begin IMMEDIATE, so
    that two of them queue instead of failing on a lock upgrade.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    database = make_url(url).database
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `_begin_sqlite` does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    write = connection.get_execution_options().get("storykin_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


class Record:
    """The record behind one database URL: `reading()` and `writing()` are its two doors."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        self._write = sessionmaker(self.engine.execution_options(storykin_write=True), expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads; rolled back at its end."""
        with self._read() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that commits at its end, or on an exception changes nothing. Keep it short."""
        with self._write.begin() as session:
            yield session

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


_records: dict[str, Record] = {}
_lock = threading.Lock()


def record(url: str | None = None) -> Record:
    """The record of this installation (or of `url`), one a process."""
    url = url or record_settings().database_url
    with _lock:
        if url not in _records:
            _records[url] = Record(url)
        return _records[url]


def close_records() -> None:
    """Forget every open record, as after a fork or between tests."""
    with _lock:
        for each in _records.values():
            each.close()
        _records.clear()
