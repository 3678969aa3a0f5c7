"""Verifying the audit log: every entry, the chain that they make, and what was noted of it elsewhere."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from db.audit.acts import AuditAct
from db.audit.anchor import Anchor, AnchorState
from db.audit.witness import FolderWitness, NoWitness, witness_of
from db.digests import digest_of
from db.engine import Record, Session
from db.models import AuditEntry
from db.repositories import audit
from db.repositories.audit import BEGINNING, ChainHead
from tasks.audit.keys import BREAKS, KnownKeys, is_key_id, known_keys

MOST = 20  # findings that are told one by one; what follows on a break is no news


class Fault(StrEnum):
    """What is wrong with the log."""

    MISSING = "missing"  # entries in between
    CHANGED = "changed"
    UNCHAINED = "unchained"  # exchanged, or put in
    FORGED = "forged"  # the seal is not by our key, though it says so
    UNSEALED = "unsealed"
    UNKNOWN_KEY = "unknown_key"  # sealed with a key that nobody here has made known
    HEAD = "head"  # the database's own note of the end
    SHORTER = "shorter"  # than this data folder has seen
    OTHER = "other"  # another chain than this data folder has seen
    NOTE = "note"  # the data folder's note was tampered with


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: at which entry, and what that means."""

    fault: Fault
    sequence: int
    sentence: str


@dataclass(frozen=True)
class AuditReport:
    """What was found. `remarks` are no faults: what was told at the time, or can't be from here."""

    entries: int
    head: ChainHead
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    watched_since: int | None  # the entry since which the data folder has been watching; None: it has not yet

    @property
    def ok(self) -> bool:
        """Whether nobody has put a hand to it, as far as can be told from here."""
        return not self.findings


def verify(record: Record) -> AuditReport:
    """Read the whole log and say what is wrong with it. Writes nothing but the first key.

    Raises RecordError, AuditUnusable.
    """
    with record.reading() as session:
        witness = witness_of(session)
        reading = _Reading(witness, known_keys(session, witness))
        for entry in audit.entries(session):
            reading.take(entry)
        reading.tell_unknown_keys()
        said = audit.head(session)
        reading.compare_head(said)
        state, anchor = _anchor(witness)
        reading.compare_anchor(session, state, anchor)
    return AuditReport(
        entries=reading.count,
        head=reading.head,
        findings=tuple(reading.findings[:MOST]),
        remarks=(*reading.remarks(), *_watch(reading, state, anchor)),
        watched_since=anchor.since if anchor else None,
    )


class _Reading:
    """One reading of the log from its beginning."""

    def __init__(self, witness: FolderWitness | NoWitness, known: KnownKeys) -> None:
        self.head = ChainHead()
        self.count = 0
        self.findings: list[Finding] = []
        self._witness = witness
        self._known = known
        self._others: set[str] = set()  # keys that are believed, and not here
        self._unknown: dict[str, list[int]] = {}  # the first entry with a key, and how many there are
        self._breaks: list[str] = []

    @property
    def is_own(self) -> bool:
        """Whether the log is of this data folder's own database."""
        return not isinstance(self._witness, NoWitness)

    def take(self, entry: AuditEntry) -> None:
        """The next entry."""
        number = entry.sequence
        if number > self.head.sequence + 1:
            first = self.head.sequence + 1
            which = f"Entry {first} is" if number == first + 1 else f"Entries {first} to {number - 1} are"
            self._find(Fault.MISSING, number, f"{which} missing: deleted, or never there.")
        elif entry.previous != self.head.digest:
            self._find(
                Fault.UNCHAINED,
                number,
                f"Entry {number} does not follow on the one before it: one of them was exchanged or put in.",
            )
        if digest_of(audit.document_of(entry)) != entry.digest:
            self._find(Fault.CHANGED, number, f"Entry {number} was changed after it was written.")
        self._check_seal(entry)
        if entry.act in BREAKS:
            self._breaks.append(_told(entry))
        self.head = ChainHead(number, entry.digest)
        self.count += 1

    def tell_unknown_keys(self) -> None:
        """Entries with a seal that nobody here has answered for."""
        for key, (first, count) in self._unknown.items():
            named = key if is_key_id(key) else "that is none"
            which = (
                f"Entry {first} was" if count == 1 else f"{count} entries, the first of them {first}, were"
            )
            self._find(
                Fault.UNKNOWN_KEY,
                first,
                f"{which} sealed with a key that nobody has made known ({named}): written "
                "past Storykin; or by another machine, or before the data folder was lost. If it was another "
                "machine of yours, `storykin audit trust` makes its key known; if it was this one's past, "
                "`storykin audit resume` says so.",
            )

    def compare_head(self, said: ChainHead) -> None:
        """What the database says of the end."""
        if said != self.head:
            self._find(
                Fault.HEAD,
                said.sequence,
                f"The log ends at entry {self.head.sequence}, and the database's own note of its end says "
                f"{said.sequence}: entries at the end were deleted or put in.",
            )

    def compare_anchor(self, session: Session, state: AnchorState, anchor: Anchor | None) -> None:
        """What the data folder has seen."""
        if state is AnchorState.FORGED:
            self._find(
                Fault.NOTE,
                0,
                "The data folder's note of how far the log had come was tampered with, or damaged: what was "
                "cut off at the end can't be told. `storykin audit resume` begins a new one, and says so.",
            )
        if anchor is None:
            return
        seen = anchor.head
        there = audit.digest_at(session, seen.sequence)
        if there is None:
            lost = seen.sequence - self.head.sequence
            self._find(
                Fault.SHORTER,
                seen.sequence,
                f"The log ends at entry {self.head.sequence}, and this data folder has seen entry "
                f"{seen.sequence}: an older database was brought back, or the newest {lost} entries were "
                "deleted. If it was you, `storykin audit resume` says so in the log and goes on from here.",
            )
        elif there != seen.digest:
            self._find(
                Fault.OTHER,
                seen.sequence,
                f"Entry {seen.sequence} is not the one that this data folder has seen: an older database was "
                "brought back and used, or the log was made anew. If it was you, `storykin audit resume` "
                "says so in the log and goes on from here.",
            )

    def remarks(self) -> Iterator[str]:
        """What is to be known beside what is wrong."""
        yield from self._breaks
        if self._others:
            keys = ", ".join(sorted(self._others))
            yield (
                f"Some entries were sealed by other keys that were made known ({keys}): "
                "from here only their chain can be verified, not their seals. Verify on each machine."
            )
        if not self.is_own:
            yield "This is not the data folder's own database: neither seals nor the log's end are verified."

    def _check_seal(self, entry: AuditEntry) -> None:
        if isinstance(self._witness, NoWitness):
            return
        if not entry.key_id:
            sentence = f"Entry {entry.sequence} has no seal: no program of this installation wrote it."
            self._find(Fault.UNSEALED, entry.sequence, sentence)
        elif entry.key_id != self._witness.key_id:
            if self._known.are_of(entry):
                self._others.add(entry.key_id)
            else:
                self._unknown.setdefault(entry.key_id, [entry.sequence, 0])[1] += 1
        elif not hmac.compare_digest(self._witness.seal(entry.digest).encode(), entry.seal.encode()):
            sentence = f"The seal of entry {entry.sequence} is false: it was written past Storykin."
            self._find(Fault.FORGED, entry.sequence, sentence)

    def _find(self, fault: Fault, sequence: int, sentence: str) -> None:
        if len(self.findings) < MOST:
            self.findings.append(Finding(fault, sequence, sentence))


def _watch(reading: _Reading, state: AnchorState, anchor: Anchor | None) -> Iterator[str]:
    """Since when the end of the log is watched from outside the database."""
    if state is AnchorState.ABSENT and reading.count and reading.is_own:
        yield (
            "This data folder has not seen the log before: whether its end was cut off can't be told from "
            "here. It watches from the next entry on."
        )
    elif anchor is not None and anchor.since > 1:
        yield f"This data folder watches the log's end since entry {anchor.since}."


def _told(entry: AuditEntry) -> str:
    what = "a backup was restored" if entry.act == AuditAct.RESTORED else "it was gone on with by hand"
    seen = entry.data.get("seen")
    lost = f"; the data folder had seen entry {seen}" if seen else ""
    return f"Entry {entry.sequence} ({entry.at:%Y-%m-%d %H:%M} UTC): {what}{lost}."


def _anchor(witness: FolderWitness | NoWitness) -> tuple[AnchorState, Anchor | None]:
    return (AnchorState.ABSENT, None) if isinstance(witness, NoWitness) else witness.anchor()


__all__ = ["BEGINNING", "AuditReport", "Fault", "Finding", "verify"]
