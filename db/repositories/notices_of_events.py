"""Which events of the timeline are told as notices: written in the transaction of the event itself."""

from collections.abc import Mapping
from datetime import UTC
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.event_kinds import EventKind
from db.models import Batch, Character, CharacterImage, CharacterStatus, Event, NoticeKind, RejectCode
from db.repositories.notices import tell

E, N = EventKind, NoticeKind

TOLD: Mapping[str, NoticeKind] = MappingProxyType(
    {
        E.CHARACTER_READY: N.CHARACTER_READY,
        E.CHARACTER_NEEDS_ATTENTION: N.CHARACTER_NEEDS_ATTENTION,
        E.CHARACTER_FAILED: N.CHARACTER_FAILED,
        E.CALL_GIVEN_UP: N.CHARACTER_NEEDS_ATTENTION,
        E.CUSTOMER_APPROVED: N.CUSTOMER_APPROVED,
        E.CUSTOMER_CHANGE: N.CUSTOMER_CHANGE,
        E.CONSENT_WITHDRAWN: N.CONSENT_WITHDRAWN,
        E.BATCH_DONE: N.BATCH_DONE,
        E.BATCH_FAILED: N.BATCH_FAILED,
        E.BATCH_REFUSED: N.BUDGET_REACHED,
        E.OBJECT_DAMAGED: N.STORE_DAMAGED,
    }
)
HOUSE = "system"
CALL_GIVEN_UP = "call_given_up"  # the reason of a notice that comes of no run's end
REFUSED = "refused"  # the reason of a status that has a notice of its own
_OF_RUNS = frozenset({E.CHARACTER_READY, E.CHARACTER_NEEDS_ATTENTION, E.CHARACTER_FAILED})
_A_DAY = frozenset({E.OBJECT_DAMAGED})  # there are many of these where there is one
_COUNTS = ("done", "failed", "skipped", "pending")


def enter_notice(session: Session, event: Event) -> None:
    """Write the notice of this event, if it is one to be told.

    What a batch does to its characters is told once, by the batch's end. What a person has just done by hand
    they know. Told once a run, so that a run that is taken up again says nothing twice. Nobody is called
    ready while a picture is held back until it is compared: `enter_held_notice` tells it then.
    """
    kind = TOLD.get(event.kind)
    if kind is None:
        return
    day = event.created_at.astimezone(UTC).date().isoformat()
    if event.kind in _OF_RUNS:
        reason = event.data.get("reason")
        if event.actor != HOUSE or _is_of_batch(session, event):
            return
        if event.kind == E.CHARACTER_READY and _is_held(session, event.character_id):
            return
        kind = N.CHARACTER_REFUSED if reason == REFUSED else kind
    once = day if event.kind in _A_DAY else f"{event.character_id or event.batch_id} {_occasion(event)}"
    tell(
        session,
        kind,
        once=once,
        character_id=None if event.kind in _A_DAY else event.character_id,
        batch_id=event.batch_id,
        **_said(event),
    )


def enter_held_notice(session: Session, character_id: str) -> None:
    """Write that the character is ready, which was kept back until none of its pictures waits any more to be
    compared. The caller holds the character's row: of two that end such a wait, the last one sees that.
    """
    is_ready = Character.status == CharacterStatus.READY
    query = select(Event).join(Character, Event.character_id == Character.id)
    of_it = query.where(is_ready, Event.character_id == character_id, Event.kind == E.CHARACTER_READY)
    event = session.scalars(of_it.order_by(Event.id.desc()).limit(1)).one_or_none()
    if event is not None:
        enter_notice(session, event)


def _is_held(session: Session, character_id: str | None) -> bool:
    waits = CharacterImage.review_code == RejectCode.NOT_COMPARED.value
    query = select(CharacterImage.id).where(CharacterImage.character_id == character_id, waits)
    return session.scalar(query.limit(1)) is not None


def _occasion(event: Event) -> str:
    return (event.run_token if event.kind in _OF_RUNS else None) or event.id


def _is_of_batch(session: Session, event: Event) -> bool:
    """A batch's runs go by the batch's id."""
    if event.run_token is None:
        return False
    return session.scalar(select(Batch.id).where(Batch.id == event.run_token)) is not None


def _said(event: Event) -> dict[str, Any]:
    """Ids, codes and counts of the event: nothing that anybody has typed."""
    if event.kind in (E.BATCH_DONE, E.BATCH_FAILED):
        return {name: int(event.data.get(name, 0)) for name in _COUNTS}
    if event.kind == E.BATCH_REFUSED:
        return {"of": "batch"}
    if event.kind == E.CALL_GIVEN_UP:
        return {"reason": CALL_GIVEN_UP}
    reason = event.data.get("reason")
    return {"reason": reason} if isinstance(reason, str) else {}
