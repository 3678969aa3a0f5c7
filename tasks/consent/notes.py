"""That a consent was withdrawn is noted in the store, outside the database.

A database that is restored from before takes the consent for given; the notes say what to withdraw once more.
They hold two ids and no name.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from tasks.errors import StoreError
from tasks.providers.protocols import Store

NOTES = "withdrawn/"


@dataclass(frozen=True, order=True)
class WithdrawalNote:
    """Which consent of which character does not count any more."""

    character_id: str
    consent_id: str


def packed(note: WithdrawalNote) -> bytes:
    """The note as it is kept."""
    return json.dumps(asdict(note)).encode()


def write_note(store: Store, note: WithdrawalNote) -> None:
    """Write it down; the same again changes nothing. Raises StoreError."""
    key = f"{NOTES}{note.character_id}/{note.consent_id}.json"
    if store.head(key) is not None:
        return
    try:
        store.put(key, packed(note), "application/json")
    except StoreError as error:
        if error.code != "store_conflict":  # another has written it just now
            raise


def read_notes(store: Store) -> Iterator[WithdrawalNote]:
    """Every note, by the names that they have. Raises StoreError."""
    for found in store.iterate(NOTES):
        character_id, _, consent_id = found.key.removeprefix(NOTES).removesuffix(".json").partition("/")
        yield WithdrawalNote(character_id, consent_id)
