"""Retention: what is kept of a person has a time, and housekeeping ends it.

A period that is set runs from the moment that housekeeping first sees its cause (the character, an approval,
a rejection), by the record's clock that never jumps: a machine's clock that is set forward erases nobody.
Under a legal hold nothing is erased; what is due then is erased once the hold is lifted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from db.engine import Session
from db.event_kinds import EventKind
from db.lifecycle import ACTIVE, lock, lock_living
from db.log import Log
from db.models import Character, CharacterStatus, ErasureReason, Review
from db.repositories import characters, clock, consents, erasing, events, holds, images
from db.repositories.erasing import CANON, PersonRows
from tasks.erasure.ask import ConsentedAnew, UnderLegalHold, ask_erasure
from tasks.erasure.objects import delete_objects
from tasks.erasure.settings import RetentionSettings, retention_settings
from tasks.runtime import Runtime

log = Log("retention")


class Subject(StrEnum):
    """What a period is about. A rejected picture's has its id behind it."""

    EVERYTHING = "everything"
    PHOTO = "photo"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Period:
    """One period of one character. `due_at` is by the record's steady clock, None where it has no end."""

    subject: str
    started_at: datetime | None  # None: housekeeping has not seen its cause yet
    days: int | None
    due_at: datetime | None

    def is_over(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.due_at is not None and self.due_at <= now


@dataclass(frozen=True)
class Retention:
    """What is kept of a character, and until when."""

    character_id: str
    held: bool
    periods: tuple[Period, ...]


def retention_of(runtime: Runtime, *, character_id: str) -> Retention:
    """The periods of a character as they stand now. Writes nothing. Raises NotFound."""
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        return _retention(session, character, retention_settings(), _causes(session, character))


def end_what_is_due(runtime: Runtime) -> int:
    """Housekeeping: start the periods whose cause is there, end those whose time has come; how many ended."""
    chosen, ended = retention_settings(), 0
    after = ""
    while True:
        with runtime.record.reading() as session:
            page = _to_look_at(session, chosen, after)
        for character_id in page:
            ended += _look_at(runtime, character_id, chosen)
        if not page:
            return ended
        after = page[-1]


def _to_look_at(session: Session, chosen: RetentionSettings, after: str) -> list[str]:
    now = clock.steady(session)
    set_days = {
        Subject.EVERYTHING.value: chosen.everything_days,
        Subject.PHOTO.value: chosen.photo_days,
        Subject.REJECTED.value: chosen.rejected_days,
    }
    over = {name: now - timedelta(days=days) for name, days in set_days.items() if days is not None}
    names = holds.Subjects(Subject.EVERYTHING, Subject.PHOTO, Subject.REJECTED, Subject.WITHDRAWN)
    return holds.to_look_at(session, names, CANON, over, all_causes=bool(over), after_id=after)


def _look_at(runtime: Runtime, character_id: str, chosen: RetentionSettings) -> int:
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        if character.status is CharacterStatus.ERASED:
            return 0
        causes, known = _causes(session, character), holds.clocks(session, character_id)
        retention, now = _retention(session, character, chosen, causes), clock.steady(session)
    if set(known) != causes:
        _begin_or_stop(runtime, character_id)
    if retention.held or character.status in ACTIVE:
        return 0
    over = [each.subject for each in retention.periods if each.is_over(now) and each.subject in causes]
    return _end(runtime, character_id, over) if over else 0


def _begin_or_stop(runtime: Runtime, character_id: str) -> None:
    """Let each period of the character run whose cause is there, and no other. Looked at once more with the
    character held: a consent that is withdrawn or given at this moment has begun or stopped its own.
    """
    with runtime.record.writing() as session:
        character = characters.get(session, character_id)
        lock(session, character)
        if character.status is CharacterStatus.ERASED:
            return
        causes, known = _causes(session, character), holds.clocks(session, character_id)
        for subject in causes - set(known):
            holds.start_clock(session, character_id, subject)
        holds.stop_clocks(session, character_id, set(known) - causes)


def _end(runtime: Runtime, character_id: str, over: Sequence[str]) -> int:
    whole = {Subject.EVERYTHING: ErasureReason.RETENTION, Subject.WITHDRAWN: ErasureReason.WITHDRAWN}
    reason = next((whole[Subject(each)] for each in over if each in whole), None)
    if reason is not None:
        try:
            ask_erasure(runtime, character_id=character_id, by=None, reason=reason, actor="system")
        except (UnderLegalHold, ConsentedAnew):  # since it was looked at
            return 0
        log.info("erased, its time was over", character_id=character_id, code=reason.value)
        return 1
    return sum(_end_part(runtime, character_id, each) for each in over)


def _end_part(runtime: Runtime, character_id: str, subject: str) -> bool:
    """Erase the photo, or one rejected picture. The rows go first, and their bytes at once: what a crash
    leaves in the store no row names, and the sweep takes it.
    """
    with runtime.record.writing() as session:
        character = characters.get(session, character_id)
        lock_living(session, character)
        if holds.is_held(session, character_id) or subject not in _causes(session, character):
            return False
        if subject == Subject.PHOTO:
            gone, kind = erasing.erase_photo(session, character), EventKind.PHOTO_ERASED
            told: dict[str, str | int] = {}
        else:
            image = images.get(session, subject.partition(":")[2])
            told = images.number_of(image)
            gone, kind = erasing.erase_picture(session, image), EventKind.PICTURE_ERASED
        holds.stop_clocks(session, character_id, {subject})
        events.add(
            session,
            kind=kind,
            actor="system",
            message=kind.sentence,
            character_id=character_id,
            data=told,
        )
    if gone is not None:
        rows = PersonRows((gone,), (), (), (), (), (), (), (), {})
        delete_objects(runtime, rows)
    return True


def _retention(
    session: Session, character: Character, chosen: RetentionSettings, causes: set[str]
) -> Retention:
    known = holds.clocks(session, character.id)
    return Retention(
        character.id,
        holds.is_held(session, character.id),
        tuple(period_of(subject, known, chosen) for subject in sorted(causes)),
    )


def period_of(subject: str, known: Mapping[str, datetime], chosen: RetentionSettings) -> Period:
    """The period about `subject` as it is set, with when each of those that run was begun."""
    days = {
        Subject.EVERYTHING: chosen.everything_days,
        Subject.PHOTO: chosen.photo_days,
        Subject.REJECTED: chosen.rejected_days,
        Subject.WITHDRAWN: chosen.withdrawn_days,
    }[Subject(subject.partition(":")[0])]
    started = known.get(subject)
    due = started + timedelta(days=days) if started is not None and days is not None else None
    return Period(subject, started, days, due)


def _causes(session: Session, character: Character) -> set[str]:
    """What there is of the character that has a time."""
    causes: set[str] = {Subject.EVERYTHING}
    shown = images.of_character(session, character.id)
    if character.photo_asset_id is not None and any(each.image.review in CANON for each in shown):
        causes.add(Subject.PHOTO)
    causes |= {
        f"{Subject.REJECTED}:{each.image.id}" for each in shown if each.image.review is Review.REJECTED
    }
    given = consents.of_character(session, character.id)
    if given and all(each.withdrawn_at is not None for each in given):
        causes.add(Subject.WITHDRAWN)
    return causes
