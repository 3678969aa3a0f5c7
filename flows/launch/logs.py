"""One log file per process: rotated by size, and searched for the line that explains an end."""

import re
import shutil
import time
from pathlib import Path

MAX_BYTES = 10_000_000  # bytes; one older file of that size is kept
DAY_SECONDS = 86_400.0
_TAIL = 16_384
_MAX_LINE_CHARS = 240

_TROUBLE = re.compile(r"(?:\b\w*(?:Error|Exception)\b|\bFATAL\b|\bPANIC\b|\bCRITICAL\b|\berror\b)[:\s]")


def rotate(path: Path, days: int) -> None:
    """Once `path` is too large, or its lines gather for `days`, keep it as "….1" and begin again.

    Since when they gather is what "….1" says: it is there from the beginning, empty at first.
    The writing process keeps its handle (opened for appending), so the file is emptied, not replaced; a
    line written between the copy and the emptying is lost, which a log can bear.
    """
    older = path.with_name(path.name + ".1")
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    if not older.exists():
        older.touch()
    kept = older.stat()
    aged = size + kept.st_size > 0 and time.time() - kept.st_mtime > days * DAY_SECONDS
    if size <= MAX_BYTES and not aged:
        return
    shutil.copyfile(path, older)
    with path.open("r+b") as log:
        log.truncate(0)


def failure_line(path: Path, since: int = 0) -> str:
    """The line that says best why a process ended: its last error line, else its last line, else "".

    `since` is where the process's own output begins in the file, in bytes.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as log:
            log.seek(max(since if since <= size else 0, size - _TAIL))
            text = log.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    troubled = [line for line in lines if _TROUBLE.search(line)]
    words = (troubled or lines or [""])[-1]
    return words if len(words) <= _MAX_LINE_CHARS else words[: _MAX_LINE_CHARS - 1] + "…"
