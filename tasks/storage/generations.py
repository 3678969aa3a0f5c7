"""Generations: how a record that was restored or copied finds out that its store has gone on without it.

Each round of housekeeping raises the number in the record and then in the store. A record that finds a number
there which it has never given is not the latest: what the store holds beyond it is not nobody's.
"""

import json
from uuid import uuid4

from db.repositories import installation
from tasks.errors import StoreError
from tasks.providers.protocols import Store
from tasks.storage.binding import RecordAndStore

PREFIX = "installation/generations/"
CODE = "record_behind_store"
BEHIND = (
    "This database is older than its picture store: it was restored from a backup, or a copy of it is at "
    "work on the same store. Pictures are made and found as ever, and none is bought twice; but what no row "
    "names is left alone. Make sure that no other Storykin uses this store, then run `storykin store adopt`."
)


def is_behind(pair: RecordAndStore) -> bool:
    """Whether a later, or another, record of this installation has kept the store. Writes nothing."""
    number, told = _latest(pair.store)
    with pair.record.reading() as session:
        ours = installation.find(session)
    if ours is None:
        return number > 0
    return number > ours.generation or (number == ours.generation > 0 and told != ours.generation_id)


def take_turn(pair: RecordAndStore) -> None:
    """Raise the generation in both. StoreError `record_behind_store` when this record is not the latest."""
    if is_behind(pair):
        raise StoreError(BEHIND, code=CODE)
    number, _ = _latest(pair.store)
    with pair.record.writing() as session:
        ours = installation.find(session)
        if ours is None:
            return  # nothing was ever bound
        if number == ours.generation or ours.generation_id is None or number < ours.generation - 1:
            installation.next_generation(session, ours.generation + 1, str(uuid4()))
        # else what the last round gave itself was never written into the store
        mine, mine_id = ours.generation, str(ours.generation_id)
    try:
        _write(pair.store, mine, mine_id)
    except StoreError as error:
        if error.code != "store_conflict":
            raise
        raise StoreError(BEHIND, code=CODE) from None
    for found in list(pair.store.iterate(PREFIX)):
        if _number(found.key) < mine:
            pair.store.delete(found.key)


def follow_store(pair: RecordAndStore) -> None:
    """Make this record the latest, whatever the store has seen: a person's decision."""
    number, _ = _latest(pair.store)
    with pair.record.writing() as session:
        ours = installation.find(session)
        assert ours is not None  # bound by now
        installation.next_generation(session, max(number, ours.generation) + 1, str(uuid4()))
        mine, mine_id = ours.generation, str(ours.generation_id)
    _write(pair.store, mine, mine_id)


def _latest(store: Store) -> tuple[int, str]:
    """The highest number in the store and whose it is; 0 for none."""
    numbers = [_number(found.key) for found in store.iterate(PREFIX)]
    if not numbers:
        return 0, ""
    try:
        return max(numbers), str(json.loads(store.get(_key(max(numbers))))["generation"])
    except (ValueError, TypeError, KeyError):
        return max(numbers), ""


def _write(store: Store, number: int, generation_id: str) -> None:
    store.put(_key(number), json.dumps({"generation": generation_id}).encode(), "application/json")


def _key(number: int) -> str:
    return f"{PREFIX}{number:012d}.json"


def _number(key: str) -> int:
    name = key.removeprefix(PREFIX).removesuffix(".json")
    return int(name) if name.isdigit() else 0
