"""Scaled copies of pictures in the store: under the digest of what they were made of, so that the same bytes
are scaled once, and everything made of them is found and deleted with them. No row names them: whatever is
lost of them is made anew.
"""

import re

from db.repositories import assets, clock
from tasks.providers.protocols import Store
from tasks.runtime import Runtime
from tasks.storage.binding import RecordAndStore, require_bound

PREFIX = "scaled/"
RECIPE = 2  # one more with whatever makes other bytes of the same picture
PARTS = "0123456789abcdef"  # a digest begins with one of these
TURN_SECONDS = 600  # as often as housekeeping comes round

_KEY = re.compile(rf"{PREFIX}[0-9a-f]/([0-9a-f]{{64}})/.+")


def scaled_key(sha256: str, width: int) -> str:
    """Where the copy of the picture with this digest is kept, at most `width` pixels wide."""
    return f"{_folder(sha256)}{width}-{RECIPE}.webp"


def is_on_record(pair: RecordAndStore, sha256: str) -> bool:
    """Whether a row names bytes with this digest, now."""
    with pair.record.reading() as session:
        return bool(assets.known_digests(session, [sha256]))


def delete_copies(store: Store, sha256: str) -> int:
    """Delete every copy made of these bytes, of any width and recipe; how many. Raises StoreError."""
    found = list(store.iterate(_folder(sha256)))
    for each in found:
        store.delete(each.key)
    return len(found)


def drop_next_copies_of_nothing(runtime: Runtime) -> int:
    """`drop_copies_of_nothing` of the part whose turn it is: another one in each ten minutes by the record's
    clock, so that rounds of housekeeping come to all sixteen in turn and nobody has to remember the last.
    """
    with runtime.record.reading() as session:
        number = int(clock.now(session).timestamp()) // TURN_SECONDS
    return drop_copies_of_nothing(runtime, PARTS[number % len(PARTS)])


def drop_copies_of_nothing(runtime: Runtime, part: str) -> int:
    """Delete copies of bytes that no row names, among those whose digest begins with `part`, one of PARTS.

    Who makes a copy looks afterwards whether it may still be there, and may be killed just then.
    """
    require_bound(runtime, afresh=True)
    there = [found.key for found in runtime.store.iterate(f"{PREFIX}{part}/")]
    digests = {key: match.group(1) for key in there if (match := _KEY.fullmatch(key))}
    with runtime.record.reading() as session:
        named = assets.known_digests(session, digests.values())
    gone = [key for key in there if digests.get(key) not in named]
    for key in gone:
        runtime.store.delete(key)
    return len(gone)


def _folder(sha256: str) -> str:
    return f"{PREFIX}{sha256[0]}/{sha256}/"
