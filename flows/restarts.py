"""Which parts of the Storykin on a data folder have ended by themselves and were started again."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

MOST_KEPT = 50


@dataclass(frozen=True)
class Restart:
    """One end and what came after it, as the launcher saw it."""

    part: str  # "worker"
    title: str  # "worker", as people are told
    why: str  # "signal 9", "exit code 1: …"
    at: str  # ISO 8601, UTC: when it was started again


def note_restart(home: Path, restart: Restart) -> None:
    """Add it to STORYKIN_HOME/run/restarts.json. Where that can't be written, work goes on without."""
    path = _file(home)
    kept = [asdict(each) for each in (*restarts(home), restart)][-MOST_KEPT:]
    unfinished = path.with_suffix(".unfinished")
    with suppress(OSError):
        unfinished.write_text(json.dumps(kept, indent=2), encoding="utf-8")
        unfinished.replace(path)


def restarts(home: Path) -> list[Restart]:
    """Those that are kept, oldest first."""
    try:
        return [Restart(**each) for each in json.loads(_file(home).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


def _file(home: Path) -> Path:
    return home / "run" / "restarts.json"
