"""Backups in a folder: files that appear whole, and a lock that the kernel takes back from the dead."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from db.files_below import files_below
from tasks.backup.errors import BackupBusy, BackupError, BackupMissing
from tasks.providers.store.disk_files import prune_empty, sync_folder, write_durably

_DRAFT = ".part"
_LOCK = "lock"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class DiskTarget:
    """A folder. Implements `tasks.backup.target.BackupTarget`; everything in it is its owner's alone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.where = str(root)

    def write(self, name: str, data: bytes) -> None:
        """Write beside, wait for the disk, rename."""
        place = self._root / name
        with _in_words():
            if place.exists():
                return
            self._make(place.parent)
            draft = place.with_name(f"{place.name}.{token_hex(4)}{_DRAFT}")
            try:
                write_durably(draft, data)
                draft.rename(place)
            finally:
                draft.unlink(missing_ok=True)
            sync_folder(place.parent)

    def read(self, name: str) -> bytes:
        """The file."""
        with _in_words():
            try:
                return (self._root / name).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                raise BackupMissing(f"The backup at {self.where} lacks something that it names.") from None

    def size(self, name: str) -> int | None:
        """The file's size."""
        with _in_words():
            try:
                return (self._root / name).stat().st_size
            except (FileNotFoundError, NotADirectoryError):
                return None

    def names(self, prefix: str) -> Iterator[str]:
        """Every file below, in order."""
        with _in_words():
            for folder, folders, files in os.walk(self._root / prefix):
                folders.sort()
                for file in sorted(files):
                    if not file.endswith(_DRAFT) and file != _LOCK:
                        yield (Path(folder) / file).relative_to(self._root).as_posix()

    def delete(self, name: str) -> None:
        """Unlink, and the folder with it when it is empty."""
        place = self._root / name
        with _in_words():
            place.unlink(missing_ok=True)
            prune_empty(place.parent, self._root)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """By a lock on a file, which goes with the process that has it."""
        with _in_words():
            self._make(self._root)
            handle = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BackupBusy(
                    f"Another backup to {self.where} is under way. Try again when it is done."
                ) from None
            self._clear_drafts()
            yield
        finally:
            os.close(handle)

    def _make(self, folder: Path) -> None:
        """With its parents, each as private as the last: `mkdir` gives its mode to the last alone."""
        for each in (*reversed(folder.parents), folder):
            if each == self._root or self._root in each.parents or not each.exists():
                each.mkdir(mode=0o700, exist_ok=True)

    def _clear_drafts(self) -> None:
        """What an interrupted backup was in the middle of."""
        for file in files_below(self._root):
            if file.name.endswith(_DRAFT):
                with suppress(OSError):
                    file.unlink()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _told(error) from None


def _told(error: OSError) -> BackupError:
    if error.errno in _FULL:
        return BackupError(
            "The disk that the backup goes to is full. Former backups there are intact; make room and run it "
            "again: it goes on where it stopped.",
            code="backup_full",
        )
    if error.errno in _READ_ONLY:
        return BackupError("The backup's folder can't be used: check its permissions.", code="backup_denied")
    why = os.strerror(error.errno or errno.EIO).lower()
    return BackupError(f"The backup's folder can't be used ({why}).", code="backup_unreachable")
