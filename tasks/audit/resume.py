"""Going on with the audit log after an older database was brought back: said in the log, never hidden."""

from db.audit.acts import AuditAct
from db.audit.append import who_of
from db.audit.witness import witness_of
from db.engine import Record, Session
from db.repositories import audit
from tasks.audit.keys import is_key_id
from tasks.errors import UsageError


def resume(record: Record, *, by: str | None, via: str, reason: str) -> None:
    """Enter that the log goes on from where the database is, and why; what was seen before is named in it.

    UsageError (`no_reason`) without a reason; AuditUnusable.
    """
    if not reason.strip():
        raise UsageError("Say why the log is to go on from here, without naming anybody.", code="no_reason")
    with record.writing() as session:
        go_on_from_here(session, AuditAct.AUDIT_RESUMED, by=by, via=via, reason=reason.strip()[:500])


def go_on_from_here(
    session: Session, act: AuditAct, *, by: str | None, via: str, reason: str, what: str | None = None
) -> None:
    """Enter `act`, and what the data folder has seen until now: from this entry on it watches this chain.

    The keys that earlier entries were sealed with are named in it, and believed until there: the data folder
    that they belong to is not this one.
    """
    witness = witness_of(session)
    seen = witness.has_seen()
    data = {
        "reason": reason,
        "found": audit.last(session).sequence,
        "seen": seen.sequence if seen else 0,
        "seen_digest": seen.digest if seen else "",
        "keys": sorted(filter(is_key_id, audit.key_ids(session) - {witness.key_id})),
    }
    enter = audit.Act(who=who_of(by, via), act=act.value, what=what, data=data)
    audit.append(session, enter, witness, anew=True)
