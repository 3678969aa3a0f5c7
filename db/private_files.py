"""Files that are their owner's alone: they hold children's names and photos."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SYSTEM = ("/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/run", "/sbin", "/sys")
_FOR_ALL = ("/", "/home", "/opt", "/srv", "/tmp", "/usr", "/var", "/var/lib", "/var/tmp", "/dev/shm")  # noqa: S108
SHARED = (*_SYSTEM, *_FOR_ALL)


def keep_files_private() -> None:
    """What this process makes from now on, and what its children make, other accounts can't open."""
    os.umask(OTHERS)


def is_open_to_others(path: Path) -> bool:
    """Whether another account may do anything with `path`; False when it is not there."""
    try:
        return bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False


def is_shared_folder(folder: Path) -> bool:
    """Whether others keep things in `folder` too, like /tmp: closing it would shut them out."""
    return folder.resolve() in {Path(place).resolve() for place in (*SHARED, gettempdir(), Path.home())}


def close_folder(folder: Path) -> bool:
    """Close an existing folder, and what lies in it, to other accounts. Whether it was open until now.

    Nothing inside a closed folder can be reached, so the walk through it is made once, not at every start.
    Raises PermissionError when the folder belongs to somebody else.
    """
    if not folder.is_dir() or not is_open_to_others(folder):
        return False
    folder.chmod(stat.S_IMODE(folder.stat().st_mode) & ~OTHERS)
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            with suppress(OSError):  # it is gone by now, or somebody else's: the folder is closed either way
                close_file(Path(place, name))
    return True


def close_file(path: Path) -> None:
    """Take from other accounts what they may do with `path`.

    A link stays as it is, and what it names too; so does a device: /dev/null is everybody's.
    """
    mode = path.lstat().st_mode
    ours = stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode)
    if mode & OTHERS and ours:
        path.chmod(stat.S_IMODE(mode) & ~OTHERS)
