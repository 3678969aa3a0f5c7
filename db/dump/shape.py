"""The shape of the record at a revision: its tables, and what each column holds on either database."""

import tempfile
import warnings
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from db import migrate
from db.database_url import of_file
from db.engine import make_engine
from db.errors import RecordError, RecordTooNew
from db.models import Base
from db.models.search import FTS_TABLES

VERSION_TABLE = "alembic_version"  # Alembic's own: the revision is told apart from the rows
# Migrations put rows into these: a record with nothing but those is blank, and a load replaces them.
FILLED_BY_MIGRATIONS = frozenset({"budget_zones"})
# The database keeps these by itself, from rows of other tables, and does so as those are loaded.
KEPT_BY_THE_DATABASE = (
    frozenset({"budget_slots", "budget_days", "call_day_sums", "character_spending"})
    | {"character_counts", "character_words"}
    | FTS_TABLES
)


class Kind(StrEnum):
    """What a column holds, whichever database holds it."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    REAL = "real"
    MOMENT = "moment"
    DOCUMENT = "document"  # JSON


@dataclass(frozen=True)
class ColumnShape:
    """One column. `length` is the most characters that Postgres takes, `bits` the width of an integer."""

    name: str
    kind: Kind
    length: int | None = None
    bits: int = 64


@dataclass(frozen=True)
class TableShape:
    """One table; its rows are read in the order of `key`."""

    name: str
    columns: tuple[ColumnShape, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in the order in which a row has them."""
        return tuple(column.name for column in self.columns)

    def arranged(self, columns: tuple[str, ...]) -> "TableShape":
        """The same table with its columns in this order. RecordError when they are not its columns."""
        if set(columns) != set(self.names):
            raise RecordError("The rows do not fit the tables of their revision.", code="damaged")
        by_name = {column.name: column for column in self.columns}
        return TableShape(self.name, tuple(by_name[name] for name in columns), self.key)

    @property
    def key_places(self) -> tuple[int, ...]:
        """Where in a row the key is."""
        return tuple(self.names.index(name) for name in self.key)


@lru_cache
def shape_of(revision: str) -> tuple[TableShape, ...]:
    """Every table at `revision`, by name.

    The models tell it for the newest revision, an empty database that is migrated there for an older one.

    Raises:
        RecordTooNew: This code does not know the revision.
    """
    if revision not in migrate.revisions():
        raise RecordTooNew(
            "This was written by a newer Storykin than this one. Update Storykin, then try again."
        )
    if revision == migrate.head():
        return _shapes(Base.metadata)
    with tempfile.TemporaryDirectory(prefix="storykin-shape-") as folder:
        url = of_file(Path(folder) / "shape.db")
        migrate.upgrade(url, to=revision)
        engine = make_engine(url)
        try:
            found = sa.MetaData()
            with warnings.catch_warnings():  # of indexes over expressions, which no row needs
                warnings.simplefilter("ignore", sa.exc.SAWarning)
                found.reflect(engine)
            return _shapes(found)
        finally:
            engine.dispose()


def _shapes(metadata: sa.MetaData) -> tuple[TableShape, ...]:
    tables = sorted(metadata.tables.values(), key=lambda table: table.name)
    left_out = KEPT_BY_THE_DATABASE | {VERSION_TABLE}
    return tuple(_shape(table) for table in tables if table.name not in left_out)


def _shape(table: sa.Table) -> TableShape:
    columns = tuple(_column(table.name, column) for column in table.columns)
    key = tuple(column.name for column in table.primary_key.columns)
    return TableShape(table.name, columns, key or tuple(column.name for column in columns))


def _column(table: str, column: "sa.Column[object]") -> ColumnShape:
    kind = _plain(column.type)
    if isinstance(kind, sa.Boolean):
        return ColumnShape(column.name, Kind.BOOLEAN)
    if isinstance(kind, sa.JSON):
        return ColumnShape(column.name, Kind.DOCUMENT)
    if isinstance(kind, sa.DateTime):
        return ColumnShape(column.name, Kind.MOMENT)
    if isinstance(kind, sa.Integer):
        return ColumnShape(column.name, Kind.INTEGER, bits=64 if isinstance(kind, sa.BigInteger) else 32)
    if isinstance(kind, sa.Float):
        return ColumnShape(column.name, Kind.REAL)
    if isinstance(kind, sa.String):
        return ColumnShape(column.name, Kind.TEXT, length=kind.length)
    raise RecordError(
        f"The column {column.name} of {table} holds a kind of value that can't be taken along yet.",
        code="not_portable",
    )


def _plain(kind: TypeEngine[object]) -> TypeEngine[object]:
    return kind.impl_instance if isinstance(kind, sa.TypeDecorator) else kind
