"""Who waits for a decision: conditions on `Character` for any list, their counts, and the queue itself."""

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from db.lifecycle import ACTIVE
from db.models import Character, CharacterImage, CharacterStatus, Review

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


def count_waiting(session: Session) -> int:
    """How many characters wait for review."""
    # From the pictures that wait, few beside all: a partial index holds just them.
    waits = select(CharacterImage.character_id).where(CharacterImage.awaits_review).distinct().subquery()
    query = select(func.count()).select_from(waits).join(Character, Character.id == waits.c.character_id)
    return session.scalar(query.where(Character.status.not_in(_BUSY))) or 0


def count_favourite_missing(session: Session) -> int:
    """How many characters have pictures and no favourite."""
    return session.scalar(select(func.count()).select_from(Character).where(favourite_missing())) or 0


def queue(
    session: Session, wanted: ColumnElement[bool], *, after: str = "", also: str = "", limit: int = 100
) -> list[str]:
    """Ids of characters that are `wanted`, the longest waiting first, those after `after`; and `also`."""
    here = and_(wanted, Character.id > after)
    if also:
        here = or_(here, Character.id == also)
    return list(session.scalars(select(Character.id).where(here).order_by(Character.id).limit(limit)))
