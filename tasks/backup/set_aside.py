"""Making room for a restore without deleting anything: what is in the way gets another name."""

from pathlib import Path

from db.dump import is_blank, set_aside
from db.dump.snapshot import is_server
from tasks.backup.errors import NotEmpty
from tasks.backup.manifest import Manifest
from tasks.backup.source import Source
from tasks.providers.store.disk import DiskStore
from tasks.storage.binding import holds_bytes, read_mark


def set_aside_what_is_in_the_way(manifest: Manifest, into: Source) -> list[Path]:
    """Rename the record and the store where they hold something; their new paths.

    The store stays where it is this backup's own: what has survived is used. NotEmpty where nothing can be
    renamed: a server's database, a bucket.
    """
    record_in_way = not is_blank(into.url)
    mark = read_mark(into.store)
    own_store = mark is not None and mark == manifest.installation
    store_in_way = not own_store and (mark is not None or holds_bytes(into.store))
    if record_in_way and is_server(into.url):
        raise NotEmpty(
            "A database of a server can't be set aside from here. Create an empty one beside it and set "
            "DATABASE_URL to that; the old one stays as it is."
        )
    if store_in_way and not isinstance(into.store, DiskStore):
        raise NotEmpty(
            "A bucket can't be set aside. Create an empty one beside it and set R2_BUCKET to that; the old "
            "one stays as it is."
        )
    moved = [set_aside(into.url)] if record_in_way else []
    if store_in_way and isinstance(into.store, DiskStore):
        moved.append(_rename(into.store.root))
    return moved


def _rename(folder: Path) -> Path:
    number = 1
    while (kept := folder.with_name(f"{folder.name}.aside-{number}")).exists():
        number += 1
    folder.rename(kept)
    return kept
