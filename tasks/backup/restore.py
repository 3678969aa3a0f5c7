"""Restoring a backup: first every object, then the record, whole or not at all.

Interrupted, it is run again: objects that are there are not written twice, and of the record nothing is there
before all of it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from db import migrate
from db.dump import Oddity, Row, is_blank, new_record, oddity_of, shape_of
from db.dump.snapshot import is_server
from db.errors import RecordTooNew
from db.ids import moment_of
from db.log import Log
from tasks.backup.erased import bring_notes
from tasks.backup.errors import BackupMissing, NotEmpty
from tasks.backup.manifest import KeptObject, Manifest, TableDump
from tasks.backup.oddities import refuse_oddities
from tasks.backup.progress import Progress, quietly
from tasks.backup.put_objects import put_objects
from tasks.backup.reopened import Reopened, Reopening
from tasks.backup.source import ASSETS, Source, named_object
from tasks.backup.vault import Vault
from tasks.storage.binding import KEPT_PREFIXES, NOT_OURS, read_mark, write_mark

log = Log("backup")
_TOO_NEW = "This backup was made by a newer Storykin than this one. Update Storykin, then restore it."


@dataclass(frozen=True)
class RestoreReport:
    """What was restored, and what is open now."""

    manifest: Manifest
    rows: int
    objects: int
    absent: int  # objects that rows name and the backup never had
    reopened: Reopened


def restore(vault: Vault, manifest: Manifest, into: Source, *, progress: Progress = quietly) -> RestoreReport:
    """Put a generation into a record and a store that hold nothing.

    Raises:
        NotEmpty: They hold something.
        RecordTooNew: A newer Storykin made the backup.
        BackupDamaged, BackupMissing: It is not whole; the record is not there then.
    """
    check_readable(manifest)
    require_empty(vault, manifest, into)
    if is_server(into.url):
        refuse_oddities(_oddities(vault, manifest))
    if manifest.installation:
        write_mark(into.store, manifest.installation)
    objects = put_objects(
        into.store,
        _objects(vault, manifest),
        lambda each: vault.get("objects", each.sha256),
        progress,
        manifest.objects,
    )
    bring_notes(vault, into.store)  # whoever was erased since is erased again before anything is drawn
    reopening = Reopening(manifest.taken_at)
    with new_record(into.url, manifest.revision) as loader:
        for table in manifest.tables:
            rows = reopening.rows(table.name, table.columns, _rows(vault, table, progress))
            loader.load(table.name, table.columns, rows)
    log.info("backup restored", count=manifest.rows)
    return RestoreReport(
        manifest=manifest,
        rows=sum(loader.counts.values()),
        objects=objects,
        absent=len(manifest.absent),
        reopened=reopening.found,
    )


def check_readable(manifest: Manifest) -> None:
    """RecordTooNew when a newer Storykin made the backup."""
    if manifest.revision not in migrate.revisions():
        raise RecordTooNew(_TOO_NEW)


def require_empty(vault: Vault, manifest: Manifest, into: Source) -> None:
    """NotEmpty unless nothing can be lost or mixed: no row on record, and a store that is this installation's
    own (it has survived, or a restore was interrupted), or holds nothing that is not of this generation.
    """
    if not is_blank(into.url):
        raise NotEmpty(
            "There is a record here already, and it is not empty. Restore into an empty home: "
            "set STORYKIN_HOME (or DATABASE_URL) to a new place, or use --set-aside, which renames the old "
            "ones first."
        )
    mark = read_mark(into.store)
    if mark is not None and mark == manifest.installation:
        return
    if mark is not None:
        raise NotEmpty(
            "The picture store here belongs to another installation than this backup. Restore into an "
            "empty one.",
            code=NOT_OURS,
        )
    there = {found.key for prefix in KEPT_PREFIXES for found in into.store.iterate(prefix)}
    if there:
        for each in _objects(vault, manifest):
            there.discard(each.key)
    if there:
        raise NotEmpty(
            f"The picture store here holds {len(there)} objects that are not of this backup. Restore into an "
            "empty one, or use --set-aside, which gives the old one another name first."
        )


def generation_at(vault: Vault, wanted: str | None) -> Manifest:
    """The newest generation; or the one whose number or id is `wanted`, or the newest made by that time.

    Raises:
        BackupMissing: There is none such.
    """
    names = vault.generations()
    if not names:
        raise BackupMissing(f"No backup at {vault.target.where} was ever finished.", code="no_generation")
    if wanted is None:
        return vault.manifest(names[-1])
    for name in names:
        number, _, identifier = name.partition("-")
        if wanted in (name, identifier) or (wanted.isdigit() and int(wanted) == int(number)):
            return vault.manifest(name)
    by_then = [name for name in names if _made_by(name, wanted)]
    if not by_then:
        raise BackupMissing(
            f"No generation of this backup is {wanted}, nor had one been made by then. `storykin backup list`"
            " tells them.",
            code="no_generation",
        )
    return vault.manifest(by_then[-1])


def _made_by(name: str, wanted: str) -> bool:
    try:
        limit = datetime.fromisoformat(wanted)
    except ValueError:
        return False
    made = moment_of(name.partition("-")[2])
    return made is not None and made <= (limit if limit.tzinfo else limit.astimezone())


def _objects(vault: Vault, manifest: Manifest) -> Iterator[KeptObject]:
    """Every object of a generation that it has the bytes of."""
    for table in manifest.tables:
        if table.name == ASSETS:
            for row in _rows(vault, table, quietly):
                named = named_object(table.columns, row)
                if named.key not in manifest.absent:
                    yield named
    yield from manifest.unnamed


def _rows(vault: Vault, table: TableDump, progress: Progress) -> Iterator[Row]:
    done = 0
    for chunk in table.chunks:
        yield from vault.rows(chunk)
        done += chunk.rows
        progress(table.name.replace("_", " "), done, table.rows)


def _oddities(vault: Vault, manifest: Manifest) -> Iterator[Oddity]:
    shapes = {shape.name: shape for shape in shape_of(manifest.revision)}
    for table in manifest.tables:
        shape = shapes[table.name].arranged(table.columns)
        for row in _rows(vault, table, quietly):
            if odd := oddity_of(shape, row):
                yield odd
