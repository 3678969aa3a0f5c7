"""The whole record as portable rows: read in one consistent snapshot, loaded whole or not at all.

Backup, restore and move share it, so that what was read from SQLite can be loaded into Postgres and back.
"""

from db.dump.load import Loader, is_blank, new_record, set_aside
from db.dump.oddities import Oddity, oddity_of
from db.dump.shape import Kind, TableShape, shape_of
from db.dump.snapshot import Snapshot, read_alone, read_snapshot
from db.dump.values import Row

__all__ = [
    "Kind",
    "Loader",
    "Oddity",
    "Row",
    "Snapshot",
    "TableShape",
    "is_blank",
    "new_record",
    "oddity_of",
    "read_alone",
    "read_snapshot",
    "set_aside",
    "shape_of",
]
