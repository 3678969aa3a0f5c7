"""Where bytes that should be gone are: in every file of a folder, and in every row of a server's tables."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
from psycopg import sql


def holding(folder: Path, wanted: Sequence[bytes]) -> list[str]:
    """The files below `folder` that hold one of these, in their name or in themselves."""
    return [
        str(file.relative_to(folder))
        for file in sorted(folder.rglob("*"))
        if any(each in bytes(file) for each in wanted) or any(each in _read(file) for each in wanted)
    ]


def _read(file: Path) -> bytes:
    """A server at work deletes files of its own at any moment."""
    try:
        return file.read_bytes() if file.is_file() else b""
    except FileNotFoundError:
        return b""


def holding_rows(url: str, wanted: Sequence[bytes]) -> list[str]:
    """The tables of a Postgres database with a row that holds one of these.

    Large values are compressed in its files; here they are read as they are.
    """
    with psycopg.connect(url) as connection:
        return [table for table in _tables(connection) if _holds(connection, table, wanted)]


def _tables(connection: psycopg.Connection) -> Iterator[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert found, "there are tables"
    yield from (row[0] for row in found)


def _holds(connection: psycopg.Connection, table: str, wanted: Sequence[bytes]) -> bool:
    query = sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table))
    return any(each in row[0].encode() for row in connection.execute(query) for each in wanted)
