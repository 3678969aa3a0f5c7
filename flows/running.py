"""The Storykin that runs on this data folder: who it is, and where its studio and dashboard are."""

import fcntl
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO

_TRIES = 10  # a look at the lock by another command holds it for a moment
_SECONDS_BETWEEN_TRIES = 0.05


@dataclass(frozen=True)
class Running:
    """What `storykin up` notes in STORYKIN_HOME/run/up.json once everything is ready."""

    pid: int
    started_at: str  # ISO 8601, UTC
    studio_url: str
    prefect_url: str  # the dashboard
    prefect_api_url: str
    ports: dict[str, int] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)


class AlreadyRunning(Exception):
    """Another process holds the data folder."""


class InstanceLock:
    """Held by the one launcher of a data folder for as long as it lives; the kernel lets go of it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._path = _folder(home) / "lock"
        self._file: IO[str] | None = None

    def __enter__(self) -> "InstanceLock":
        """Take it, and forget what a launcher that was killed has noted. Raises AlreadyRunning."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("w")
        for _ in range(_TRIES):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(_SECONDS_BETWEEN_TRIES)
            else:
                forget(self._home)
                return self
        self._file.close()
        raise AlreadyRunning

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def note(home: Path, running: Running) -> None:
    """Write up.json, whole or not at all."""
    path = _folder(home) / "up.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(asdict(running), indent=2), encoding="utf-8")
    unfinished.replace(path)


def forget(home: Path) -> None:
    """Remove the note that Storykin runs on `home`; harmless if there is none."""
    (_folder(home) / "up.json").unlink(missing_ok=True)


def running(home: Path) -> Running | None:
    """The Storykin that is ready on `home`; None if there is none, whatever a stale up.json says."""
    try:
        noted = json.loads((_folder(home) / "up.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Running(**noted) if is_held(home) else None


def is_held(home: Path) -> bool:
    """Whether a launcher holds `home`: it runs, or is starting or stopping."""
    try:
        lock = (_folder(home) / "lock").open()
    except OSError:
        return False
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _folder(home: Path) -> Path:
    return home / "run"
