"""How a migration changes a live record: short locks, small steps, each its own transaction.

A migration that uses these is no longer all or nothing. It must be safe to run again from its beginning
(a kill between two steps, or a lock that was not to be had), so each step says "if not there yet".
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from db.errors import MigrationFailed

CHUNK = 5_000  # rows of one transaction of a back-fill
PIECE = 1_000  # rows of one that takes more than an UPDATE
PAUSE = 0.05  # seconds between two of them, in which writers have their turn


def tell(what: str) -> None:
    """Say to the operator what is being done."""
    if what and not _printing():
        say: Callable[[str], None] = context.config.attributes.get("tell_step", lambda _what: None)
        say(what)


@contextmanager
def step(what: str = "") -> Iterator[None]:
    """A step of a migration: what is before it is committed, and so is what is in it. `what` is told."""
    tell(what)
    _commit()
    yield
    _commit()


@contextmanager
def reading_rows() -> Iterator[sa.Connection | None]:
    """A transaction that only reads, and so is in nobody's way; None where the SQL is printed, not run."""
    if _printing():
        yield None
        return
    _commit()
    connection = op.get_bind().execution_options(storykin_write=False)
    try:
        yield connection
    finally:
        connection.rollback()
        connection.execution_options(storykin_write=True)


def refuse_while(rows: str, sentence: str) -> None:
    """Raise MigrationFailed while there are such `rows` ("TABLE WHERE …"): a way back that would lose them.

    `sentence` says what they are and why they stop it; {found} in it is how many.
    """
    with reading_rows() as connection:
        if connection is None:
            return
        found = connection.scalar(sa.text(f"SELECT count(*) FROM {rows}"))  # noqa: S608
    if found:
        raise MigrationFailed(sentence.format(found=found))


def write_in_chunks(what: str, table: str, where: str, values: str) -> int:
    """UPDATE `table` SET `values` for all rows `where`, some thousand at a time, with pauses; how many.

    `values` must make `where` false, else it would never end.
    """
    if _printing():
        op.execute(f"UPDATE {table} SET {values} WHERE {where}")  # noqa: S608 - a migration's own words
        return 0
    chosen = f"SELECT id FROM {table} WHERE {where} ORDER BY id LIMIT {CHUNK}"  # noqa: S608
    done = 0
    while True:
        with step(f"{what}: {done}" if done else ""):  # what is done in one go needs no words
            statement = f"UPDATE {table} SET {values} WHERE id IN ({chosen})"  # noqa: S608
            changed = op.get_bind().exec_driver_sql(statement).rowcount
        done += changed
        if changed < CHUNK:
            return done
        time.sleep(PAUSE)


def pieces_of(table: str, what: str) -> Iterator[tuple[str, str] | None]:
    """`table` in pieces, for a back-fill that takes more than an UPDATE: after which id, and up to which.

    What is done for a piece is a transaction of its own. None, once, where the SQL is printed: all of it.
    """
    if _printing():
        yield None
        return
    page = f"SELECT id FROM {table} WHERE id > :after ORDER BY id LIMIT {PIECE}"  # noqa: S608
    ask = sa.text(f"SELECT max(id) FROM ({page}) AS page")  # noqa: S608 - a migration's own words
    after = ""
    while True:
        with reading_rows() as connection:
            assert connection is not None
            last = connection.scalar(ask, {"after": after})
        if last is None:
            return
        with step(f"{what}: up to {last}"):
            yield after, last
        after = last
        time.sleep(PAUSE)


def add_column(table: str, column: sa.Column[Any]) -> None:
    """A column, if it is not there yet."""
    if _printing() or column.name not in {
        each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)
    }:
        op.add_column(table, column)


def create_index(
    name: str,
    table: str,
    columns: Sequence[str],
    *,
    unique: bool = False,
    where: str | None = None,
    **options: Any,
) -> None:
    """An index, made while others read and write (Postgres), or in one go (SQLite); of all rows, or of those
    of which `where` is true. What is no column's name is an expression; `options` are Alembic's.
    """
    rows = sa.text(where) if where else None
    indexed = [each if each.isidentifier() else sa.text(each) for each in columns]
    if _has_rows(table):
        tell(f"index {name}")
    with _alone():
        if _dialect() == "postgresql" and not _printing():
            _drop_unfinished(name)
        op.create_index(
            name,
            table,
            indexed,
            unique=unique,
            if_not_exists=True,
            postgresql_concurrently=not _printing(),
            sqlite_where=rows,
            postgresql_where=rows,
            **options,
        )


def _has_rows(table: str) -> bool:
    with reading_rows() as connection:
        found = f"SELECT 1 FROM {table} LIMIT 1"  # noqa: S608 - a migration's own words
        return connection is not None and connection.exec_driver_sql(found).first() is not None


def drop_index(name: str, table: str) -> None:
    """Drop an index, in nobody's way."""
    with _alone():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=not _printing())


def add_check(table: str, name: str, rule: str) -> None:
    """A CHECK on Postgres: added NOT VALID under a short lock, then validated while others read and write.

    On SQLite that would copy the table: there, use a guard (`migrations.guards`).
    """
    with step(f"check {name}"):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule}) NOT VALID")
    with step(f"check {name}, of the rows that are there"):
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


@contextmanager
def _alone() -> Iterator[None]:
    """Outside of any transaction on Postgres, as CONCURRENTLY wants it, and with patience."""
    if _printing():  # what is printed has one transaction around it, so that it must do without
        yield
        return
    _commit()
    if _dialect() == "sqlite":
        yield
        _commit()
        return
    connection = op.get_bind().execution_options(isolation_level="AUTOCOMMIT")
    waits = connection.exec_driver_sql("SHOW lock_timeout").scalar()
    connection.exec_driver_sql("SET lock_timeout = 0")  # it waits for old transactions, and holds up no one
    try:
        yield
    finally:
        connection.exec_driver_sql(f"SET lock_timeout = '{waits}'")
        connection.commit()
        connection.execution_options(isolation_level="READ COMMITTED")


def _drop_unfinished(name: str) -> None:
    """One that was killed in the making is there, and not valid."""
    invalid = sa.text(
        "SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
        "WHERE relname = :name AND NOT indisvalid"
    )
    if op.get_bind().execute(invalid, {"name": name}).first() is not None:
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def _commit() -> None:
    if not _printing():
        op.get_bind().commit()


def _printing() -> bool:
    return op.get_context().as_sql


def _dialect() -> str:
    return op.get_context().dialect.name
