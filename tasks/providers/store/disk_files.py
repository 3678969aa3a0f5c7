"""Files that are wholly there or not there at all, and disk errors that say what to do."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.told import told
from tasks.errors import StoreError

_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST}


@contextmanager
def disk_errors_as_sentences() -> Iterator[None]:
    """Turn an OSError of the disk into a StoreError that a person can act on."""
    try:
        yield
    except OSError as error:
        raise _in_words(error) from None


def write_durably(path: Path, data: bytes) -> None:
    """Write a new private file and wait until the disk has it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the disk knows the names in `folder`."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish_folder(draft: Path, place: Path, root: Path) -> bool:
    """Move `draft` to `place` in one step; False, with nothing changed, when something is there.

    Renaming a folder onto one that holds files fails, for every process at once: no lock is needed.
    """
    for _ in range(20):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            draft.rename(place)
        except FileNotFoundError:  # a neighbour's delete took the empty parent away in between
            continue
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        _sync_up(place.parent, root)
        return True
    raise OSError(errno.EBUSY, "the folder keeps vanishing")


def prune_empty(folder: Path, root: Path) -> None:
    """Remove `folder` and its parents below `root` as far as they are empty."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _sync_up(folder: Path, root: Path) -> None:
    while True:
        sync_folder(folder)
        if folder == root:
            return
        folder = folder.parent


def _in_words(error: OSError) -> StoreError:
    if error.errno in _FULL:
        return StoreError(
            "The disk that holds the pictures is full. Free some space and try again.", code="store_full"
        )
    if error.errno in _READ_ONLY:
        return StoreError(
            "The folder that holds the pictures can't be written to. Check its permissions.",
            code="store_read_only",
        )
    return StoreError(
        told(
            "The folder that holds the pictures can't be used (%(strerror)s).",
            strerror=os.strerror(error.errno or errno.EIO),
        ),
        code="store_unreachable",
    )
