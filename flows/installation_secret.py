"""The secret of this installation: what Prefect's server asks for, and what proves that a server is ours.

It lies in STORYKIN_HOME, readable by its owner alone, and moves with it. It goes into environments and HTTP
headers on this machine, never onto a command line or into a log.
"""

import hashlib
import os
import re
import secrets
from pathlib import Path

from tasks.errors import StorykinError

FILE = "prefect.secret"
_SHAPE = re.compile(r"storykin:[A-Za-z0-9_-]{43}")  # Prefect's form of it is user:password


class SecretUnusable(StorykinError):
    """The installation's secret can't be read or made."""

    code = "installation_secret"


def installation_secret(home: Path) -> str:
    """The secret of the data folder `home`; made if there is none. Any number of processes agree on one.

    Raises SecretUnusable.
    """
    path = home / FILE
    try:
        found = _read(path)
        if found is None:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make(path)
            found = _read(path)
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise SecretUnusable(
            f"{path}, which holds this installation's secret, can't be used: {why}. Run Storykin as the "
            "account that the data folder belongs to."
        ) from None
    if not found:
        raise SecretUnusable(
            f"{path} does not hold a secret of Storykin's. Remove it, and the next start makes a new one."
        )
    return found


def installation_name(home: Path) -> str:
    """A name that tells this installation from others, and nothing of its secret."""
    return hashlib.sha256(f"storykin name {installation_secret(home)}".encode()).hexdigest()[:12]


def kept_secret(home: Path) -> str | None:
    """The secret of `home` if it has one that can be read; nothing is made."""
    try:
        return _read(home / FILE) or None
    except OSError:
        return None


def _read(path: Path) -> str | None:
    """What `path` holds; None if it is not there, or empty, as a copy that broke off leaves it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(descriptor, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - of a descriptor
        if os.fstat(descriptor).st_mode & 0o077:  # a copy of the folder may have widened it
            os.fchmod(descriptor, 0o600)
        text = file.read(200).strip()
    if not text:
        path.unlink(missing_ok=True)
        return None
    return text if _SHAPE.fullmatch(text) else ""


def _make(path: Path) -> None:
    """Whole or not at all, once: the first of several processes to finish gives the one that counts."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - of a descriptor
            file.write(f"storykin:{secrets.token_urlsafe(32)}\n")
            file.flush()
            os.fsync(descriptor)
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
