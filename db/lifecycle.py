"""The life of a character: the only place that changes `characters.status`."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from db.errors import ConsentMissing, Erased, IllegalStep
from db.event_kinds import EventKind
from db.ids import utc_now
from db.models import Character, CharacterStatus, CharacterTag
from db.repositories import events
from db.told import told

S = CharacterStatus

# What may follow what. A run that is resumed looks at the photo again, so drawing may go back to looking.
ALLOWED_TRANSITIONS: Mapping[CharacterStatus, frozenset[CharacterStatus]] = {
    S.DRAFT: frozenset({S.QUEUED, S.ERASED}),
    S.QUEUED: frozenset({S.PROFILING, S.ILLUSTRATING, S.READY, S.NEEDS_ATTENTION, S.FAILED, S.ERASED}),
    S.PROFILING: frozenset({S.QUEUED, S.ILLUSTRATING, S.READY, S.NEEDS_ATTENTION, S.FAILED, S.ERASED}),
    S.ILLUSTRATING: frozenset({S.QUEUED, S.PROFILING, S.READY, S.NEEDS_ATTENTION, S.FAILED, S.ERASED}),
    S.READY: frozenset({S.QUEUED, S.NEEDS_ATTENTION, S.ERASED}),
    S.NEEDS_ATTENTION: frozenset({S.QUEUED, S.READY, S.ERASED}),
    S.FAILED: frozenset({S.QUEUED, S.READY, S.ERASED}),
    S.ERASED: frozenset(),
}
ACTIVE = frozenset({S.QUEUED, S.PROFILING, S.ILLUSTRATING})  # a run is on it
EXPLAINED = frozenset({S.NEEDS_ATTENTION, S.FAILED})  # never without a reason

NOBODY = "Erased"  # the name of whoever has been erased; the database holds it to that


def move(
    session: Session,
    character: Character,
    to: CharacterStatus,
    *,
    reason: str | None = None,
    sentence: str | None = None,
    actor: str = "system",
    run_token: str | None = None,
) -> bool:
    """Take a character to `to` and write the event "character.<to>"; False if there was nothing to do.

    There is nothing to do when it is there already, and when `run_token` names a run that a newer one has
    replaced: an old run goes on drawing but no longer speaks for the character. `reason` (a code) and
    `sentence` belong to needs_attention and failed, which must have a reason.
    Raises IllegalStep, ConsentMissing.
    """
    lock(session, character)
    if run_token is not None and character.run_token not in (None, run_token):
        return False
    if character.status is to and character.status_reason == reason:
        return False
    check(character, to, reason)
    step(session, character, to, reason=reason, sentence=sentence, actor=actor)
    return True


def lock(session: Session, character: Character) -> None:
    """Read the row again and hold it until the transaction ends: steps of one character queue."""
    session.flush()
    session.refresh(character, with_for_update={"key_share": True})


def lock_living(session: Session, character: Character) -> None:
    """`lock`, of someone who has not been erased. Raises Erased."""
    lock(session, character)
    if character.status is S.ERASED:
        raise Erased


def check(character: Character, to: CharacterStatus, reason: str | None = None) -> None:
    """Raise Erased, IllegalStep or ConsentMissing unless `character` may go to `to`."""
    if character.status is S.ERASED:
        raise Erased
    again = character.status is to and to in EXPLAINED  # a better reason for the same state
    if not again and to not in ALLOWED_TRANSITIONS[character.status]:
        raise IllegalStep(
            told("A character can't go from %(status)s to %(to)s.", status=character.status, to=to)
        )
    if to is not S.ERASED and character.consent_at is None:
        raise ConsentMissing("Nobody has consented to the use of this photo yet.")
    if to in EXPLAINED and not reason:
        raise IllegalStep(told("%(to)s needs a reason.", to=to))


def step(
    session: Session,
    character: Character,
    to: CharacterStatus,
    *,
    reason: str | None = None,
    sentence: str | None = None,
    actor: str = "system",
) -> None:
    """Write the new status and its event. The caller holds the row and has checked."""
    character.status = to
    character.status_at = utc_now()
    character.erased_at = character.status_at if to is S.ERASED else None
    character.status_reason = reason if to in EXPLAINED else None
    character.status_sentence = sentence if to in EXPLAINED else None
    if to is S.ERASED:
        character.name, character.photo_asset_id, character.notes = NOBODY, None, ""
        session.execute(delete(CharacterTag).where(CharacterTag.character_id == character.id))
    data: dict[str, Any] = {"reason": reason} if to in EXPLAINED else {}
    kind = EventKind.of_status(to)
    events.add(
        session,
        kind=kind,
        actor=actor,
        message=sentence or kind.sentence,
        character_id=character.id,
        run_token=character.run_token,
        data=data,
    )
