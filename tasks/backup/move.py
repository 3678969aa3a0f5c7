"""Moving: the record to another database, the bytes to another store, compared to the last row and byte.

The old ones are read alone, so that nothing is written meanwhile that would be left behind, and stay as they
are. Nothing is switched: the settings say which ones are used, and they are the operator's.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from db.dump import Oddity, Snapshot, is_blank, new_record, oddity_of, read_alone
from db.dump.snapshot import is_server
from db.log import Log
from tasks.backup.erased import PREFIXES
from tasks.backup.errors import NotEmpty
from tasks.backup.manifest import KeptObject
from tasks.backup.oddities import refuse_oddities
from tasks.backup.progress import Progress, quietly
from tasks.backup.put_objects import put_objects
from tasks.backup.source import ASSETS, Source, installation_of, named_object
from tasks.errors import UsageError
from tasks.providers.protocols import Store
from tasks.storage.binding import KEPT_PREFIXES, NOT_OURS, holds_bytes, read_mark, write_mark
from tasks.storage.quarantine import NOTES

log = Log("move")


@dataclass(frozen=True)
class MoveReport:
    """What is in the new place now."""

    rows: int | None = None  # None: the record was not moved
    objects: int | None = None  # None: the store was not moved
    missing: int = 0  # objects that the record names and the old store does not have whole


def move(
    source: Source, *, to_url: str | None = None, to_store: Store | None = None, progress: Progress = quietly
) -> MoveReport:
    """Copy the record to `to_url` and the bytes to `to_store`. Interrupted, it is simply run again.

    Raises:
        RecordBusy: Somebody is on the record. Nothing was copied.
        BackupError: What is there can't be taken along, said before anything is copied.
        NotEmpty: There is a record in the new place.
    """
    if to_url == source.url:
        raise UsageError("The record is there already.", code="same_place")
    with read_alone(source.url) as snapshot:
        if to_url is not None:
            _require_blank(to_url)
            _require_portable(snapshot, to_url)
        if to_store is not None:
            _take_store(to_store, installation_of(snapshot))
        objects = missing = None
        if to_store is not None:
            objects, missing = _move_objects(source.store, to_store, snapshot, progress)
        rows = _move_rows(snapshot, to_url, progress) if to_url is not None else None
    log.info("moved", count=rows or 0)
    return MoveReport(rows, objects, missing or 0)


def _require_blank(url: str) -> None:
    if not is_blank(url):
        raise NotEmpty("The database to move to is not empty. Give it an empty one.")


def _require_portable(snapshot: Snapshot, to_url: str) -> None:
    if is_server(to_url):
        refuse_oddities(_oddities(snapshot))


def _oddities(snapshot: Snapshot) -> Iterator[Oddity]:
    for shape in snapshot.tables:
        for row in snapshot.rows(shape):
            if odd := oddity_of(shape, row):
                yield odd
    broken = snapshot.broken_references()
    if broken:
        yield Oddity("the record", "-", "references", f"has {broken} rows that point nowhere")


def _take_store(target: Store, installation: str | None) -> None:
    """The new store is marked as this installation's before anything is in it: so a move can be resumed."""
    mark = read_mark(target)
    if mark is None and holds_bytes(target):
        raise NotEmpty("The picture store to move to is not empty. Give it an empty one.")
    if mark is not None and mark != installation:
        raise NotEmpty("The picture store to move to belongs to another installation.", code=NOT_OURS)
    if installation:
        write_mark(target, installation)


def _move_rows(snapshot: Snapshot, to_url: str, progress: Progress) -> int:
    with new_record(to_url, snapshot.revision) as loader:
        for shape in snapshot.tables:
            progress(shape.name.replace("_", " "), 0, None)
            loader.load(shape.name, shape.names, snapshot.rows(shape))
    return sum(loader.counts.values())


def _move_objects(source: Store, target: Store, snapshot: Snapshot, progress: Progress) -> tuple[int, int]:
    """How many of the named objects are there now, and how many the old store lacked. What no row names goes
    along: it may be in quarantine, or of a call that was under way.
    """
    lost: set[str] = set()

    def read(wanted: KeptObject) -> bytes:
        return source.get(wanted.key)

    named = put_objects(target, _named(source, snapshot, lost), read, progress, _count(snapshot), lost)
    put_objects(target, _all_kept(source, target, lost), read, progress, named)
    return named, len(lost)


def _count(snapshot: Snapshot) -> int:
    return sum(snapshot.count(shape) for shape in snapshot.tables if shape.name == ASSETS)


def _named(source: Store, snapshot: Snapshot, lost: set[str]) -> Iterator[KeptObject]:
    for shape in snapshot.tables:
        if shape.name == ASSETS:
            for row in snapshot.rows(shape):
                wanted = named_object(shape.names, row)
                there = source.head(wanted.key)
                if there is None or there.sha256 != wanted.sha256:
                    lost.add(wanted.key)
                else:
                    yield wanted


def _all_kept(source: Store, target: Store, lost: set[str]) -> Iterator[KeptObject]:
    """What the new store does not have yet, less what is not what its row says."""
    for prefix in (*KEPT_PREFIXES, NOTES, *PREFIXES):
        for found in source.iterate(prefix):
            if found.key not in lost and target.head(found.key) is None:
                data = source.get(found.key)
                about = source.head(found.key)
                kind = about.content_type if about else found.content_type
                yield KeptObject(
                    key=found.key,
                    sha256=hashlib.sha256(data).hexdigest(),
                    size=len(data),
                    content_type=kind or "application/octet-stream",
                )
