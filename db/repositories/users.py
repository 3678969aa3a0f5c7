"""The people who work in the studio."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import User
from db.repositories.insert_once import insert_once

OPERATOR_EMAIL = "operator@localhost"


def ensure_operator(session: Session) -> User:
    """The local operator, made if need be: who works here as long as nobody signs in."""
    found = by_email(session, OPERATOR_EMAIL)
    if found is None:
        insert_once(session, User, {"email": OPERATOR_EMAIL, "name": "Operator"})
        found = by_email(session, OPERATOR_EMAIL)
        assert found is not None  # just inserted, by us or by another
    return found


def by_email(session: Session, email: str) -> User | None:
    """The user with this address, whatever its case."""
    return session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()


def known(session: Session, user_id: str | None) -> str | None:
    """The id, if there is such a user (still)."""
    return user_id if user_id and session.get(User, user_id) else None


def by_ids(session: Session, user_ids: Collection[str]) -> list[User]:
    """The users with these ids; who is not there any more is left out."""
    return list(session.scalars(select(User).where(User.id.in_(user_ids)))) if user_ids else []
