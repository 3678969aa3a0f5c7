"""Reading the whole record as it was at one moment, while others write or with the record held alone."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, inspect, text

from db import migrate
from db.database_url import is_sqlite
from db.dump.driver_errors import driver_errors_in_words
from db.dump.shape import VERSION_TABLE, Kind, TableShape, shape_of
from db.dump.values import Row, canonical, from_postgres, from_sqlite
from db.engine import make_engine
from db.errors import NotFound, RecordBusy

ROWS_AT_ONCE = 2000
LOCK_PATIENCE = "5s"


class Snapshot:
    """The record at one moment. Memory stays flat however many rows there are."""

    def __init__(self, connection: Connection, revision: str) -> None:
        self._connection = connection
        self.revision = revision
        self.tables = shape_of(revision)

    def rows(self, shape: TableShape) -> Iterator[Row]:
        """Every row of a table, in the order of its key, which is the same on both databases."""
        if self._connection.dialect.name == "sqlite":
            yield from self._rows_of_sqlite(shape)
        else:
            yield from self._rows_of_postgres(shape)

    def count(self, shape: TableShape) -> int:
        """How many rows a table has."""
        return int(self._connection.exec_driver_sql(f'SELECT count(*) FROM "{shape.name}"').scalar_one())  # noqa: S608

    def broken_references(self) -> int:
        """Rows that point nowhere: SQLite finds them only when asked, Postgres never has any."""
        if self._connection.dialect.name != "sqlite":
            return 0
        return len(self._connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall())

    def digest(self, shape: TableShape) -> str:
        """SHA-256 of all rows of a table, the same on both databases."""
        return digest_of_rows(shape, self.rows(shape))

    def _rows_of_sqlite(self, shape: TableShape) -> Iterator[Row]:
        convert = from_sqlite(shape)
        columns, order = _quoted(shape.names), _quoted(shape.key)
        cursor = self._connection.connection.cursor()
        try:
            cursor.execute(f'SELECT {columns} FROM "{shape.name}" ORDER BY {order}')  # noqa: S608
            while batch := cursor.fetchmany(ROWS_AT_ONCE):
                yield from map(convert, batch)
        finally:
            with suppress(
                sqlite3.ProgrammingError
            ):  # who reads no further may have closed the database first
                cursor.close()

    def _rows_of_postgres(self, shape: TableShape) -> Iterator[Row]:
        convert = from_postgres(shape)
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor(name="storykin_dump") as cursor:  # on the server's side: memory stays flat
            cursor.execute(_postgres_query(shape))
            while batch := cursor.fetchmany(ROWS_AT_ONCE):
                yield from map(convert, batch)


def digest_of_rows(shape: TableShape, rows: Iterator[Row]) -> str:
    """SHA-256 of rows, whichever database they came from."""
    digest, line = hashlib.sha256(), canonical(shape)
    for row in rows:
        digest.update(line(row))
    return digest.hexdigest()


@contextmanager
def read_snapshot(url: str) -> Iterator[Snapshot]:
    """The record at this moment; nobody waits for us meanwhile.

    On SQLite a read transaction of the WAL, on Postgres one transaction of REPEATABLE READ. The revision is
    part of the snapshot, so that a migration at the same time does no harm.

    Raises:
        NotFound: There is no record yet.
        RecordTooNew: A newer Storykin made it.
    """
    if migrate.current(url) is None:
        raise NotFound("There is no record yet, so there is nothing to copy.", code="no_record")
    engine = make_engine(url)
    try:
        with driver_errors_in_words(), engine.connect() as connection:
            connection.execution_options(**_options(connection))
            with connection.begin():
                yield Snapshot(connection, _revision(connection))
    finally:
        engine.dispose()


@contextmanager
def read_alone(url: str) -> Iterator[Snapshot]:
    """The record with nobody else on it: others can't write before this ends, and on SQLite not even connect.

    Raises:
        RecordBusy: Somebody is connected to it.
        NotFound, RecordTooNew: As `read_snapshot`.
    """
    if migrate.current(url) is None:
        raise NotFound("There is no record yet, so there is nothing to move.", code="no_record")
    engine = make_engine(url)
    try:
        with driver_errors_in_words(), engine.connect() as plain:
            tables: list[str] = []
            if plain.dialect.name == "sqlite":
                _take_file(plain)
            else:
                tables = [name for name in inspect(plain).get_table_names() if name != VERSION_TABLE]
                plain.rollback()  # the transaction below begins with the locks: its snapshot follows them
            with plain.execution_options(**_options(plain, alone=True)) as connection, connection.begin():
                if tables:
                    _take_tables(connection, tables)
                yield Snapshot(connection, _revision(connection))
    finally:
        engine.dispose()


def _options(connection: Connection, *, alone: bool = False) -> dict[str, Any]:
    if connection.dialect.name == "sqlite":
        return {"storykin_write": alone}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": not alone}


def _revision(connection: Connection) -> str:
    return str(connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")))  # noqa: S608


def _take_file(connection: Connection) -> None:
    """A connection to a file in WAL mode holds a shared lock as long as it is open: an exclusive one is only
    had where nobody else is connected, and it keeps everybody out.
    """
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute("PRAGMA busy_timeout=1000")
        cursor.execute("PRAGMA locking_mode=EXCLUSIVE")
        try:
            cursor.execute("BEGIN EXCLUSIVE")
            cursor.execute("COMMIT")  # the lock stays as long as the connection
        except Exception as error:
            raise RecordBusy(_IN_USE.format(who="something")) from error


def _take_tables(connection: Connection, tables: list[str]) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'"))
    connection.execute(text(f"LOCK TABLE {_quoted(tables)} IN EXCLUSIVE MODE"))
    others = connection.scalar(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    )
    if others:
        raise RecordBusy(_IN_USE.format(who=f"{others} other connection{'s' if others != 1 else ''}"))


_IN_USE = (
    "The record is in use by {who}. Stop the studio and every worker, then try again: what they wrote "
    "meanwhile would be left behind."
)


def _postgres_query(shape: TableShape) -> str:
    columns = ", ".join(
        f'"{column.name}"::text' if column.kind is Kind.DOCUMENT else f'"{column.name}"'
        for column in shape.columns
    )
    kinds = {column.name: column.kind for column in shape.columns}
    order = ", ".join(
        f'"{name}"' + (' COLLATE "C"' if kinds[name] is Kind.TEXT else "") for name in shape.key
    )
    return f'SELECT {columns} FROM "{shape.name}" ORDER BY {order}'  # noqa: S608


def _quoted(names: Any) -> str:
    return ", ".join(f'"{name}"' for name in names)


def is_server(url: str) -> bool:
    """Whether the record is a database server's, and not a file."""
    return not is_sqlite(url)
