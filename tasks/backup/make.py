"""Making a backup: first the record as of one moment, then every object that it names, last the manifest.

The record comes first, because bytes are stored before rows name them: whatever the snapshot names is in the
store by then. Interrupted at any point, the former generations are as they were, and the next backup goes on
with what has been copied.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from db.dump import Row, Snapshot, TableShape, read_snapshot
from db.ids import new_id, utc_now
from db.log import Log
from tasks.backup.chunks import chunks_of
from tasks.backup.copy_objects import Copied, copy_objects, unnamed_objects
from tasks.backup.erased import keep_notes
from tasks.backup.manifest import Chunk, KeptObject, Manifest, TableDump
from tasks.backup.progress import Progress, quietly
from tasks.backup.source import ASSETS, CALLS, Source, installation_of, named_object, unnamed_work
from tasks.backup.sweep import forget_older, sweep
from tasks.backup.target import BackupTarget
from tasks.backup.vault import Vault, vault_for_backup

log = Log("backup")


@dataclass(frozen=True)
class BackupReport:
    """What was backed up."""

    manifest: Manifest
    new_chunks: int
    new_objects: int
    new_bytes: int  # written into the backup: rows and objects
    forgotten: int  # older generations that were let go
    lost: int  # objects that the record names and the store did not have, or not whole


@dataclass(frozen=True)
class _Record:
    """The record's half."""

    taken_at: datetime
    revision: str
    installation: str | None
    tables: tuple[TableDump, ...]
    under_way: tuple[str, ...]
    new_chunks: int
    new_bytes: int


def back_up(
    source: Source,
    target: BackupTarget,
    *,
    phrase: str = "",
    keep: int | None = None,
    full: bool = False,
    progress: Progress = quietly,
) -> BackupReport:
    """Make a generation; with `keep`, let all but so many of the newest go.

    With `full`, what is there already is read too, and replaced where it is damaged.

    Raises:
        BackupBusy: Another backup to the same place is under way.
        BackupError, StoreError, RecordError: It could not be made; former ones are intact.
    """
    with target.holding():
        with read_snapshot(source.url) as snapshot:
            installation = installation_of(snapshot)
            vault = vault_for_backup(target, phrase, installation)
            vault.thorough = full
            known = _Dumper(vault, progress).dump(snapshot, installation)
        former = None if full else vault.latest()
        return _finish(source, vault, known, former, keep, progress)


def _finish(
    source: Source,
    vault: Vault,
    known: _Record,
    former: Manifest | None,
    keep: int | None,
    progress: Progress,
) -> BackupReport:
    named = sum(table.rows for table in known.tables if table.name == ASSETS)
    copied = copy_objects(source, vault, _to_copy(vault, known, former), progress, named)
    unnamed = tuple(unnamed_objects(source, known.under_way))
    also = copy_objects(source, vault, unnamed, progress, len(unnamed))
    manifest = Manifest(
        id=new_id(),
        sequence=_next_sequence(vault),
        taken_at=known.taken_at,
        finished_at=utc_now(),
        revision=known.revision,
        installation=known.installation,
        tables=known.tables,
        unnamed=tuple(each for each in unnamed if each not in also.missing),
        missing=tuple(copied.missing),
        gone=tuple(copied.gone),
    )
    keep_notes(vault, source.store)
    vault.add(manifest)
    forgotten = forget_older(vault, keep) if keep else 0
    if forgotten:
        sweep(vault, progress)
    log.info("backup made", count=manifest.rows, size=copied.bytes + known.new_bytes)
    return _report(manifest, known, copied, also, forgotten)


def _report(manifest: Manifest, known: _Record, copied: Copied, also: Copied, forgotten: int) -> BackupReport:
    return BackupReport(
        manifest=manifest,
        new_chunks=known.new_chunks,
        new_objects=copied.objects + also.objects,
        new_bytes=known.new_bytes + copied.bytes + also.bytes,
        forgotten=forgotten,
        lost=len(copied.missing),
    )


class _Dumper:
    """The record, chunk by chunk, into the vault."""

    def __init__(self, vault: Vault, progress: Progress) -> None:
        self._vault = vault
        self._progress = progress
        self._rows = self._new_chunks = self._new_bytes = 0
        self._under_way: list[str] = []

    def dump(self, snapshot: Snapshot, installation: str | None) -> _Record:
        taken_at = utc_now()
        tables = tuple(self._table(snapshot, shape) for shape in snapshot.tables)
        return _Record(
            taken_at=taken_at,
            revision=snapshot.revision,
            installation=installation,
            tables=tables,
            under_way=tuple(self._under_way),
            new_chunks=self._new_chunks,
            new_bytes=self._new_bytes,
        )

    def _table(self, snapshot: Snapshot, shape: TableShape) -> TableDump:
        chunks = []
        for lines in chunks_of(shape, self._watched(shape, snapshot.rows(shape))):
            written = self._vault.put("rows", lines.sha256, lines.data)
            self._new_chunks += written > 0
            self._new_bytes += written
            chunks.append(Chunk(sha256=lines.sha256, rows=lines.rows))
            self._rows += lines.rows
            self._progress("rows", self._rows, None)
        return TableDump(
            name=shape.name, columns=shape.names, rows=sum(each.rows for each in chunks), chunks=tuple(chunks)
        )

    def _watched(self, shape: TableShape, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            if shape.name == CALLS and (work_key := unnamed_work(shape, row)):
                self._under_way.append(work_key)
            yield row


def _to_copy(vault: Vault, known: _Record, former: Manifest | None) -> Iterator[KeptObject]:
    """What the snapshot names, less what a former generation has: it is there as long as that one is."""
    had = {chunk.sha256 for chunk in former.chunks(ASSETS)} if former else set()
    unsure = {each.key for each in former.missing} if former else set()
    for table in known.tables:
        if table.name == ASSETS:
            for chunk in table.chunks:
                if chunk.sha256 not in had or unsure:
                    for row in vault.rows(chunk):
                        wanted = named_object(table.columns, row)
                        if chunk.sha256 not in had or wanted.key in unsure:
                            yield wanted


def _next_sequence(vault: Vault) -> int:
    names = vault.generations()
    return int(names[-1].partition("-")[0]) + 1 if names else 1
