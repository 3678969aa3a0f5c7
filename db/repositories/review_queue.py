"""Who waits for a decision: conditions on `Character` for any list, their counts, and the queue itself."""

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from db.lifecycle import ACTIVE
from db.models import Character, CharacterImage, CharacterStatus, Consent, Review

_BUSY = (*ACTIVE, CharacterStatus.ERASED, CharacterStatus.DRAFT)


def waiting_for_review() -> ColumnElement[bool]:
    """A character with a picture that nobody has decided about, and no run that is still drawing."""
    waits = select(1).where(CharacterImage.character_id == Character.id, CharacterImage.awaits_review)
    return and_(Character.status.not_in(_BUSY), waits.exists())


def favourite_missing() -> ColumnElement[bool]:
    """A character with a picture that may be the favourite, and none that is; no run is still drawing."""
    own = CharacterImage.character_id == Character.id
    picked = select(1).where(own, CharacterImage.is_selected)
    may_be = select(1).where(own, CharacterImage.review != Review.REJECTED)
    return and_(Character.status.not_in(_BUSY), ~picked.exists(), may_be.exists())


def with_consent(wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """Those of `wanted` whose consent stands, or who are from before there were records of any."""
    given = select(1).where(Consent.character_id == Character.id)
    return and_(wanted, or_(given.where(Consent.withdrawn_at.is_(None)).exists(), ~given.exists()))


def count(session: Session, wanted: ColumnElement[bool]) -> int:
    """How many characters are `wanted`."""
    return session.scalar(select(func.count()).select_from(Character).where(wanted)) or 0


def count_waiting(session: Session) -> int:
    """How many characters wait for review."""
    # From the pictures that wait, few beside all: a partial index holds just them.
    waits = select(CharacterImage.character_id).where(CharacterImage.awaits_review).distinct().subquery()
    query = select(func.count()).select_from(waits).join(Character, Character.id == waits.c.character_id)
    return session.scalar(query.where(Character.status.not_in(_BUSY))) or 0


def count_favourite_missing(session: Session) -> int:
    """How many characters have pictures and no favourite."""
    return count(session, favourite_missing())


def is_to_decide(session: Session, character_id: str) -> bool:
    """Whether the character waits for review or lacks a favourite, and its consent stands."""
    return _holds(session, character_id, with_consent(or_(waiting_for_review(), favourite_missing())))


def has_consent(session: Session, character_id: str) -> bool:
    """Whether there is such a character, and its consent was not withdrawn."""
    return _holds(session, character_id, with_consent(true()))


def _holds(session: Session, character_id: str, wanted: ColumnElement[bool]) -> bool:
    return bool(session.scalar(select(select(1).where(Character.id == character_id, wanted).exists())))


def queue(
    session: Session, wanted: ColumnElement[bool], *, after: str = "", also: str = "", limit: int = 100
) -> list[str]:
    """Ids of characters that are `wanted`, the longest waiting first, those after `after`; and `also`."""
    here = and_(wanted, Character.id > after)
    if also:
        here = or_(here, Character.id == also)
    return list(session.scalars(select(Character.id).where(here).order_by(Character.id).limit(limit)))
