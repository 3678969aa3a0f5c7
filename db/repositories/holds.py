"""Legal holds, and since when retention periods run."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, literal, or_, select, update
from sqlalchemy.orm import Session

from db.models import (
    Character,
    CharacterImage,
    CharacterStatus,
    Consent,
    LegalHold,
    RetentionClock,
    Review,
)
from db.repositories import clock
from db.repositories.insert_once import insert_once


def place(session: Session, character_id: str, *, reason: str, by: str | None) -> LegalHold:
    """Keep the character from being erased until the hold is lifted."""
    hold = LegalHold(character_id=character_id, reason=reason, placed_by=by)
    session.add(hold)
    session.flush()
    return hold


def lift(session: Session, character_id: str, *, by: str | None) -> int:
    """Lift every hold of the character; returns how many those were."""
    statement = (
        update(LegalHold)
        .where(LegalHold.character_id == character_id, LegalHold.lifted_at.is_(None))
        .values(lifted_at=clock.now(session), lifted_by=by)
    )
    return session.connection().execute(statement).rowcount


def held(session: Session) -> set[str]:
    """The ids of all characters under a hold."""
    return set(session.scalars(select(LegalHold.character_id).where(LegalHold.lifted_at.is_(None))))


def standing(session: Session, character_id: str) -> list[LegalHold]:
    """The holds of the character that were not lifted, the oldest first."""
    query = select(LegalHold).where(LegalHold.character_id == character_id, LegalHold.lifted_at.is_(None))
    return list(session.scalars(query.order_by(LegalHold.id)))


def is_held(session: Session, character_id: str) -> bool:
    """Whether a hold of the character stands."""
    query = select(LegalHold.id).where(LegalHold.character_id == character_id, LegalHold.lifted_at.is_(None))
    return session.scalar(query.limit(1)) is not None


def clocks(session: Session, character_id: str) -> dict[str, datetime]:
    """Since when each period of the character runs, by its subject; steady time."""
    query = select(RetentionClock).where(RetentionClock.character_id == character_id)
    return {row.subject: row.started_at for row in session.scalars(query)}


@dataclass(frozen=True)
class Subjects:
    """What periods are called; a rejected picture's has its id behind `rejected` and a colon."""

    everything: str
    photo: str
    rejected: str
    withdrawn: str


def to_look_at(
    session: Session,
    names: Subjects,
    canon: Collection[Review],
    over_before: Mapping[str, datetime],
    *,
    all_causes: bool,
    after_id: str = "",
    limit: int = 500,
) -> list[str]:
    """The characters for whom a period is over, or has to be begun or stopped, by id.

    `over_before` has for each period that is set from when on those that began earlier are over, by the name
    before the colon. Without `all_causes` only the withdrawn are looked at. Nobody else is: a round costs
    what has changed, not what is kept.
    """
    clocks = RetentionClock
    wanted = [select(clocks.character_id).where(clocks.subject == names.withdrawn), _withdrawn(names)]
    if all_causes:
        wanted += _begin_or_stop(names, canon)
    for name, before in over_before.items():
        same = clocks.subject.startswith(f"{name}:") if name == names.rejected else clocks.subject == name
        wanted.append(select(clocks.character_id).where(same, clocks.started_at <= before))
    query = select(Character.id).where(
        Character.status != CharacterStatus.ERASED,
        Character.id > after_id,
        or_(*(Character.id.in_(each) for each in wanted)),
    )
    return list(session.scalars(query.order_by(Character.id).limit(limit)))


def _withdrawn(names: Subjects) -> Select[tuple[str]]:
    """Whose every consent was withdrawn, and no period runs since."""
    clocks = RetentionClock
    standing = select(Consent.character_id).where(Consent.withdrawn_at.is_(None))
    has_clock = select(clocks.character_id).where(clocks.subject == names.withdrawn)
    return select(Consent.character_id).where(
        Consent.withdrawn_at.is_not(None),
        Consent.character_id.not_in(standing),
        Consent.character_id.not_in(has_clock),
    )


def _begin_or_stop(names: Subjects, canon: Collection[Review]) -> list[Select[tuple[str]]]:
    """Causes without a period, and periods without their cause."""
    clocks, image = RetentionClock, CharacterImage
    has_photo_clock = select(clocks.character_id).where(clocks.subject == names.photo)
    has_canon = select(image.character_id).where(image.review.in_(canon))
    with_photo = select(Character.id).where(Character.photo_asset_id.is_not(None))
    own = literal(f"{names.rejected}:") + image.id
    rejected = select(own).where(image.review == Review.REJECTED)
    its_clock = (
        select(clocks.subject)
        .where(clocks.character_id == image.character_id, clocks.subject == own)
        .correlate(CharacterImage)
    )
    return [
        select(Character.id).where(
            Character.id.not_in(select(clocks.character_id).where(clocks.subject == names.everything))
        ),
        has_canon.where(image.character_id.in_(with_photo), image.character_id.not_in(has_photo_clock)),
        has_photo_clock.where(
            or_(clocks.character_id.not_in(has_canon), clocks.character_id.not_in(with_photo))
        ),
        select(image.character_id).where(image.review == Review.REJECTED, ~its_clock.exists()),
        select(clocks.character_id).where(
            clocks.subject.startswith(f"{names.rejected}:"), clocks.subject.not_in(rejected)
        ),
    ]


def start_clock(session: Session, character_id: str, subject: str) -> None:
    """Let a period run from now on, unless it does already."""
    values = {"character_id": character_id, "subject": subject, "started_at": clock.steady(session)}
    insert_once(session, RetentionClock, values)


def stop_clocks(session: Session, character_id: str, subjects: set[str]) -> None:
    """What these were about is no more: were it to be again, its period would begin anew."""
    session.execute(
        delete(RetentionClock).where(
            RetentionClock.character_id == character_id, RetentionClock.subject.in_(subjects)
        )
    )
