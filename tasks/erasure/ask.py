"""Asking for an erasure: from here on the person is gone for everybody, and their bytes are on the way out.

The note in the store comes first, then one transaction takes every row away and opens the job. A crash
between the two leaves the note, and the next round of housekeeping begins with it.
"""

from dataclasses import asdict, dataclass
from typing import Any

from db.engine import Session
from db.lifecycle import lock
from db.models import Character, CharacterStatus, Erasure, ErasureReason
from db.repositories import characters, consents, erasing, erasures, holds, users
from db.repositories.erasing import PersonBytes, PersonRows
from tasks.consent.rules import ConsentWithdrawn, standing, third_parties
from tasks.erasure.notes import ErasureNote, forget_note, write_note
from tasks.errors import StorykinError, UsageError
from tasks.storage.binding import RecordAndStore, require_bound


class UnderLegalHold(StorykinError):
    """A legal hold keeps the character from being erased."""

    code = "legal_hold"

    def __init__(self) -> None:
        super().__init__(
            "A legal hold keeps this character from being erased. Lift it first (`storykin hold --lift`)."
        )


class ConsentedAnew(StorykinError):
    """It was to be erased because its consent was withdrawn, and there is a new one."""

    code = "consented_anew"

    def __init__(self) -> None:
        super().__init__("There is a new consent for this character, so it is not erased.")


@dataclass(frozen=True)
class ErasurePreview:
    """What an erasure would take away, and what it would leave."""

    character_id: str
    photos: int
    pictures: int
    canon: int  # approved pictures that stay
    may_keep_canon: bool  # whether the consent allows that
    calls: int  # that stay, for what they cost
    processors: tuple[str, ...]  # providers outside the house that a request left for
    held: bool


def preview_erasure(
    runtime: RecordAndStore, *, character_id: str, keep_canon: bool = False
) -> ErasurePreview:
    """What erasing the character would do now. Writes nothing. Raises NotFound."""
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        rows = erasing.find(session, character, keep_canon=keep_canon)
        return ErasurePreview(
            character_id=character_id,
            photos=sum(each.kind == "photo" for each in rows.objects),
            pictures=sum(each.kind != "photo" for each in rows.objects),
            canon=len(rows.canon),
            may_keep_canon=_may_keep_canon(session, character),
            calls=len(rows.call_ids),
            processors=third_parties(rows.processors),
            held=holds.is_held(session, character_id),
        )


def ask_erasure(
    runtime: RecordAndStore,
    *,
    character_id: str,
    by: str | None,
    keep_canon: bool = False,
    reason: ErasureReason = ErasureReason.ASKED,
    actor: str = "operator",
) -> str:
    """Erase the person from the record, and open the job that deletes the bytes; returns the job's id.

    Asked again it returns the same job. Raises NotFound; UnderLegalHold; ConsentedAnew; UsageError
    (`canon_not_consented`) where pictures are to be kept and no consent says so; StoreError when the note
    can't be written. Then nothing is erased.
    """
    require_bound(runtime, afresh=True)
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        known = erasures.of_character(session, character_id)
        if known is not None and character.status is CharacterStatus.ERASED:
            return known.id
        _check_allowed(session, character, keep_canon, reason)
    noted = write_note(runtime.store, ErasureNote(character_id, reason.value, by, keep_canon))
    try:
        with runtime.record.writing() as session:
            character = characters.get(session, character_id)
            lock(session, character)
            known = erasures.of_character(session, character_id)
            if known is not None and character.status is CharacterStatus.ERASED:
                return known.id
            _check_still_due(session, character_id, reason)
            return _erased(session, character, keep_canon=keep_canon, reason=reason, by=by, actor=actor).id
    except (UnderLegalHold, ConsentedAnew):
        if noted:  # else housekeeping would erase them once the hold is lifted, though nobody asks for it
            forget_note(runtime.store, character_id)
        raise


def _erased(
    session: Session,
    character: Character,
    *,
    keep_canon: bool,
    reason: ErasureReason,
    by: str | None,
    actor: str,
) -> Erasure:
    rows = erasing.find(session, character, keep_canon=keep_canon)
    consents.withdraw(session, character.id, by=users.known(session, by))
    gone = erasing.erase_rows(session, character, rows, actor=by or actor)
    return erasures.open_erasure(
        session,
        character_id=character.id,
        reason=reason,
        asked_by=by,
        keep_canon=keep_canon,
        plan=asdict(rows) | {"rows": gone},
    )


def plan_of(erasure: Erasure) -> tuple[PersonRows, dict[str, int]]:
    """What a job still has to delete, and how many rows went with it, by table."""
    told = dict(erasure.plan)
    gone = dict(told.pop("rows", {}))
    for name in ("objects", "canon"):
        told[name] = [PersonBytes(**each) for each in told[name]]
    lists: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in told.items()
    }
    return PersonRows(**lists), gone


def _check_allowed(session: Session, character: Character, keep_canon: bool, reason: ErasureReason) -> None:
    if holds.is_held(session, character.id):
        raise UnderLegalHold
    if reason is ErasureReason.RESTORED:  # the rest was allowed when it was done first
        return
    if keep_canon and not _may_keep_canon(session, character):
        raise UsageError(
            "The consent does not say that approved pictures may be kept once the photo is gone. Erase them "
            "too, or record a consent that says so.",
            code="canon_not_consented",
        )


def _check_still_due(session: Session, character_id: str, reason: ErasureReason) -> None:
    """What may have changed since it was looked at."""
    if holds.is_held(session, character_id):
        raise UnderLegalHold
    if reason is ErasureReason.WITHDRAWN and not _is_withdrawn(session, character_id):
        raise ConsentedAnew


def _is_withdrawn(session: Session, character_id: str) -> bool:
    try:
        standing(session, character_id)
    except ConsentWithdrawn:
        return True
    return False


def _may_keep_canon(session: Session, character: Character) -> bool:
    try:
        found = standing(session, character.id)
    except ConsentWithdrawn:
        return False
    return found is not None and found.keep_canon
