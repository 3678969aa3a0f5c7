"""The note of how far the audit log had come, kept outside the database, signed with the key of the seals."""

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from db.repositories.audit import ChainHead


class AnchorState(StrEnum):
    """What was found where the note should be."""

    ABSENT = "absent"
    FORGED = "forged"  # there is something, and it was not written with this key
    KEPT = "kept"


@dataclass(frozen=True)
class Anchor:
    """The latest head that this data folder has seen, and since which entry it has been watching."""

    head: ChainHead
    since: int


def read_anchor(place: Path, key: bytes) -> tuple[AnchorState, Anchor | None]:
    """The note at `place`, if it was written with `key`. Raises OSError when it can't be read."""
    try:
        text = place.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return AnchorState.ABSENT, None
    try:
        told = json.loads(text)
        anchor = Anchor(ChainHead(int(told["sequence"]), str(told["digest"])), int(told["since"]))
        believed = hmac.compare_digest(str(told["seal"]).encode(), _seal(anchor, key).encode())
    except (ValueError, TypeError, KeyError):
        return AnchorState.FORGED, None
    return (AnchorState.KEPT, anchor) if believed else (AnchorState.FORGED, None)


def write_anchor(place: Path, anchor: Anchor, key: bytes) -> None:
    """Write the note, whole or not at all. Raises OSError."""
    told = {
        "sequence": anchor.head.sequence,
        "digest": anchor.head.digest,
        "since": anchor.since,
        "seal": _seal(anchor, key),
    }
    draft = place.with_name(f"{place.name}.new")  # the caller is alone
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - of a descriptor
        json.dump(told, file)
    draft.rename(place)


def _seal(anchor: Anchor, key: bytes) -> str:
    said = f"head {anchor.head.sequence} {anchor.head.digest} {anchor.since}"
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
