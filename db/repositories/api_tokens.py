"""Tokens of programs: made, found by their digest, revoked."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Row, Select, select, update
from sqlalchemy.orm import Session

from db.models import Account, ApiToken, Role, User
from db.repositories import clock


def add(
    session: Session, *, user_id: str, name: str, role: Role, token_sha256: str, expires_at: datetime
) -> ApiToken:
    """A token that is good until the steady moment `expires_at`."""
    made = ApiToken(
        created_at=clock.now(session),
        user_id=user_id,
        name=name,
        role=role,
        token_sha256=token_sha256,
        expires_at=expires_at,
    )
    session.add(made)
    session.flush()
    return made


def find(session: Session, token_sha256: str) -> tuple[ApiToken, User, Account] | None:
    """The token with this digest, and whose it is; None once it is revoked, or while the account is
    disabled.
    """
    query = _in_use().where(ApiToken.token_sha256 == token_sha256)
    found = session.execute(query).one_or_none()
    return (found[0], found[1], found[2]) if found else None


def standing(session: Session, ids: Collection[str]) -> Sequence[Row[tuple[ApiToken, User, Account]]]:
    """Those of these tokens that are not revoked, of people who are not disabled."""
    return session.execute(_in_use().where(ApiToken.id.in_(ids))).all()


def everyone(session: Session, user_id: str | None = None) -> Sequence[Row[tuple[ApiToken, User, Account]]]:
    """Every token, or a user's, the newest first."""
    query = _with_owner().order_by(ApiToken.id.desc())
    return session.execute(query.where(ApiToken.user_id == user_id) if user_id else query).all()


def by_beginning(session: Session, beginning: str) -> list[ApiToken]:
    """The tokens whose id begins so, at most two."""
    query = select(ApiToken).where(ApiToken.id.startswith(beginning, autoescape=True)).limit(2)
    return list(session.scalars(query))


def used(session: Session, token_id: str, at: datetime) -> None:
    """It was used at that moment."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=at))


def _in_use() -> Select[tuple[ApiToken, User, Account]]:
    return _with_owner().where(ApiToken.revoked_at.is_(None), Account.disabled_at.is_(None))


def _with_owner() -> Select[tuple[ApiToken, User, Account]]:
    return (
        select(ApiToken, User, Account)
        .join(Account, Account.user_id == ApiToken.user_id)
        .join(User, User.id == Account.user_id)
    )
