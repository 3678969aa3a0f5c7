"""Links for customers: made, found by the digest of their token, answered, ended."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from db.errors import NotFound
from db.models import Character, CustomerLink, LinkAnswer, LinkEnd, LinkPurpose
from db.repositories import clock, facets

_OPEN = (CustomerLink.answer.is_(None), CustomerLink.ended.is_(None))


def add(
    session: Session,
    *,
    character_id: str,
    purpose: LinkPurpose,
    token_hash: str,
    image_ids: Sequence[str],
    asks: Mapping[str, Any],
    changes_left: int,
    expires_at: datetime,
    made_by: str | None,
) -> CustomerLink:
    """Put a link on record. The caller holds the character, and has ended the open one before it."""
    link = CustomerLink(
        created_at=clock.now(session),
        character_id=character_id,
        purpose=purpose,
        token_hash=token_hash,
        image_ids=list(image_ids),
        asks=dict(asks),
        changes_left=changes_left,
        expires_at=expires_at,
        made_by=made_by,
    )
    session.add(link)
    session.flush()
    facets.refresh(session, character_id)
    return link


def by_hash(session: Session, token_hash: str) -> CustomerLink:
    """The link whose token has this digest; NotFound."""
    found = session.scalars(select(CustomerLink).where(CustomerLink.token_hash == token_hash)).one_or_none()
    if found is None:
        raise NotFound("There is no such link.")
    return found


def newest(session: Session, character_id: str, purpose: LinkPurpose) -> CustomerLink | None:
    """The link that was made last, whatever became of it."""
    mine = (CustomerLink.character_id == character_id, CustomerLink.purpose == purpose)
    return session.scalars(
        select(CustomerLink).where(*mine).order_by(CustomerLink.id.desc()).limit(1)
    ).one_or_none()


def of_character(session: Session, character_id: str) -> list[CustomerLink]:
    """Every link of a character, the newest first."""
    query = select(CustomerLink).where(CustomerLink.character_id == character_id)
    return list(session.scalars(query.order_by(CustomerLink.id.desc())))


def newest_proofs(session: Session, character_ids: Collection[str]) -> dict[str, CustomerLink]:
    """The proof link made last, of each of these characters that has one, in one statement."""
    query = select(CustomerLink).where(
        CustomerLink.character_id.in_(character_ids), CustomerLink.purpose == LinkPurpose.PROOF
    )
    return {each.character_id: each for each in session.scalars(query.order_by(CustomerLink.id))}


def is_waiting() -> ColumnElement[bool]:
    """A condition on `Character`: a proof is out, and the customer has not answered."""
    mine = (CustomerLink.character_id == Character.id, CustomerLink.purpose == LinkPurpose.PROOF)
    return select(1).where(*mine, *_OPEN).exists()


def is_waited_for(session: Session, character_id: str) -> bool:
    """Whether this character's customer has a proof to look at, and has not answered."""
    return session.scalar(select(Character.id).where(Character.id == character_id, is_waiting())) is not None


def unsettled(session: Session) -> list[str]:
    """The ids of the characters whose customer has not answered, or asks for a change; in order."""
    wish = (CustomerLink.answer == LinkAnswer.CHANGE) & CustomerLink.ended.is_(None)
    query = select(CustomerLink.character_id).where(
        CustomerLink.purpose == LinkPurpose.PROOF, or_(and_(*_OPEN), wish)
    )
    return list(session.scalars(query.distinct().order_by(CustomerLink.character_id)))


def count_waiting(session: Session) -> int:
    """How many characters wait for their customer."""
    query = select(func.count()).select_from(CustomerLink)
    return session.scalar(query.where(CustomerLink.purpose == LinkPurpose.PROOF, *_OPEN)) or 0


def count_changes(session: Session) -> int:
    """How many characters are to be changed as their customer asks, and have no new link yet."""
    query = select(func.count()).select_from(CustomerLink)
    wish = (CustomerLink.answer == LinkAnswer.CHANGE, CustomerLink.ended.is_(None))
    return session.scalar(query.where(*wish)) or 0


def count_expired(session: Session) -> int:
    """How many of these wait by a link that has expired."""
    over = CustomerLink.expires_at <= clock.rights(session)
    query = select(func.count()).select_from(CustomerLink)
    return session.scalar(query.where(CustomerLink.purpose == LinkPurpose.PROOF, over, *_OPEN)) or 0


def asking_consent(session: Session, *, limit: int) -> list[tuple[CustomerLink, Character]]:
    """The links by which a consent is asked for and not given yet, the oldest first; and whose it is."""
    query = select(CustomerLink, Character).join(Character, Character.id == CustomerLink.character_id)
    query = query.where(CustomerLink.purpose == LinkPurpose.CONSENT, *_OPEN)
    return [
        (link, character) for link, character in session.execute(query.order_by(CustomerLink.id).limit(limit))
    ]


def count_asking_consent(session: Session) -> int:
    """How many consents are asked for by a link and not given yet."""
    query = select(func.count()).select_from(CustomerLink)
    return session.scalar(query.where(CustomerLink.purpose == LinkPurpose.CONSENT, *_OPEN)) or 0


def newest_answers(session: Session, *, since: datetime, limit: int) -> list[CustomerLink]:
    """The links that were answered since then, the latest answer first."""
    query = select(CustomerLink).where(CustomerLink.answered_at >= since)
    return list(session.scalars(query.order_by(CustomerLink.answered_at.desc()).limit(limit)))


def end(session: Session, link: CustomerLink, why: LinkEnd) -> None:
    """The link is good for nothing from now on; what was answered stays."""
    link.ended = why
    session.flush()
    facets.refresh(session, link.character_id)


def end_open(session: Session, character_id: str) -> None:
    """Every link of the character that waits for an answer is good for nothing any more."""
    mine = (CustomerLink.character_id == character_id, *_OPEN)
    for link in session.scalars(select(CustomerLink).where(*mine)).all():
        end(session, link, LinkEnd.WITHDRAWN)


def opened(session: Session, link_id: str) -> bool:
    """Note that the link was looked at for the first time; False when it was before."""
    statement = (
        update(CustomerLink)
        .where(CustomerLink.id == link_id, CustomerLink.opened_at.is_(None))
        .values(opened_at=clock.now(session))
    )
    return bool(session.connection().execute(statement).rowcount)


def write_answer(
    session: Session,
    link: CustomerLink,
    answer: LinkAnswer,
    *,
    image_id: str | None = None,
    reason: str | None = None,
    note: str = "",
) -> None:
    """Write down what the customer said. The caller holds the character, and has seen that it is open."""
    link.answer, link.answered_at = answer, clock.now(session)
    link.image_id, link.reason, link.note = image_id, reason, note
    if answer is LinkAnswer.CHANGE:
        link.changes_left -= 1
    session.flush()
    facets.refresh(session, link.character_id)
