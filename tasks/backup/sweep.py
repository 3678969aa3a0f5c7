"""Letting old generations go, and then what no generation names."""

from tasks.backup.manifest import Manifest
from tasks.backup.progress import Progress, quietly
from tasks.backup.source import ASSETS, named_object
from tasks.backup.vault import Vault

_SHELVES = ("rows/", "objects/")
_REMEMBERED = 12  # bytes of a name: two that begin alike are both kept


def forget_older(vault: Vault, keep: int) -> int:
    """Take all but the newest `keep` generations away; how many went."""
    old = vault.generations()[:-keep]
    vault.forget(old)
    return len(old)


def sweep(vault: Vault, progress: Progress = quietly) -> int:
    """Delete what no generation names. To be called while holding the target: a backup that is under way
    names nothing yet. How many went. BackupError when a generation can't be read: then nothing is deleted.
    """
    named: set[bytes] = set()
    for name in vault.generations():
        for place in _named_by(vault, vault.manifest(name)):
            named.add(_short(place))
    gone = 0
    for shelf in _SHELVES:
        for place in vault.target.names(shelf):
            if _short(place) not in named:
                vault.target.delete(place)
                gone += 1
                progress("old bytes", gone, None)
    return gone


def _named_by(vault: Vault, manifest: Manifest) -> "list[str]":
    places = [vault.place("objects", each.sha256) for each in manifest.unnamed]
    for table in manifest.tables:
        for chunk in table.chunks:
            places.append(vault.place("rows", chunk.sha256))
            if table.name == ASSETS:
                for row in vault.rows(chunk):
                    places.append(vault.place("objects", named_object(table.columns, row).sha256))
    return places


def _short(place: str) -> bytes:
    shelf, _, name = place.rpartition("/")
    return shelf[:1].encode() + bytes.fromhex(name)[:_REMEMBERED]
