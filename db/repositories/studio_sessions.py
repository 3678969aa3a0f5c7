"""Where people are signed in."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.models import Account, StudioSession, User


def find(session: Session, token_sha256: str) -> tuple[StudioSession, User, Account] | None:
    """The session with this token, and whose it is; None too while the account is disabled."""
    query = (
        select(StudioSession, User, Account)
        .join(Account, Account.user_id == StudioSession.user_id)
        .join(User, User.id == Account.user_id)
        .where(StudioSession.token_sha256 == token_sha256, Account.disabled_at.is_(None))
    )
    found = session.execute(query).one_or_none()
    return (found[0], found[1], found[2]) if found else None


def add(
    session: Session, *, user_id: str, token_sha256: str, at: datetime, address: str, agent: str
) -> StudioSession:
    """A session that begins at the steady moment `at`."""
    made = StudioSession(
        user_id=user_id, token_sha256=token_sha256, began=at, last_seen=at, address=address, agent=agent
    )
    session.add(made)
    session.flush()
    return made


def touch(session: Session, session_id: str, at: datetime) -> None:
    """It was used at the steady moment `at`."""
    session.execute(update(StudioSession).where(StudioSession.id == session_id).values(last_seen=at))


def standing(session: Session, ids: Collection[str]) -> Sequence[StudioSession]:
    """Those of these sessions that are there still, of people who are not disabled."""
    query = (
        select(StudioSession)
        .join(Account, Account.user_id == StudioSession.user_id)
        .where(StudioSession.id.in_(ids), Account.disabled_at.is_(None))
    )
    return session.scalars(query).all()


def of_user(session: Session, user_id: str) -> Sequence[StudioSession]:
    """The sessions of a user, the newest first."""
    query = select(StudioSession).where(StudioSession.user_id == user_id)
    return session.scalars(query.order_by(StudioSession.id.desc())).all()


def end(session: Session, session_id: str) -> int:
    """End one session; returns how many that were."""
    return _deleted(session, delete(StudioSession).where(StudioSession.id == session_id))


def end_all_of(session: Session, user_id: str, *, but: str | None = None) -> int:
    """End every session of a user, but for the one with the id `but`; returns how many those were."""
    statement = delete(StudioSession).where(StudioSession.user_id == user_id)
    return _deleted(session, statement.where(StudioSession.id != but) if but else statement)


def end_before(session: Session, *, began: datetime, last_seen: datetime) -> int:
    """End what began, or was last used, before these steady moments; returns how many those were."""
    old = (StudioSession.began < began) | (StudioSession.last_seen < last_seen)
    return _deleted(session, delete(StudioSession).where(old))


def _deleted(session: Session, statement: object) -> int:
    count: int = session.connection().execute(statement).rowcount  # type: ignore[call-overload]
    return count
