"""Reading a whole backup again: is everything there, and is it what was written?"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tasks.backup.errors import BackupDamaged, BackupMissing
from tasks.backup.manifest import Chunk, KeptObject, Manifest, TableDump
from tasks.backup.progress import Progress, quietly
from tasks.backup.source import ASSETS, named_object
from tasks.backup.vault import Vault


@dataclass
class Verified:
    """What was read, and what is wrong."""

    generations: int = 0
    rows: int = 0
    objects: int = 0
    damaged: list[str] = field(default_factory=list)  # sentences, by generation and digest

    @property
    def ok(self) -> bool:
        """Whether everything is as it was written."""
        return not self.damaged


def verify(vault: Vault, *, only: Manifest | None = None, progress: Progress = quietly) -> Verified:
    """Read every generation (or one), each thing once. Damage is counted, not raised."""
    found = Verified()
    seen: set[str] = set()
    for name in [only.name] if only else vault.generations():
        try:
            manifest = vault.manifest(name)
        except (BackupDamaged, BackupMissing) as error:
            found.damaged.append(f"Generation {name}: {error.sentence}")
            continue
        found.generations += 1
        for table in manifest.tables:
            for chunk in table.chunks:
                if chunk.sha256 not in seen:
                    seen.add(chunk.sha256)
                    _verify_chunk(vault, manifest, table, chunk, found)
                    progress("verified", found.rows + found.objects, None)
        for each in manifest.unnamed:
            _verify_object(vault, manifest, each, found)
    return found


def _verify_chunk(vault: Vault, manifest: Manifest, table: TableDump, chunk: Chunk, found: Verified) -> None:
    try:
        rows = vault.rows(chunk)
    except (BackupDamaged, BackupMissing) as error:
        found.damaged.append(f"Generation {manifest.name}, rows of {table.name}: {error.sentence}")
        return
    found.rows += len(rows)
    if table.name == ASSETS:
        for wanted in _named(table, rows):
            if wanted.key not in manifest.absent:
                _verify_object(vault, manifest, wanted, found)


def _named(table: TableDump, rows: list[list[object]]) -> Iterator[KeptObject]:
    return (named_object(table.columns, row) for row in rows)


def _verify_object(vault: Vault, manifest: Manifest, wanted: KeptObject, found: Verified) -> None:
    try:
        vault.get("objects", wanted.sha256)
        found.objects += 1
    except (BackupDamaged, BackupMissing) as error:
        found.damaged.append(f"Generation {manifest.name}, object {wanted.sha256[:12]}: {error.sentence}")
