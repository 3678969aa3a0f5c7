"""The usage log: what the rehearsal cloud accepted, billed and delivered; it survives kill -9.

An append-only file of JSON lines; a line counts once it is synced to disk. It holds digests and ids only, no
photo, prompt or name.
"""

import fcntl
import json
import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from db.ids import utc_now
from tasks.errors import UsageError


@dataclass
class Entry:
    """One accepted request, its charge and its outcome."""

    id: str  # the provider's id, as in the answer
    at: str  # ISO 8601, UTC
    provider: str  # openai or replicate
    operation: str  # responses, moderations, edits or create
    model: str
    digest: str  # of the request's meaning, without signatures of links
    call_id: str | None = None  # ours, as seen in the webhook's path, the photo's link or the metadata
    style: str | None = None
    photo_sha256: str | None = None
    charge_microusd: int = 0
    outcome: str | None = None  # None while it is under way
    delivered: int = 0  # how often its result left this machine whole: an answer, or the finished picture
    told: int = 0  # how often its end was reported: by a response, a poll, a webhook answered with 2xx

    @property
    def billed(self) -> bool:
        """Whether it was charged for."""
        return self.charge_microusd > 0


@dataclass
class Usage:
    """The usage log as read from the file."""

    entries: dict[str, Entry] = field(default_factory=dict)
    turned_away: Counter[str] = field(default_factory=Counter)  # "create 429" -> how often

    def apply(self, line: Mapping[str, Any]) -> None:
        """Apply one line of the log; lines of an unknown kind are ignored."""
        content = {key: value for key, value in line.items() if key != "what"}
        entry = self.entries.get(str(line.get("id")))
        match line.get("what"):
            case "accepted":
                self.entries[content["id"]] = Entry(**content)
            case "started" if entry:
                entry.photo_sha256 = content["photo_sha256"]
            case "finished" if entry:
                entry.outcome = content["outcome"]
                entry.charge_microusd = content["charge_microusd"]
            case "delivered" if entry:
                entry.delivered += 1
            case "told" if entry:
                entry.told += 1
            case "turned_away":
                self.turned_away[f"{content['operation']} {content['status']}"] += 1

    def repeated_calls(self) -> dict[str, list[str]]:
        """Provider ids by call id, for calls that were billed more than once for the same operation."""
        billed: dict[tuple[str, str], list[str]] = defaultdict(list)
        for entry in self.entries.values():
            if entry.call_id and entry.billed:
                billed[entry.call_id, entry.operation].append(entry.id)
        return {call: ids for (call, _), ids in billed.items() if len(ids) > 1}

    def summary(self) -> dict[str, Any]:
        """Counts, sums and lists of irregularities, as `GET /bank/summary` shows them."""
        entries = list(self.entries.values())
        billed = [entry for entry in entries if entry.billed]
        return {
            "accepted": len(entries),
            "billed": len(billed),
            "billed_microusd": sum(entry.charge_microusd for entry in billed),
            "delivered": sum(entry.delivered > 0 for entry in entries),
            "billed_undelivered": [entry.id for entry in billed if not entry.delivered],
            "open": sum(entry.outcome is None for entry in entries),
            "outcomes": dict(Counter(entry.outcome or "open" for entry in entries)),
            "by_operation": dict(Counter(entry.operation for entry in entries)),
            "repeated_calls": self.repeated_calls(),
            "turned_away": dict(self.turned_away),
        }


def read_usage(path: Path) -> Usage:
    """The usage log at `path`, also while it is written; a line torn by a crash is skipped."""
    usage = Usage()
    if path.exists():
        for raw in path.read_bytes().split(b"\n"):
            try:
                line = json.loads(raw)
            except ValueError:
                continue
            usage.apply(line)
    return usage


class UsageLog:
    """The file's only writer. Every method returns once its line is synced to disk.

    Raises UsageError `books_taken` when another process holds the file's lock.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise UsageError(
                "Another rehearsal cloud keeps these books. Stop it, or give --books another file.",
                code="books_taken",
            ) from None
        self.usage = read_usage(path)
        if self._file.tell():
            self._append(b"\n")  # closes a line that a crash may have torn

    def accept(self, entry: Entry) -> None:
        """Record that a request was accepted."""
        values = {each.name: getattr(entry, each.name) for each in fields(entry)}
        self._write(what="accepted", **values)

    def start(self, id: str, photo_sha256: str | None) -> None:
        """Record that work on it began, and with which photo."""
        self._write(what="started", id=id, photo_sha256=photo_sha256)

    def finish(self, id: str, outcome: str, charge_microusd: int = 0) -> None:
        """Record its outcome and its charge."""
        self._write(what="finished", id=id, outcome=outcome, charge_microusd=charge_microusd)

    def deliver(self, id: str) -> None:
        """Record that its result was sent whole."""
        self._write(what="delivered", id=id)

    def mark_reported(self, id: str) -> None:
        """Record that its end was reported to the client."""
        self._write(what="told", id=id)

    def reject(self, operation: str, status: int) -> None:
        """Record that a request was rejected; status 0 means cut without a response."""
        self._write(what="turned_away", operation=operation, status=status, at=utc_now().isoformat())

    def as_json(self) -> dict[str, Any]:
        """Summary and entries, for `GET /bank`."""
        return {
            "summary": self.usage.summary(),
            "entries": [asdict(entry) for entry in self.usage.entries.values()],
        }

    def close(self) -> None:
        """Close the file and release its lock."""
        self._file.close()

    def _write(self, **line: Any) -> None:
        self._append(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self.usage.apply(line)

    def _append(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())
