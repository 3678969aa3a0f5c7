"""A backup as its makers and readers see it: rows and objects by their digests, generations by their order.

storykin-backup.json   what this is, how the key follows from the pass phrase
rows/ab/…              rows of tables, compressed
objects/ab/…           photos and pictures, one file each, so that one person's can be found and let expire
generations/…          a manifest each, written last
erased/…               who was erased: by ids, for restores
"""

import hashlib
import json
import zlib
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from db.dump.values import Row, row_of
from tasks.backup.cipher import Cipher, KeyParameters, Plain, known_key, new_key
from tasks.backup.errors import BackupDamaged, BackupError, BackupMissing, WrongKey
from tasks.backup.manifest import Chunk, Manifest
from tasks.backup.target import BackupTarget

HEADER = "storykin-backup.json"
GENERATIONS = "generations/"
NOTES = "erased/"
FAST = 1  # of zlib's levels: a third of the time, and a fifth more bytes
MOST_UNPACKED = 64 * 1024 * 1024  # a chunk ends at a few MB
Shelf = Literal["rows", "objects"]


class Header(BaseModel):
    """What stands at the top of a backup, readable without the key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    installation: str | None = None
    key: KeyParameters | None = None


class Vault:
    """A backup place that has been opened. What it gives is always what was put."""

    def __init__(self, target: BackupTarget, cipher: Cipher, header: Header) -> None:
        self.target = target
        self.header = header
        self.thorough = False  # whether what is there is read before it is believed
        self._cipher = cipher

    def has(self, shelf: Shelf, sha256: str) -> bool:
        """Whether these bytes are there."""
        place = self.place(shelf, sha256)
        there = self.target.size(place) is not None
        if not (there and self.thorough):
            return there
        try:
            self.get(shelf, sha256)
        except BackupDamaged:
            self.target.delete(place)
            return False
        return True

    def put(self, shelf: Shelf, sha256: str, data: bytes) -> int:
        """Keep bytes, unless they are there; read back what was written. How many bytes that took."""
        if self.has(shelf, sha256):
            return 0
        place = self.place(shelf, sha256)
        packed = self._cipher.seal(place, zlib.compress(data, FAST) if shelf == "rows" else data)
        self.target.write(place, packed)
        self.get(shelf, sha256)
        return len(packed)

    def get(self, shelf: Shelf, sha256: str) -> bytes:
        """The bytes, checked. BackupMissing, BackupDamaged."""
        place = self.place(shelf, sha256)
        data = self._cipher.open(place, self.target.read(place))
        if shelf == "rows":
            data = _unpacked(data)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BackupDamaged("Something in the backup is no longer what was written.")
        return data

    def rows(self, chunk: Chunk) -> list[Row]:
        """The rows of a chunk."""
        try:
            found = [row_of(line) for line in self.get("rows", chunk.sha256).splitlines()]
        except ValueError:
            raise BackupDamaged("Rows in the backup can't be read.") from None
        if len(found) != chunk.rows:
            raise BackupDamaged("Rows are missing from the backup.")
        return found

    def place(self, shelf: Shelf, sha256: str) -> str:
        """Where bytes with this digest lie."""
        name = self._cipher.name_of(sha256)
        return f"{shelf}/{name[:2]}/{name}"

    def generations(self) -> list[str]:
        """The names of all generations, oldest first."""
        return [name.removeprefix(GENERATIONS) for name in sorted(self.target.names(GENERATIONS))]

    def manifest(self, name: str) -> Manifest:
        """A generation. BackupMissing, BackupDamaged."""
        place = GENERATIONS + name
        try:
            return Manifest.model_validate_json(self._cipher.open(place, self.target.read(place)))
        except ValidationError:
            raise BackupDamaged(
                "A generation of this backup can't be read: it is damaged, or a newer Storykin made it."
            ) from None

    def keep_note(self, sha256: str, note: bytes) -> None:
        """Keep a note that outlives the generations; the same again changes nothing."""
        place = NOTES + self._cipher.name_of(sha256)
        if self.target.size(place) is None:
            self.target.write(place, self._cipher.seal(place, note))

    def notes(self) -> list[bytes]:
        """Every note. BackupDamaged."""
        return [self._cipher.open(place, self.target.read(place)) for place in self.target.names(NOTES)]

    def latest(self) -> Manifest | None:
        """The newest generation, or None before the first."""
        names = self.generations()
        return self.manifest(names[-1]) if names else None

    def add(self, manifest: Manifest) -> None:
        """The last step of a backup: from here on it is one."""
        place = GENERATIONS + manifest.name
        self.target.write(place, self._cipher.seal(place, manifest.model_dump_json().encode()))
        if self.manifest(manifest.name) != manifest:
            raise BackupDamaged("The backup's manifest came back different from what was written.")

    def forget(self, names: Iterable[str]) -> None:
        """Take generations away; what only they named goes with the next sweep."""
        for name in names:
            self.target.delete(GENERATIONS + name)


def open_vault(target: BackupTarget, phrase: str) -> Vault:
    """The backup at `target`. BackupMissing when there is none, WrongKey, BackupDamaged."""
    try:
        document = target.read(HEADER)
    except BackupMissing:
        raise BackupMissing(f"There is no Storykin backup at {target.where}.", code="not_a_backup") from None
    try:
        header = Header.model_validate_json(document)
    except ValidationError:
        raise BackupDamaged(
            f"What is at {target.where} can't be read as a backup: it is damaged, or of a newer Storykin."
        ) from None
    if header.key is None:
        if phrase:
            raise WrongKey(
                f"The backup at {target.where} is not encrypted, and STORYKIN_BACKUP_KEY is set. Unset it to "
                "use this one, or back up to another place."
            )
        return Vault(target, Plain(), header)
    if not phrase:
        raise WrongKey(f"The backup at {target.where} is encrypted: set STORYKIN_BACKUP_KEY to its key.")
    return Vault(target, known_key(phrase, header.key), header)


def vault_for_backup(target: BackupTarget, phrase: str, installation: str | None) -> Vault:
    """The backup at `target`, begun now where nothing is. BackupError when it is another installation's."""
    if target.size(HEADER) is None:
        if next(target.names(""), None) is not None:
            raise BackupError(
                f"There are other things at {target.where}. A backup begins in an empty place.",
                code="not_empty",
            )
        key = new_key(phrase)[1] if phrase else None
        header = Header(installation=installation, key=key)
        target.write(HEADER, json.dumps(header.model_dump(exclude_none=True), indent=2).encode())
    vault = open_vault(target, phrase)
    if installation is not None and vault.header.installation not in (None, installation):
        raise BackupError(
            f"What is at {target.where} is the backup of another installation. Back up to another place.",
            code="another_installation",
        )
    return vault


def _unpacked(data: bytes) -> bytes:
    try:
        unpacking = zlib.decompressobj()
        rows = unpacking.decompress(data, MOST_UNPACKED)
        if not unpacking.eof:
            raise BackupDamaged("Rows in the backup are larger than any that are written.")
        return rows
    except zlib.error:
        raise BackupDamaged("Rows in the backup can't be read.") from None
