"""The record and the store belong together: both carry the installation's id.

A store in whose mark another id stands is another installation's, however it came to be in the settings:
nothing new is written into it, and nothing in it is moved or deleted. What was bought before is still kept.
"""

import json
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import uuid4
from weakref import WeakKeyDictionary

from db.engine import Record
from db.log import Log
from db.models import Installation
from db.repositories import assets, installation
from db.told import one_after_the_other
from tasks.errors import StoreError
from tasks.providers.protocols import Store

log = Log("binding")

MARK_KEY = "installation/mark.json"
# What an installation keeps. Uploads under way, lent photos and probes say nothing of whose a store is.
KEPT_PREFIXES = ("photos/", "pictures/", "thumbnails/", "receipts/", "quarantine/")
NOT_OURS = "store_not_ours"

_SAMPLE = 20  # assets, newest first, that are looked for in a store without a mark
_BELIEVED_SECONDS = 60.0  # how long a process goes by what it has found
_believed: WeakKeyDictionary[Store, tuple[str, float]] = WeakKeyDictionary()

_CHECK = "Check DATABASE_URL, STORYKIN_HOME and STORYKIN_STORE (with R2_BUCKET)."
_EXPLICITLY = "`storykin store adopt` says what it would mean to use both together all the same."
_NOTHING_DONE = "Nothing new is written and nothing is deleted until then."


class RecordAndStore(Protocol):
    """What is bound: a runtime, or these two parts of one."""

    @property
    def record(self) -> Record:
        """The record, which holds the installation's id."""
        ...

    @property
    def store(self) -> Store:
        """The store, which holds the id in its mark (MARK_KEY)."""
        ...


@dataclass(frozen=True)
class Pair:
    """A record and a store without the rest of a runtime."""

    record: Record
    store: Store


class BindingState(StrEnum):
    """How the record and the store stand to each other."""

    BOUND = "bound"  # the same id in both
    OPEN = "open"  # they have not met, and nothing speaks against it: the first write binds them
    FOREIGN = "foreign"  # the store is marked as another installation's
    UNKNOWN = "unknown"  # the store holds somebody's bytes and has no mark, and the record names none of them
    ELSEWHERE = "elsewhere"  # the record's own store is another one: this one is empty
    UNREADABLE = "unreadable"  # the store's mark is damaged


_SENTENCES = {
    BindingState.BOUND: "The database and the picture store belong together.",
    BindingState.OPEN: "The database and the picture store are bound to each other at the first write.",
    BindingState.FOREIGN: one_after_the_other(
        "The picture store belongs to another installation than this database.",
        *(_NOTHING_DONE, _CHECK, _EXPLICITLY),
    ),
    BindingState.UNKNOWN: one_after_the_other(
        "The picture store is not empty, and this database names nothing that is in it.",
        *(_NOTHING_DONE, _CHECK, _EXPLICITLY),
    ),
    BindingState.ELSEWHERE: one_after_the_other(
        "This database's pictures are in another picture store, and this one is empty.",
        *(_NOTHING_DONE, _CHECK, _EXPLICITLY),
    ),
    BindingState.UNREADABLE: one_after_the_other(
        "The mark that says whose this picture store is can't be read.", _NOTHING_DONE, _EXPLICITLY
    ),
}


@dataclass(frozen=True)
class Binding:
    """How the two stand to each other, with the ids that were found; None where there was none."""

    state: BindingState
    installation_id: str | None  # the record's
    store_id: str | None  # the store's

    @property
    def ok(self) -> bool:
        """Whether the two may be used together."""
        return self.state in (BindingState.BOUND, BindingState.OPEN)

    @property
    def sentence(self) -> str:
        """The state in words, and what to do about it."""
        return _SENTENCES[self.state]


def look_at_binding(pair: RecordAndStore) -> Binding:
    """How the record and the store stand to each other now. Writes nothing.

    Raises StoreError, RecordError.
    """
    with pair.record.reading() as session:
        ours = installation.find(session)
    mark = read_mark(pair.store)
    ours_id = ours.id if ours else None
    if mark is None:
        return Binding(_without_mark(pair, ours), ours_id, None)
    if not mark:
        return Binding(BindingState.UNREADABLE, ours_id, None)
    return Binding(BindingState.BOUND if ours_id == mark else BindingState.FOREIGN, ours_id, mark)


def require_bound(pair: RecordAndStore, *, afresh: bool = False) -> None:
    """Bind the two if nothing speaks against it; StoreError `store_not_ours` if they must not be mixed.

    What was found lately is believed, unless it is to be looked at `afresh`.
    """
    store, url = pair.store, pair.record.url
    lately, until = _believed.get(store, ("", 0.0))
    if not afresh and lately == url and time.monotonic() < until:
        return
    _believed.pop(store, None)
    found = look_at_binding(pair)
    if found.state is BindingState.OPEN:
        _bind(pair)
        found = look_at_binding(pair)  # of two that bind at once one is told here that it lost
    if found.state is not BindingState.BOUND:
        raise StoreError(found.sentence, code=NOT_OURS)
    _believed[store] = (url, time.monotonic() + _BELIEVED_SECONDS)


def adopt(pair: RecordAndStore) -> None:
    """Make the store this record's, whatever its mark says: a person's decision.

    Whoever used the store before finds a mark that is not theirs, and stops.
    """
    pair.store.delete(MARK_KEY)
    _bind(pair)
    require_bound(pair, afresh=True)


def read_mark(store: Store) -> str | None:
    """The id in the store's mark, "" when it can't be read, None when there is none. Raises StoreError."""
    try:
        said = json.loads(store.get(MARK_KEY))
        return str(said["installation"])
    except StoreError as error:
        if error.code == "object_missing":
            return None
        raise
    except (ValueError, TypeError, KeyError):
        return ""


def write_mark(store: Store, installation_id: str) -> None:
    """Write the store's mark, unless there is one. Raises StoreError."""
    told = {"installation": installation_id, "of": "storykin"}
    try:
        store.put(MARK_KEY, json.dumps(told).encode(), "application/json")
    except StoreError as error:
        if error.code != "store_conflict":  # another installation was first: its mark is read next
            raise


def holds_bytes(store: Store) -> bool:
    """Whether anything that an installation keeps is in the store."""
    return any(next(iter(store.iterate(prefix)), None) is not None for prefix in KEPT_PREFIXES)


def _bind(pair: RecordAndStore) -> None:
    with pair.record.writing() as session:
        ours = installation.ensure(session, str(uuid4())).id
    write_mark(pair.store, ours)
    if read_mark(pair.store) == ours:
        with pair.record.writing() as session:
            installation.mark_bound(session)
        log.info("record and store are bound")


def _without_mark(pair: RecordAndStore, ours: Installation | None) -> BindingState:
    if not holds_bytes(pair.store):
        # An empty store is taken by whoever comes, except by a record whose bytes are known to be elsewhere.
        return BindingState.ELSEWHERE if ours and ours.bound_at else BindingState.OPEN
    return BindingState.OPEN if _names_bytes_in(pair) else BindingState.UNKNOWN


def _names_bytes_in(pair: RecordAndStore) -> bool:
    """Whether the store holds bytes that the record names: an installation from before there were marks."""
    with pair.record.reading() as session:
        named = assets.newest(session, _SAMPLE)
    for asset in named:
        there = pair.store.head(asset.storage_key)
        if there is not None and there.sha256 == asset.sha256:
            return True
    return False
