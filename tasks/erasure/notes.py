"""That somebody was erased is noted in the store, outside the database, before the database is told.

A database that is restored from before knows the person again; the notes say whom to erase once more. They
hold an id and no name.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from db.log import Log
from db.models import Erasure
from tasks.errors import StoreError
from tasks.providers.protocols import Store

log = Log("erasure")

NOTES = "erased/"


@dataclass(frozen=True)
class ErasureNote:
    """Who is to be erased, as it was asked for."""

    character_id: str
    reason: str
    asked_by: str | None
    keep_canon: bool


def note_of(erasure: Erasure) -> ErasureNote:
    """The note of an erasure that is on record."""
    return ErasureNote(erasure.character_id, erasure.reason.value, erasure.asked_by, erasure.keep_canon)


def note_key(character_id: str) -> str:
    """Where the note lies."""
    return f"{NOTES}{character_id}.json"


def packed(note: ErasureNote) -> bytes:
    """The note as it is kept."""
    return json.dumps(asdict(note)).encode()


def unpacked(data: bytes) -> ErasureNote:
    """What `packed` made. ValueError, TypeError."""
    return ErasureNote(**json.loads(data))


def write_note(store: Store, note: ErasureNote) -> bool:
    """Write it down; the first one stays. Whether there was none yet. Raises StoreError."""
    if store.head(note_key(note.character_id)) is not None:
        return False
    try:
        store.put(note_key(note.character_id), packed(note), "application/json")
    except StoreError as error:
        if error.code != "store_conflict":
            raise
        return False
    return True


def forget_note(store: Store, character_id: str) -> None:
    """Nothing came of it. Raises StoreError."""
    store.delete(note_key(character_id))


def read_notes(store: Store, wanted: Callable[[str], bool] = lambda _id: True) -> Iterator[ErasureNote]:
    """The notes of those characters that are `wanted`, by id; one that can't be read is told in the log."""
    for found in list(store.iterate(NOTES)):
        if not wanted(found.key.removeprefix(NOTES).removesuffix(".json")):
            continue
        try:
            yield unpacked(store.get(found.key))
        except (StoreError, ValueError, TypeError):
            log.error("a note of an erasure can't be read", key=found.key)
