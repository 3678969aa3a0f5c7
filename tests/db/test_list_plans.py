"""A page of a list is read from an index that has its order, whatever is filtered, sorted and searched for.

A search by words, a tag or a batch finds its few first, and sorts those; dates do but in the order of ids.
Nothing else sorts, and nothing reads a table that grows from its beginning to its end. Words of one or two
letters stand aside: no piece of SQLite's index is so short, and it looks for them in every character's words.
"""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import product
from typing import Any

import pytest

from db.engine import Record, Session
from db.models import CallState, CharacterStatus, Review
from db.repositories import call_sums, listing
from db.repositories.facets import (
    CUSTOMER_APPROVED,
    CUSTOMER_CHANGE,
    CUSTOMER_WAITING,
    PROVIDER,
    REVIEW,
    STYLE,
    WAITING,
)
from db.repositories.listing import Counted, Search, Show, Sort
from db.repositories.listing import _Group as Group
from tests.support.plans import explained, reads_through, sorts

FILTERS: tuple[dict[str, Any], ...] = (
    {},
    *({"status": status} for status in (CharacterStatus.READY, CharacterStatus.ERASED)),
    *({"show": show} for show in Show),
    {"style": "anime"},
    {"provider": "replicate"},
    {"review": Review.APPROVED.value},
    {"status": CharacterStatus.READY, "style": "anime", "provider": "local", "review": "approved"},
)
MOMENT = datetime(2026, 11, 30, tzinfo=UTC)
WHERE: dict[str, dict[str, Any]] = {
    "everywhere": {},
    "dates": {"since": MOMENT, "until": MOMENT},
    "words": {"query": "ada lovelace"},
    "an id": {"query": "0193aaaa"},
    "a tag": {"tag": "class 3b"},
    "a batch": {"batch_id": "b"},
}
FINDS_ITS_FEW = {"words", "an id", "a tag", "a batch"}
PAGES = (0, 24 * 40)


@pytest.mark.parametrize("where", WHERE)
def test_every_page_of_the_list_comes_from_an_index(record: Record, where: str) -> None:
    wrong = []
    for chosen, sort, offset in product(FILTERS, Sort, PAGES):
        wanted = replace(Search(sort=sort), **chosen, **WHERE[where])
        steps = explained(record, partial(_page, wanted=wanted, offset=offset))
        assert steps
        may_sort = where in FINDS_ITS_FEW or (where == "dates" and sort in (Sort.CHANGED, Sort.NAME))
        if any(reads_through(each) or (sorts(each) and not may_sort) for each in steps):
            wrong.append((chosen, sort.value, offset, steps))
    assert wrong == []


class Many(Counted):
    """A hundred thousand of each kind there is, as far as anybody has counted."""

    def groups(self, session: Session, wanted: Search, count: Any) -> list[Any]:
        marks = (REVIEW, STYLE, PROVIDER)
        words = {f"{mark}{value}" for mark, value in zip(marks, ("approved", "anime", "local"), strict=True)}
        words |= {f"{PROVIDER}replicate", WAITING, CUSTOMER_WAITING, CUSTOMER_CHANGE, CUSTOMER_APPROVED}
        return [
            Group(status, frozenset(each), 100_000) for status in CharacterStatus for each in (words, {"x"})
        ]


def _page(session: Session, *, wanted: Search, offset: int) -> object:
    return listing.find(session, wanted, offset=offset, limit=24, counted=Many())


def test_every_count_beside_the_list_comes_from_an_index(record: Record) -> None:
    for where in WHERE.values():
        steps = explained(record, partial(listing.find, wanted=Search(**where), offset=0, limit=24))
        assert [each for each in steps if reads_through(each)] == []


def test_every_page_of_the_calls_comes_from_an_index(record: Record) -> None:
    for state, offset in product((None, *CallState), PAGES):
        steps = explained(record, partial(call_sums.page, state=state, offset=offset, limit=25))
        assert [each for each in steps if reads_through(each) or sorts(each)] == []
