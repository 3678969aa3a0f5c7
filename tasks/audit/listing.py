"""The audit log to be read: filtered, a page at a time, or all of it as a table."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from db.audit.acts import AuditAct
from db.audit.append import append
from db.engine import Record, Session
from db.models import AuditEntry
from db.repositories import audit, users

PAGE = 50
_EXPORTED_AT_ONCE = 1_000
COLUMNS = ("sequence", "at", "who", "who_name", "act", "what", "data", "previous", "digest", "key_id", "seal")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would reckon instead of show


@dataclass(frozen=True)
class AuditFilter:
    """Which entries: by whom (a user's id, or a door), of acts that begin so, about which id, from and before
    which moment. Empty is any.
    """

    who: str = ""
    act: str = ""
    what: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class EntryShown:
    """One entry. The names are those of today; "" for whom nobody has a name."""

    sequence: int
    at: datetime
    who: str
    who_name: str
    act: str
    what: str
    what_name: str
    data: dict[str, Any]


@dataclass(frozen=True)
class AuditPage:
    """The newest entries first; `older`: what to ask for the next ones by, None at the end."""

    entries: tuple[EntryShown, ...]
    older: int | None


def audit_page(record: Record, wanted: AuditFilter, *, before: int | None = None) -> AuditPage:
    """PAGE entries that were made before the one of that number."""
    with record.reading() as session:
        found = _found(session, wanted, before, PAGE + 1)
        names = _names(session, found)
    shown = tuple(_shown(each, names) for each in found[:PAGE])
    return AuditPage(shown, shown[-1].sequence if len(found) > PAGE else None)


def who_acted(record: Record) -> list[tuple[str, str]]:
    """By whom there are entries: each id or door, and the name that it has today or ""."""
    with record.reading() as session:
        known = audit.actors(session)
        names = {each.id: each.name for each in users.by_ids(session, known)}
    return sorted(
        ((each, names.get(each, "")) for each in known), key=lambda each: (not each[1], each[1], each)
    )


def audit_csv(record: Record, wanted: AuditFilter, *, by: str | None, via: str) -> Iterator[str]:
    """The entries as CSV, the newest first, a piece at a time; that they were exported is entered before."""
    with record.writing() as session:
        append(session, AuditAct.AUDIT_EXPORTED, by=by, via=via, data={"form": "csv"})
    with record.reading() as session:
        head = audit.last(session).sequence
    return _rows(record, wanted, head + 1)


def _rows(record: Record, wanted: AuditFilter, before: int) -> Iterator[str]:
    yield "\ufeff" + _lines([COLUMNS])  # by this mark spreadsheets know that it is UTF-8
    while True:
        with record.reading() as session:
            found = _found(session, wanted, before, _EXPORTED_AT_ONCE)
            names = _names(session, found)
            rows = [_row(each, names) for each in found]
        if not rows:
            return
        yield _lines(rows)
        before = found[-1].sequence


def _row(entry: AuditEntry, names: dict[str, str]) -> tuple[object, ...]:
    data = json.dumps(entry.data, ensure_ascii=False, sort_keys=True)
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    told = (entry.who, names.get(entry.who, ""), entry.act, entry.what or "", data)
    seal = (entry.previous, entry.digest, entry.key_id, entry.seal)
    return (entry.sequence, at, *map(_plain, told), *seal)


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _lines(rows: Iterable[tuple[object, ...]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _found(session: Session, wanted: AuditFilter, before: int | None, limit: int) -> list[AuditEntry]:
    return audit.newest(
        session,
        limit=limit,
        what=wanted.what or None,
        who=wanted.who or None,
        act=wanted.act or None,
        before=before,
        since=wanted.since,
        until=wanted.until,
    )


def _names(session: Session, found: list[AuditEntry]) -> dict[str, str]:
    ids = {each.who for each in found} | {each.what for each in found if each.what}
    return {each.id: each.name for each in users.by_ids(session, ids)}


def _shown(entry: AuditEntry, names: dict[str, str]) -> EntryShown:
    what = entry.what or ""
    return EntryShown(
        sequence=entry.sequence,
        at=entry.at,
        who=entry.who,
        who_name=names.get(entry.who, ""),
        act=entry.act,
        what=what,
        what_name=names.get(what, ""),
        data=dict(entry.data),
    )
