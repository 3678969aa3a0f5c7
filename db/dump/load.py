"""Loading a record whole: into an empty database, in one transaction, compared before it counts."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect

from db import migrate
from db.database_url import of_file, sqlite_file
from db.dump.driver_errors import driver_errors_in_words
from db.dump.shape import FILLED_BY_MIGRATIONS, KEPT_BY_THE_DATABASE, VERSION_TABLE, TableShape, shape_of
from db.dump.snapshot import Snapshot, is_server
from db.dump.values import Row, canonical, to_sqlite
from db.engine import make_engine
from db.errors import Conflict, RecordAway, RecordBusy, RecordError

ROWS_AT_ONCE = 2000
NO_ROWS_OF_ITS_OWN = FILLED_BY_MIGRATIONS | KEPT_BY_THE_DATABASE


class Loader:
    """Takes tables one by one. Nothing of it is seen by others before all of it is."""

    def __init__(self, connection: Connection, revision: str) -> None:
        self._connection = connection
        self._digests: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.tables = {shape.name: shape for shape in shape_of(revision)}

    def load(self, table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
        """Insert every row. RecordError when the table is not of this revision or a row does not fit."""
        if table not in self.tables:
            raise RecordError("There is no such table in their revision.", code="damaged")
        shape = self.tables[table] = self.tables[table].arranged(columns)
        digest, line, count = hashlib.sha256(), canonical(shape), 0

        def counted() -> Iterator[Row]:
            nonlocal count
            for row in rows:
                digest.update(line(row))
                count += 1
                yield row

        if table in FILLED_BY_MIGRATIONS:
            self._connection.exec_driver_sql(f'DELETE FROM "{table}"')  # noqa: S608
        insert = self._into_sqlite if self._connection.dialect.name == "sqlite" else self._into_postgres
        insert(shape, counted())
        self._digests[table], self.counts[table] = digest.hexdigest(), count

    def compare(self) -> None:
        """Read everything back and compare it with what was given. RecordError when anything differs."""
        there = Snapshot(self._connection, migrate.head())
        for name, expected in self._digests.items():
            shape = self.tables[name]
            if there.count(shape) != self.counts[name] or there.digest(shape) != expected:
                raise RecordError(
                    f"The rows of {name} came back different from what was written; nothing was kept.",
                    code="not_the_same",
                )

    def _into_sqlite(self, shape: TableShape, rows: Iterator[Row]) -> None:
        columns = ", ".join(f'"{name}"' for name in shape.names)
        places = ", ".join("?" for _ in shape.names)
        statement = f'INSERT INTO "{shape.name}" ({columns}) VALUES ({places})'  # noqa: S608
        with closing(self._connection.connection.cursor()) as cursor:
            cursor.executemany(statement, map(to_sqlite(shape), rows))  # type: ignore[arg-type] # it streams

    def _into_postgres(self, shape: TableShape, rows: Iterator[Row]) -> None:
        columns = ", ".join(f'"{name}"' for name in shape.names)
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f'COPY "{shape.name}" ({columns}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)


@contextmanager
def new_record(url: str, revision: str) -> Iterator[Loader]:
    """Make the record at `url` as it was at `revision`, let rows be loaded, and bring it up to date.

    At the block's end what was loaded is compared, committed, and only then there: a SQLite file gets its
    name last, Postgres has one transaction for all rows. After an exception nothing is there.

    Raises:
        Conflict: Something is there already.
    """
    if not is_blank(url):
        raise Conflict("There is a record already.", code="not_empty")
    if is_server(url):
        yield from _on_a_server(url, revision)
    else:
        yield from _in_a_file(url, revision)


def _on_a_server(url: str, revision: str) -> Iterator[Loader]:
    migrate.upgrade(url, to=revision)
    with driver_errors_in_words(), migrate.migrating(url) as connection:
        _let_references_wait(connection, wait=True)
        loader = Loader(connection, revision)
        yield loader
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        _let_references_wait(connection, wait=False)
        loader.compare()
    migrate.upgrade(url)


def _in_a_file(url: str, revision: str) -> Iterator[Loader]:
    place = _file(url)
    draft = place.with_name(f"{place.name}.new")
    _remove(draft)  # an interrupted one's
    draft_url = of_file(draft)
    try:
        migrate.upgrade(draft_url, to=revision)
        with driver_errors_in_words(), migrate.migrating(draft_url) as connection:
            loader = Loader(connection, revision)
            yield loader
            loader.compare()
        migrate.upgrade(draft_url)
        _fold_in(draft_url)
        if place.exists():
            set_aside(url)  # `is_blank` found not a row in it
        draft.rename(place)
        _sync(place.parent)
    finally:
        _remove(draft)


def is_blank(url: str) -> bool:
    """Whether the database at `url` has no tables, or not a single row. Makes nothing."""
    if not is_server(url) and not _file(url).exists():
        return True
    engine = make_engine(url)
    try:
        with driver_errors_in_words(), engine.connect() as connection:
            tables = [name for name in inspect(connection).get_table_names() if name != VERSION_TABLE]
            return not any(_has_rows(connection, name) for name in tables if name not in NO_ROWS_OF_ITS_OWN)
    finally:
        engine.dispose()


def _file(url: str) -> Path:
    file = sqlite_file(url)
    if file is None:
        raise RecordError("A database in memory can't be filled.")
    return file


def set_aside(url: str) -> Path:
    """Rename the SQLite file at `url`, and return its new path beside it. RecordBusy when it is in use."""
    place = _file(url)
    _fold_in(url)
    number = 1
    while (kept := place.with_name(f"{place.name}.aside-{number}")).exists():
        number += 1
    place.rename(kept)
    return kept


def _has_rows(connection: Connection, table: str) -> bool:
    return connection.exec_driver_sql(f'SELECT 1 FROM "{table}" LIMIT 1').first() is not None  # noqa: S608


def _let_references_wait(connection: Connection, *, wait: bool) -> None:
    """Foreign keys are checked at the end of the load instead of row by row: some tables name each other."""
    when = "DEFERRABLE INITIALLY DEFERRED" if wait else "NOT DEFERRABLE"
    for table in inspect(connection).get_table_names():
        for reference in inspect(connection).get_foreign_keys(table):
            connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{reference["name"]}" {when}')


def _fold_in(url: str) -> None:
    """Bring everything into the one file: its log would stay behind under the old name."""
    engine = make_engine(url)
    try:
        with (
            driver_errors_in_words(),
            closing(engine.raw_connection()) as connection,
            closing(connection.cursor()) as cursor,
        ):
            cursor.execute("PRAGMA busy_timeout=1000")
            cursor.execute("PRAGMA journal_mode=DELETE")  # which nobody else may be connected for
    except RecordAway as error:
        raise RecordBusy(
            "The database file is in use. Stop the studio and every worker, then try again."
        ) from error
    finally:
        engine.dispose()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(draft: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + ending).unlink(missing_ok=True)
