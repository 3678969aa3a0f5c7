"""The audit log's chain: appended to at the end of the caller's transaction, read in order.

An entry is written just before its transaction commits, so that the head of the chain, which everybody who
appends waits for, is the last lock that a transaction takes and is held for no longer than the commit.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from db.digests import digest_of
from db.models import AuditEntry, AuditHead
from db.repositories import clock
from db.repositories.insert_once import insert_once

BEGINNING = "0" * 64  # what the first entry follows on
_THE_ROW = 1
_PENDING = "storykin_audit"
_PAGE = 1_000


@dataclass(frozen=True)
class Act:
    """What is to be entered: who did what to which id; `data` holds words, whole numbers and ids."""

    who: str
    act: str
    what: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ChainHead:
    """Where a chain ends: the number and the digest of its last entry; 0 for an empty one."""

    sequence: int = 0
    digest: str = BEGINNING


class Witness(Protocol):
    """What stands beside the database and is told of the chain: it holds the key of the seals."""

    @property
    def key_id(self) -> str:
        """Which key seals; "" for none."""
        ...

    def seal(self, digest: str) -> str:
        """The keyed digest of an entry's digest."""
        ...

    def has_seen(self) -> ChainHead | None:
        """The latest head it knows of."""
        ...

    def note(self, head: ChainHead, *, anew: bool) -> None:
        """The chain has come to `head`; `anew` where it does not follow on what was seen before."""
        ...


@dataclass
class _Pending:
    witness: Witness
    acts: list[Act] = field(default_factory=list)
    head: ChainHead | None = None
    anew: bool = False


def append(session: Session, act: Act, witness: Witness, *, anew: bool = False) -> None:
    """Enter `act` when the session's transaction commits; nothing is entered if it does not.

    `anew`: the chain is gone on with though the witness has seen another one, or a longer one.
    ValueError for data that no digest can be taken of in the same way everywhere.
    """
    _check(act.data)
    pending: _Pending | None = session.info.get(_PENDING)
    if pending is None:
        pending = session.info[_PENDING] = _Pending(witness)
        event.listen(session, "before_commit", _write)
        event.listen(session, "after_commit", _tell_witness)
        event.listen(session, "after_rollback", _forget)
    pending.acts.append(act)
    pending.anew = pending.anew or anew


def document_of(entry: AuditEntry) -> dict[str, Any]:
    """What the digest of an entry is taken of."""
    return {
        "sequence": entry.sequence,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "who": entry.who,
        "act": entry.act,
        "what": entry.what,
        "data": entry.data,
        "previous": entry.previous,
    }


def head(session: Session) -> ChainHead:
    """Where the database says that the chain ends."""
    found = session.scalars(_head()).one_or_none()
    return ChainHead(found.sequence, found.digest) if found else ChainHead()


def last(session: Session) -> ChainHead:
    """Where the chain does end."""
    newest = select(func.max(AuditEntry.sequence)).scalar_subquery()
    found = session.scalars(select(AuditEntry).where(AuditEntry.sequence == newest)).one_or_none()
    return ChainHead(found.sequence, found.digest) if found else ChainHead()


def digest_at(session: Session, sequence: int) -> str | None:
    """The digest of the entry of that number; None where there is none."""
    if sequence == 0:
        return BEGINNING
    return session.scalar(select(AuditEntry.digest).where(AuditEntry.sequence == sequence))


def entries(session: Session) -> Iterator[AuditEntry]:
    """Every entry, the oldest first, read a page at a time."""
    after = 0
    while page := _page(session, after):
        yield from page
        after = page[-1].sequence
        session.expunge_all()  # a long log must not be held whole


def of_acts(session: Session, acts: Collection[str]) -> list[AuditEntry]:
    """Every entry of these acts, the oldest first: of acts that are rare."""
    query = select(AuditEntry).where(AuditEntry.act.in_(acts)).order_by(AuditEntry.sequence)
    return list(session.scalars(query))


def key_ids(session: Session) -> set[str]:
    """The keys that entries say they were sealed with; "" among them for entries without a seal."""
    return set(session.scalars(select(AuditEntry.key_id).distinct()))


def actors(session: Session) -> set[str]:
    """By whom there are entries: users' ids, and doors."""
    return set(session.scalars(select(AuditEntry.who).distinct()))


def newest(
    session: Session,
    *,
    limit: int,
    what: str | None = None,
    who: str | None = None,
    act: str | None = None,
    before: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[AuditEntry]:
    """The newest `limit` entries, newest first; those of one id, by one person, of acts that begin so; before
    the one of that number; from `since` on, and before `until`.
    """
    query = select(AuditEntry).order_by(AuditEntry.sequence.desc()).limit(limit)
    if what is not None:
        query = query.where(AuditEntry.what == what)
    if who is not None:
        query = query.where(AuditEntry.who == who)
    if act is not None:
        query = query.where(AuditEntry.act.startswith(act, autoescape=True))
    if before is not None:
        query = query.where(AuditEntry.sequence < before)
    if since is not None:
        query = query.where(AuditEntry.at >= since)
    if until is not None:
        query = query.where(AuditEntry.at < until)
    return list(session.scalars(query))


def _page(session: Session, after: int) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.sequence > after).order_by(AuditEntry.sequence).limit(_PAGE)
    return list(session.scalars(query))


def _head() -> Any:
    query = select(AuditHead).where(AuditHead.slot == _THE_ROW)
    return query.execution_options(populate_existing=True)


def _write(session: Session) -> None:
    pending: _Pending = session.info[_PENDING]
    acts, pending.acts = pending.acts, []
    if not acts:
        return
    row = _held_head(session)
    seen = pending.witness.has_seen()
    unbroken = seen is None or digest_at(session, seen.sequence) == seen.digest
    now = clock.now(session)
    for act in acts:
        _enter(session, row, act, now, pending.witness)
    session.flush()
    if unbroken or pending.anew:
        pending.head = ChainHead(row.sequence, row.digest)


def _held_head(session: Session) -> AuditHead:
    """The head's row, held until the transaction ends; made if need be."""
    row: AuditHead | None = session.scalars(_head().with_for_update()).one_or_none()
    if row is None:
        insert_once(session, AuditHead, {"slot": _THE_ROW, "sequence": 0, "digest": BEGINNING})
        row = session.scalars(_head().with_for_update()).one()
    return row


def _enter(session: Session, row: AuditHead, act: Act, now: datetime, witness: Witness) -> None:
    entry = AuditEntry(
        sequence=row.sequence + 1,
        at=now,
        who=act.who,
        act=act.act,
        what=act.what,
        data=dict(act.data),
        previous=row.digest,
        key_id=witness.key_id,
    )
    entry.digest = digest_of(document_of(entry))
    entry.seal = witness.seal(entry.digest)
    session.add(entry)
    row.sequence, row.digest = entry.sequence, entry.digest


def _tell_witness(session: Session) -> None:
    pending: _Pending = session.info[_PENDING]
    if pending.head is not None:
        pending.witness.note(pending.head, anew=pending.anew)
    pending.head, pending.anew = None, False


def _forget(session: Session) -> None:
    pending: _Pending = session.info[_PENDING]
    pending.acts, pending.head, pending.anew = [], None, False


def _check(value: Any) -> None:
    """Databases write fractions each in its own way, so that a digest of one would not be found again."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if not isinstance(key, str):
                raise ValueError("the keys of an entry's data are words")
            _check(each)
    elif isinstance(value, list | tuple):
        for each in value:
            _check(each)
    elif value is not None and not isinstance(value, str | int):
        raise ValueError("an entry's data holds words, whole numbers, truths and lists of them")
