"""What stands beside the database and knows of the audit log: the key of its seals, and how far it had come.

Both lie in the folder `audit` of the data folder, readable by its owner alone, so that whoever can write to
the database alone can neither make the chain anew nor cut it short unnoticed. A machine that shares the
database keeps its own key and its own note.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from db.audit.anchor import Anchor, AnchorState, read_anchor, write_anchor
from db.engine import Session, is_of_this_installation
from db.errors import RecordError
from db.log import Log
from db.repositories.audit import ChainHead
from db.settings import record_settings

log = Log("audit")

FOLDER = "audit"
_KEY, _ANCHOR, _LOCK = "seal.key", "head.json", "head.lock"
_KEY_BYTES = 32


class AuditUnusable(RecordError):
    """The key that seals the audit log can't be used."""

    code = "audit_unusable"


class NoWitness:
    """Beside a database that is not this data folder's: its entries have no seal."""

    key_id = ""

    def seal(self, digest: str) -> str:
        """No seal."""
        return ""

    def has_seen(self) -> ChainHead | None:
        """Nothing."""
        return None

    def note(self, head: ChainHead, *, anew: bool) -> None:
        """Note nothing."""


class FolderWitness:
    """The key and the note in a data folder."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder = folder
        self._key = key
        self.key_id = hashlib.sha256(b"storykin audit key " + key).hexdigest()[:16]

    def seal(self, digest: str) -> str:
        """HMAC-SHA-256 of an entry's digest."""
        return hmac.new(self._key, f"entry {digest}".encode(), hashlib.sha256).hexdigest()

    def anchor(self) -> tuple[AnchorState, Anchor | None]:
        """What is noted, and whether it can be believed."""
        return read_anchor(self.folder / _ANCHOR, self._key)

    def has_seen(self) -> ChainHead | None:
        """The head that is noted; None without a note. A note that was tampered with matches no chain."""
        state, anchor = self.anchor()
        if anchor is not None:
            return anchor.head
        return None if state is AnchorState.ABSENT else ChainHead(1, "")

    def note(self, head: ChainHead, *, anew: bool) -> None:
        """Note `head` unless a later one is noted, or in any case where the chain begins `anew`.

        What was committed stays so: when the note can't be written, an older one stands, which is true too.
        """
        try:
            with self._alone():
                _state, anchor = self.anchor()
                if anew or anchor is None or head.sequence > anchor.head.sequence:
                    since = anchor.since if anchor and not anew else head.sequence
                    write_anchor(self.folder / _ANCHOR, Anchor(head, since), self._key)
        except OSError as error:
            log.error("how far the audit log has come can't be noted", error=error)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time."""
        descriptor = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def witness_of(session: Session) -> FolderWitness | NoWitness:
    """Who stands beside the database of `session`: this data folder, if it is its own. AuditUnusable."""
    if not is_of_this_installation(session):
        return NoWitness()
    return _witness_in(record_settings().home.resolve() / FOLDER)


@lru_cache(maxsize=4)
def _witness_in(folder: Path) -> FolderWitness:
    try:
        return FolderWitness(folder, _key_in(folder))
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise AuditUnusable(
            f"{folder / _KEY}, which seals the audit log, can't be used: {why}. Nothing was done: run "
            "Storykin as the account that the data folder belongs to."
        ) from None


def _key_in(folder: Path) -> bytes:
    """The key; made if there is none. Any number of processes agree on one."""
    place = folder / _KEY
    if not place.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = place.with_name(f"{_KEY}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor
                file.write(secrets.token_bytes(_KEY_BYTES))
                file.flush()
                os.fsync(descriptor)
            os.link(draft, place)
        except FileExistsError:
            pass  # another process was first: its key counts
        finally:
            draft.unlink()
    if stat.S_IMODE(place.stat().st_mode) & 0o077:  # a copy of the folder may have widened it
        place.chmod(0o600)
    key = place.read_bytes()
    if len(key) != _KEY_BYTES:
        raise AuditUnusable(
            f"{place}, which seals the audit log, does not hold a key. Bring it back from a copy of the data "
            "folder; or remove it, and the log goes on under a new one, which `storykin audit verify` tells."
        )
    return key
