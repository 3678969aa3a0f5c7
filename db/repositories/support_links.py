"""Links to one timeline: made, found by their digest, withdrawn."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import SupportLink
from db.repositories import clock


def add(
    session: Session, *, character_id: str, token_sha256: str, expires_at: datetime, made_by: str | None
) -> SupportLink:
    """A link that is good until the steady moment `expires_at`."""
    made = SupportLink(
        created_at=clock.now(session),
        character_id=character_id,
        token_sha256=token_sha256,
        expires_at=expires_at,
        made_by=made_by,
    )
    session.add(made)
    session.flush()
    return made


def find(session: Session, token_sha256: str) -> SupportLink | None:
    """The link with this digest, whatever became of it."""
    return session.scalars(select(SupportLink).where(SupportLink.token_sha256 == token_sha256)).one_or_none()


def of_character(session: Session, character_id: str) -> list[SupportLink]:
    """Every link of a character, the newest first."""
    query = select(SupportLink).where(SupportLink.character_id == character_id)
    return list(session.scalars(query.order_by(SupportLink.id.desc())))
