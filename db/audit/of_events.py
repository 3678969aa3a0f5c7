"""What the timeline tells of people's acts stands in the audit log too, where no erasure takes it away."""

from collections.abc import Mapping
from types import MappingProxyType

from db.audit.acts import AuditAct
from db.audit.append import SYSTEM, append
from db.engine import Session
from db.event_kinds import EventKind
from db.models import Event

K, A = EventKind, AuditAct

# What is entered whoever did it, and what only when it was a person: the house reviews and settles as well.
ALWAYS: Mapping[str, AuditAct] = MappingProxyType(
    {
        K.CHARACTER_ERASED: A.ERASURE_ASKED,
        K.PHOTO_ERASED: A.RETENTION_RUN,
        K.PICTURE_ERASED: A.RETENTION_RUN,
        K.CONSENT_GIVEN: A.CONSENT_GIVEN,
        K.CONSENT_WITHDRAWN: A.CONSENT_WITHDRAWN,
        K.HOLD_PLACED: A.HOLD_PLACED,
        K.HOLD_LIFTED: A.HOLD_LIFTED,
    }
)
AUDITED: Mapping[str, AuditAct] = MappingProxyType(
    {
        **ALWAYS,
        K.CHARACTER_CREATED: A.CHARACTER_MADE,
        K.CHARACTER_RENAMED: A.DETAILS_CHANGED,
        K.CHARACTER_GENDER: A.DETAILS_CHANGED,
        K.CHARACTER_NOTES: A.DETAILS_CHANGED,
        K.CHARACTER_TAGS: A.DETAILS_CHANGED,
        K.CHARACTER_STYLES: A.PICTURES_ORDERED,
        K.PROFILE_CORRECTED: A.CORRECTED,
        K.RUN_ASKED: A.PICTURES_ORDERED,
        K.RUN_CANCELLED: A.RUN_CANCELLED,
        K.VARIANT_PROPOSED: A.PICTURE_REVIEWED,
        K.VARIANT_APPROVED: A.PICTURE_REVIEWED,
        K.VARIANT_REJECTED: A.PICTURE_REVIEWED,
        K.VARIANT_LOCKED: A.PICTURE_REVIEWED,
        K.VARIANT_SELECTED: A.FAVOURITE_CHANGED,
        K.VARIANT_UNSELECTED: A.FAVOURITE_CHANGED,
        K.VARIANT_UNDONE: A.DECISION_UNDONE,
        K.LINK_MADE: A.LINK_MADE,
        K.LINK_RENEWED: A.LINK_MADE,
        K.LINK_WITHDRAWN: A.LINK_WITHDRAWN,
        K.LINK_OPENED: A.LINK_USED,
        K.CUSTOMER_APPROVED: A.LINK_USED,
        K.CUSTOMER_CHANGE: A.LINK_USED,
        K.CONSENT_REFUSED: A.LINK_USED,
        K.CALL_SETTLED: A.CALL_SETTLED,
        K.BATCH_STARTED: A.BATCH_STARTED,
        K.BATCH_PAUSED: A.BATCH_CHANGED,
        K.BATCH_RESUMED: A.BATCH_CHANGED,
        K.BATCH_CANCELLED: A.BATCH_CHANGED,
        K.BATCH_BUDGET: A.BUDGET_CHANGED,
    }
)
# What is taken over of an event's data: ids, numbers and words of ours, nothing that anybody has typed.
_SAFE = frozenset(
    {
        "added", "another", "call_id", "code", "decision", "image_id", "language", "link", "microusd",
        "profile_id", "style", "styles", "undoes", "version", "withdrawn",
    }
)  # fmt: skip


def enter_event(session: Session, event: Event) -> None:
    """Enter what a person did by this event; nothing where it is the house's own work. AuditUnusable."""
    act = AUDITED.get(event.kind)
    if act is None or (event.actor == SYSTEM and event.kind not in ALWAYS):
        return
    said = {**(event.data.get("after") or {}), **event.data}  # a decision says there what it has left
    told = {name: value for name, value in said.items() if name in _SAFE}
    append(
        session,
        act,
        by=None,
        via=event.actor,
        what=event.character_id or event.batch_id,
        data={"event": event.id, "kind": str(event.kind), **told},
    )
