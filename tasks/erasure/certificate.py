"""The certificate of an erasure: what went, when, by whom, and what can be said of copies elsewhere.

It holds ids and digests, no name. Every claim is one that Storykin can keep by itself, or says whose it is.
"""

from importlib.metadata import version
from typing import Any

from db.digests import digest_of
from db.models import Erasure
from db.repositories import calls, clock, installation
from db.repositories.erasing import PersonBytes
from tasks.backup.settings import backup_settings
from tasks.consent.rules import is_third_party
from tasks.consent.texts import kept_by
from tasks.erasure.ask import plan_of
from tasks.providers.specs import label_of
from tasks.runtime import Runtime

FORMAT = "storykin-erasure-1"
AT_HOME = "It works for this house alone: what it was given stayed here and is deleted with the rest."
NOT_KNOWN = "What it keeps, and for how long, is for its own terms to say."
_SQLITE = (
    "The rows were overwritten, the database file was rewritten without them, and its write-ahead log was "
    "emptied."
)
_SERVER = (
    "The rows are deleted. The server gives their space up with its next VACUUM, and its archived logs keep "
    "them for as long as its administrator has set; VACUUM FULL rewrites the tables at once."
)


def certificate_of(runtime: Runtime, erasure: Erasure) -> dict[str, Any]:
    """The certificate of an erasure whose steps are done, with the digest of all the rest of it."""
    rows, gone = plan_of(erasure)
    with runtime.record.reading() as session:
        here = installation.find(session)
        now = clock.now(session)
        spent = sum(each.actual_microusd or 0 for each in calls.of_character(session, erasure.character_id))
    told: dict[str, Any] = {
        "format": FORMAT,
        "id": erasure.id,
        "character": erasure.character_id,
        "installation": here.id if here else None,
        "software": f"storykin {version('storykin')}",
        "reason": erasure.reason.value,
        "asked_by": erasure.asked_by,
        "asked_at": erasure.created_at.isoformat(timespec="seconds"),
        "erased_at": now.isoformat(timespec="seconds"),
        "deleted": {"rows": gone, "objects": [_object(each) for each in rows.objects]},
        "kept": {
            "canon": [_object(each) for each in rows.canon],
            "calls": len(rows.call_ids),
            "spent_microusd": spent,
            "why": "What calls have cost is kept for the books, and that a consent was given and ended; "
            "neither says of whom.",
        },
        "providers": [_provider(each) for each in rows.processors],
        "database": _SQLITE if runtime.record.engine.dialect.name == "sqlite" else _SERVER,
        "orchestration": "Prefect was told to delete the runs of this character, with logs and artifacts.",
        "backups": _backups(),
    }
    return told | {"digest": digest_of(told)}


def is_whole(certificate: dict[str, Any]) -> bool:
    """Whether nothing of the certificate was changed since it was made."""
    told = {name: value for name, value in certificate.items() if name != "digest"}
    return certificate.get("digest") == digest_of(told)


def _object(each: PersonBytes) -> dict[str, Any]:
    return {"kind": each.kind, "sha256": each.sha256, "bytes": each.size}


def _provider(name: str) -> dict[str, str]:
    claim = (kept_by(name) or NOT_KNOWN) if is_third_party(name) else AT_HOME
    return {"id": name, "name": label_of(name), "claim": claim}


def _backups() -> str:
    chosen = backup_settings()
    again = "A backup that is restored erases the person again before anything is drawn."
    if not chosen.to:
        return (
            f"Storykin makes no daily backups here. Copies that were made by hand are their maker's. {again}"
        )
    return (
        f"Daily backups made before now hold the person until they are let go: {chosen.keep} are kept, so "
        f"for {chosen.keep} days. {again}"
    )
