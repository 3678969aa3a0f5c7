"""What is backed up and moved: the record's URL and the store of this installation."""

from dataclasses import dataclass

from db.dump import Row, Snapshot, TableShape
from db.settings import record_settings
from tasks.backup.manifest import KeptObject
from tasks.providers import registry
from tasks.providers.protocols import Store

ASSETS = "generated_assets"
CALLS = "provider_calls"
INSTALLATION = "installation"
# What it bought may be in the store before a row says so.
UNDER_WAY = frozenset({"claimed", "sending", "accepted", "delivered", "unknown"})


@dataclass(frozen=True)
class Source:
    """What a backup is made of: the record's SQLAlchemy URL, and its store."""

    url: str
    store: Store


def this_installation() -> Source:
    """The record and the store that the settings name. Raises BadSettings, UsageError."""
    return Source(record_settings().database_url, registry.store())


def named_object(columns: tuple[str, ...], row: Row) -> KeptObject:
    """The object that a row of `generated_assets` names."""
    told = dict(zip(columns, row, strict=True))
    return KeptObject(
        key=told["storage_key"],
        sha256=told["sha256"],
        size=told["size_bytes"],
        content_type=told["content_type"],
    )


def installation_of(snapshot: Snapshot) -> str | None:
    """The record's own id; None before a store was ever needed, and in a record older than such ids."""
    for shape in snapshot.tables:
        if shape.name == INSTALLATION:
            for row in snapshot.rows(shape):
                return str(row[shape.names.index("id")])
    return None


def unnamed_work(shape: TableShape, row: Row) -> str | None:
    """The work key of a call under way that may have stored more than its row says, or None."""
    told = dict(zip(shape.names, row, strict=True))
    waiting = told["state"] in UNDER_WAY and told["asset_id"] is None and told["result"] is None
    return told["work_key"] if waiting else None
