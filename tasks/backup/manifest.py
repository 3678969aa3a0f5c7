"""What a generation of a backup consists of. Written last, so that what it names is there."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Chunk(_Part):
    """Some rows of a table, in the order of its key: JSON lines, compressed, under their digest."""

    sha256: str  # of the lines
    rows: int


class TableDump(_Part):
    """A table of the record: its columns in order, and its rows in chunks."""

    name: str
    columns: tuple[str, ...]
    rows: int
    chunks: tuple[Chunk, ...]


class KeptObject(_Part):
    """An object of the store. Those that rows name are told by the rows of `generated_assets`."""

    key: str
    sha256: str
    size: int
    content_type: str


class Manifest(_Part):
    """One generation: the record at one moment, and every object that it names."""

    format: Literal[1] = 1
    id: str
    sequence: int  # tells which is newer, whatever the clocks say
    taken_at: datetime
    finished_at: datetime
    revision: str
    installation: str | None = None
    tables: tuple[TableDump, ...]
    unnamed: tuple[KeptObject, ...] = ()  # stored by calls that were under way, before a row named them
    missing: tuple[KeptObject, ...] = ()  # the record names them, and the store did not have them (whole)
    gone: tuple[KeptObject, ...] = ()  # deleted between the record's half and the store's

    @property
    def name(self) -> str:
        """The manifest's name in the target: sequence, then id, so that names sort by age."""
        return f"{self.sequence:08d}-{self.id}"

    @property
    def rows(self) -> int:
        """How many rows all tables have together."""
        return sum(table.rows for table in self.tables)

    @property
    def objects(self) -> int:
        """How many objects it has, each counted once for each row that names it."""
        assets = sum(table.rows for table in self.tables if table.name == "generated_assets")
        return assets + len(self.unnamed) - len(self.missing) - len(self.gone)

    @property
    def absent(self) -> frozenset[str]:
        """The storage keys that rows name and whose bytes are not in it."""
        return frozenset(each.key for each in (*self.missing, *self.gone))

    def chunks(self, table: str | None = None) -> Iterator[Chunk]:
        """Every chunk, or those of one table."""
        for each in self.tables:
            if table in (None, each.name):
                yield from each.chunks
