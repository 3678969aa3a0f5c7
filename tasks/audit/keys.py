"""Whose seals are believed: this data folder's, and those of keys that somebody here has made known.

Another machine on the same database has a key of its own, which never leaves it. That its entries are ours is
itself an entry, sealed by a key that is believed already. Without one, whoever writes to the database alone
could make up a key, and entries with it.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from db.audit.acts import AuditAct
from db.audit.append import append
from db.audit.witness import FolderWitness, NoWitness, witness_of
from db.digests import digest_of
from db.engine import Record, Session
from db.models import AuditEntry
from db.repositories import audit
from tasks.errors import UsageError

BREAKS = frozenset({AuditAct.RESTORED, AuditAct.AUDIT_RESUMED})  # acts that go on from another past
_KEY_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class KnownKeys:
    """Keys that are believed beside our own: of other machines, and up to which entry one of the past."""

    machines: frozenset[str] = frozenset()
    past: Mapping[str, int] = field(default_factory=dict)

    def are_of(self, entry: AuditEntry) -> bool:
        """Whether the key that this entry says it was sealed with is believed at its place."""
        return entry.key_id in self.machines or entry.sequence < self.past.get(entry.key_id, 0)


def own_key(record: Record) -> str:
    """The id of this machine's key, as another one is to be told of it. AuditUnusable."""
    with record.reading() as session:
        return witness_of(session).key_id


def trust(record: Record, *, key_id: str, by: str | None, via: str) -> bool:
    """Enter that entries with this key are another machine's of ours; False when that was known.

    UsageError (`usage`) for what is no key's id, or is our own. AuditUnusable.
    """
    if not is_key_id(key_id):
        raise UsageError(
            "A key is named by sixteen hexadecimal signs, as `storykin audit trust` prints them on the "
            "machine that it belongs to.",
            code="usage",
        )
    with record.writing() as session:
        witness = witness_of(session)
        if key_id == witness.key_id:
            raise UsageError("This is this machine's own key: say it on the other machine.", code="usage")
        if key_id in known_keys(session, witness).machines:
            return False
        append(session, AuditAct.KEY_TRUSTED, by=by, via=via, data={"key": key_id})
        return True


def is_key_id(text: str) -> bool:
    """Whether it names a key: an entry that was made up can say anything."""
    return _KEY_ID.fullmatch(text) is not None


def known_keys(session: Session, witness: FolderWitness | NoWitness) -> KnownKeys:
    """The keys that the log itself makes known, starting from our own.

    The seals of a machine that is believed can't be verified from here, so what it makes known is known:
    whoever can make up entries of it could as well make up entries of another key.
    """
    machines: set[str] = set()
    past: dict[str, int] = {}
    waiting = audit.of_acts(session, {AuditAct.KEY_TRUSTED, *BREAKS})
    while True:
        told = [each for each in waiting if _is_believed(each, witness, machines)]
        if not told:
            return KnownKeys(frozenset(machines), past)
        waiting = [each for each in waiting if each not in told]
        for each in told:
            if each.act == AuditAct.KEY_TRUSTED:
                machines.add(str(each.data.get("key")))
            else:
                past |= {key: max(past.get(key, 0), each.sequence) for key in each.data.get("keys") or ()}


def _is_believed(entry: AuditEntry, witness: FolderWitness | NoWitness, machines: set[str]) -> bool:
    if not entry.key_id or digest_of(audit.document_of(entry)) != entry.digest:
        return False
    if entry.key_id != witness.key_id:
        return entry.key_id in machines
    return hmac.compare_digest(witness.seal(entry.digest).encode(), entry.seal.encode())
