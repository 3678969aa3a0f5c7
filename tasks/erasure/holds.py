"""Legal holds: somebody has to keep what would be erased, and says why."""

from db.engine import Session
from db.event_kinds import EventKind
from db.lifecycle import lock_living
from db.repositories import characters, events, holds
from tasks.errors import UsageError
from tasks.runtime import Runtime


def place_hold(
    runtime: Runtime, *, character_id: str, reason: str, by: str | None, actor: str = "operator"
) -> None:
    """Keep a character from being erased until the hold is lifted. UsageError without a reason; Erased."""
    if not reason.strip():
        raise UsageError("Say why it has to be kept, without naming anybody.", code="no_reason")
    with runtime.record.writing() as session:
        lock_living(session, characters.get(session, character_id))
        holds.place(session, character_id, reason=reason.strip(), by=by)
        _tell(session, character_id, EventKind.HOLD_PLACED, by or actor)


def lift_hold(runtime: Runtime, *, character_id: str, by: str | None, actor: str = "operator") -> bool:
    """Lift every hold of a character; False when there was none. NotFound, Erased."""
    with runtime.record.writing() as session:
        lock_living(session, characters.get(session, character_id))
        lifted = holds.lift(session, character_id, by=by)
        if lifted:
            _tell(session, character_id, EventKind.HOLD_LIFTED, by or actor)
        return bool(lifted)


def _tell(session: Session, character_id: str, kind: EventKind, actor: str) -> None:
    events.add(session, kind=kind, actor=actor, message=kind.sentence, character_id=character_id)
