"""The list of characters as people search, filter and sort it: a page, and how many fit each filter.

Two statements read indexes only, whatever is asked: one counts what fits the search by status and facets,
from which the total and every filter's count follow; one finds the ids of a page. Where nothing is searched
for, the database has counted before.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from threading import Lock
from typing import Any

from sqlalchemy import ColumnElement, UnaryExpression, func, select
from sqlalchemy.orm import Session

from db.ids import first_id_of
from db.labels import searchable_tag
from db.models import BatchItem, Character, CharacterStatus, CharacterTag, Event
from db.repositories import character_counts
from db.repositories.characters import CharacterCard, cards_of
from db.repositories.facets import (
    CUSTOMER_APPROVED,
    CUSTOMER_CHANGE,
    CUSTOMER_WAITING,
    FAVOURITE,
    PROVIDER,
    REVIEW,
    STYLE,
    WAITING,
)
from db.repositories.searching import holding

ATTENTION = (CharacterStatus.NEEDS_ATTENTION, CharacterStatus.FAILED)
MANY = 500  # characters that fit: sorting fewer is no matter
UNDER_WAY = (CharacterStatus.QUEUED, CharacterStatus.PROFILING, CharacterStatus.ILLUSTRATING)


class Sort(StrEnum):
    """The order of the list; the values stand in addresses."""

    NEWEST = "newest"
    OLDEST = "oldest"
    CHANGED = "changed"
    NAME = "name"


class Show(StrEnum):
    """What a person has to do; the values stand in addresses."""

    ATTENTION = "attention"
    UNFAVOURED = "unfavoured"  # there are pictures, and none is the favourite
    REVIEW = "review"  # a picture waits for a decision
    CUSTOMER = "customer"  # a link is out, and the customer has not answered
    CHANGE = "change"  # the customer asks for a change
    APPROVED = "approved"  # the customer has approved a picture


@dataclass(frozen=True)
class Search:
    """What of the list is asked for; "" and None ask for nothing. Erased ones only by their status."""

    query: str = ""
    status: CharacterStatus | None = None
    show: Show | None = None
    style: str = ""
    provider: str = ""
    review: str = ""
    since: datetime | None = None
    until: datetime | None = None  # itself not included
    batch_id: str = ""
    tag: str = ""
    sort: Sort = Sort.NEWEST


@dataclass(frozen=True)
class Counts:
    """How many characters each choice of a filter would show, all other filters as they are."""

    status: Mapping[CharacterStatus, int]
    any_status: int
    show: Mapping[Show, int]
    style: Mapping[str, int]
    provider: Mapping[str, int]
    review: Mapping[str, int]


@dataclass(frozen=True)
class Found:
    """One page of cards; `total` is how many fit, on all pages."""

    items: list[CharacterCard]
    total: int
    counts: Counts


@dataclass(frozen=True)
class _Group:
    """Characters that no filter tells apart."""

    status: CharacterStatus
    words: frozenset[str]
    size: int


class Counted:
    """What was counted last, for as long as nothing has happened since. Safe for threads."""

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._held: OrderedDict[Search, tuple[object, list[_Group]]] = OrderedDict()
        self._lock = Lock()

    def groups(self, session: Session, wanted: Search, count: Callable[[], list[_Group]]) -> list[_Group]:
        """What `count` returned when it was called last for this search, or returns now."""
        searched = Search(
            query=wanted.query,
            since=wanted.since,
            until=wanted.until,
            batch_id=wanted.batch_id,
            tag=wanted.tag,
        )
        # Whatever changes what is found is an event, or a character that was not there.
        now = session.execute(
            select(
                select(func.max(Event.id)).scalar_subquery(), select(func.max(Character.id)).scalar_subquery()
            )
        ).one()
        with self._lock:
            then, groups = self._held.get(searched, (None, []))
        if then == tuple(now):
            return groups
        groups = count()
        with self._lock:
            self._held[searched] = (tuple(now), groups)
            self._held.move_to_end(searched)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return groups


def find(
    session: Session, wanted: Search, *, offset: int, limit: int, counted: Counted | None = None
) -> Found:
    """The page of `limit` characters that begins at `offset`, in the order that is asked for."""
    searched = _searched(session, wanted)
    count = partial(_groups, session, searched)
    groups = counted.groups(session, wanted, count) if counted else count()
    total = sum(group.size for group in groups if _fits(group, wanted))
    chosen = _ids(session, wanted, searched, offset, limit, total) if offset < total else []
    return Found(cards_of(session, chosen), total, _counts(groups, wanted))


def ids(session: Session, wanted: Search, *, offset: int = 0, limit: int) -> list[str]:
    """The ids of the characters that fit, in their order."""
    return _ids(session, wanted, _searched(session, wanted), offset, limit)


def _ids(
    session: Session,
    wanted: Search,
    searched: list[ColumnElement[bool]],
    offset: int,
    limit: int,
    total: int = 0,
) -> list[str]:
    """A page of ids; where `total` is known, the second half is read from its end, which is nearer."""
    backwards = offset > total // 2 > 0
    if backwards:
        end = min(offset + limit, total)
        offset, limit = total - end, end - offset
    order = (_BACKWARDS if backwards else _ORDERS)[wanted.sort]
    status = _status_in_order(session, wanted, total)
    query = select(Character.id).where(*searched, *_filtered(wanted, status)).order_by(*order)
    found = list(session.scalars(query.offset(offset).limit(limit)))
    return found[::-1] if backwards else found


def _status_in_order(session: Session, wanted: Search, total: int) -> ColumnElement[Any]:
    """The status as a filter reads it. SQLite, which knows nothing of how many there are, would seek all of a
    status and sort them; where they are many it is not to seek, and finds them in the order of the page.
    """
    sorted_else = wanted.sort in (Sort.CHANGED, Sort.NAME) or wanted.show is Show.ATTENTION
    if sorted_else and total >= MANY and session.get_bind().dialect.name == "sqlite":
        return func.coalesce(Character.status, "")
    return Character.status  # type: ignore[return-value]


def _groups(session: Session, searched: list[ColumnElement[bool]]) -> list[_Group]:
    if not searched:
        return [
            _Group(CharacterStatus(status), frozenset(facets.split()), size)
            for status, facets, size in character_counts.by_facets(session)
        ]
    query = (
        select(Character.status, Character.facets, func.count())
        .where(*searched)
        .group_by(Character.status, Character.facets)
    )
    return [
        _Group(status, frozenset(facets.split()), size) for status, facets, size in session.execute(query)
    ]


_ORDERS: Mapping[Sort, tuple[UnaryExpression[Any] | ColumnElement[Any], ...]] = {
    Sort.NEWEST: (Character.id.desc(),),
    Sort.OLDEST: (Character.id.asc(),),
    Sort.CHANGED: (Character.status_at.desc(), Character.id.desc()),
    Sort.NAME: (Character.search_name.asc(), Character.id.asc()),
}
_BACKWARDS: Mapping[Sort, tuple[UnaryExpression[Any] | ColumnElement[Any], ...]] = {
    Sort.NEWEST: _ORDERS[Sort.OLDEST],
    Sort.OLDEST: _ORDERS[Sort.NEWEST],
    Sort.CHANGED: (Character.status_at.asc(), Character.id.asc()),
    Sort.NAME: (Character.search_name.desc(), Character.id.desc()),
}


def _searched(session: Session, wanted: Search) -> list[ColumnElement[bool]]:
    """What no count looks past: the words, the dates, the batch."""
    rules = holding(session, wanted.query)
    if wanted.since is not None:
        rules.append(Character.id >= first_id_of(wanted.since))
    if wanted.until is not None:
        rules.append(Character.id < first_id_of(wanted.until))
    if wanted.tag:
        tagged = CharacterTag.search_tag == searchable_tag(wanted.tag)
        rules.append(Character.id.in_(select(CharacterTag.character_id).where(tagged)))
    if wanted.batch_id:
        rules.append(
            Character.id.in_(select(BatchItem.character_id).where(BatchItem.batch_id == wanted.batch_id))
        )
    return rules


def _filtered(wanted: Search, status: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """What `_fits` says, in SQL."""
    rules = [status != CharacterStatus.ERASED if wanted.status is None else status == wanted.status]
    rules += [_has(f"{kind}{value}") for kind, value in _words(wanted) if value]
    if wanted.show is Show.ATTENTION:
        rules.append(status.in_(ATTENTION))
    elif wanted.show is Show.UNFAVOURED:
        rules += [Character.facets != "", ~_has(FAVOURITE)]
    elif wanted.show is not None:
        rules.append(_has(_SHOW_WORDS[wanted.show]))
    return rules


_SHOW_WORDS: Mapping[Show, str] = {
    Show.REVIEW: WAITING,
    Show.CUSTOMER: CUSTOMER_WAITING,
    Show.CHANGE: CUSTOMER_CHANGE,
    Show.APPROVED: CUSTOMER_APPROVED,
}


def _has(word: str) -> ColumnElement[bool]:
    return Character.facets.contains(f" {word} ", autoescape=True)


def _words(wanted: Search) -> tuple[tuple[str, str], ...]:
    return (STYLE, wanted.style), (PROVIDER, wanted.provider), (REVIEW, wanted.review)


def _fits(group: _Group, wanted: Search) -> bool:
    """Whether a group's characters pass the filters."""
    if wanted.status is None:
        if group.status is CharacterStatus.ERASED:
            return False
    elif group.status is not wanted.status:
        return False
    if not all(f"{kind}{value}" in group.words for kind, value in _words(wanted) if value):
        return False
    if wanted.show is None:
        return True
    if wanted.show in _SHOW_WORDS:
        return _SHOW_WORDS[wanted.show] in group.words
    return _SHOWS[wanted.show](group)


_SHOWS: Mapping[Show, Callable[[_Group], bool]] = {
    Show.ATTENTION: lambda group: group.status in ATTENTION,
    Show.UNFAVOURED: lambda group: bool(group.words) and FAVOURITE not in group.words,
}


def _counts(groups: list[_Group], wanted: Search) -> Counts:
    def fitting(**changed: Any) -> list[_Group]:
        other = replace(wanted, **changed)
        return [group for group in groups if _fits(group, other)]

    def by_word(kind: str, fit: list[_Group]) -> dict[str, int]:
        found: dict[str, int] = {}
        for group in fit:
            for word in group.words:
                if word.startswith(kind):
                    name = word.removeprefix(kind)
                    found[name] = found.get(name, 0) + group.size
        return dict(sorted(found.items()))

    def size(fit: list[_Group]) -> int:
        return sum(group.size for group in fit)

    return Counts(
        status={each: size(fitting(status=each)) for each in CharacterStatus},
        any_status=size(fitting(status=None)),
        show={each: size(fitting(show=each)) for each in Show},
        style=by_word(STYLE, fitting(style="")),
        provider=by_word(PROVIDER, fitting(provider="")),
        review=by_word(REVIEW, fitting(review="")),
    )
