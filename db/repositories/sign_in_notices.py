"""What people are told of sign-ins by browsers that were not known as theirs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import SignInNotice


def add(session: Session, *, user_id: str, session_id: str, address: str, agent: str, at: datetime) -> None:
    """A new browser was signed in with at the calendar's moment `at`."""
    made = SignInNotice(user_id=user_id, session_id=session_id, address=address, agent=agent, created_at=at)
    session.add(made)
    session.flush()


def of_user(session: Session, user_id: str, limit: int) -> Sequence[SignInNotice]:
    """The newest notices of a user."""
    query = select(SignInNotice).where(SignInNotice.user_id == user_id)
    return session.scalars(query.order_by(SignInNotice.id.desc()).limit(limit)).all()


def open_of(session: Session, user_id: str, but_of: str | None) -> Sequence[SignInNotice]:
    """What a user has not answered yet, the newest first, but for what tells of the session `but_of`."""
    query = select(SignInNotice).where(SignInNotice.user_id == user_id, SignInNotice.answered_at.is_(None))
    return [
        each for each in session.scalars(query.order_by(SignInNotice.id.desc())) if each.session_id != but_of
    ]


def find(session: Session, user_id: str, notice_id: str) -> SignInNotice | None:
    """A notice of this user's."""
    found = session.get(SignInNotice, notice_id)
    return found if found is not None and found.user_id == user_id else None


def forget_before(session: Session, moment: datetime) -> None:
    """Clear away what was told before the calendar's `moment`."""
    session.execute(delete(SignInNotice).where(SignInNotice.created_at < moment))
