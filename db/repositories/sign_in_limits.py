"""Counted tries to sign in, by subject: an account, an address, a browser that is known."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import SignInLimit
from db.repositories.insert_once import insert_once


def find(session: Session, subject: str) -> SignInLimit | None:
    """The row of a subject, held until the transaction ends; None where it has none."""
    query = select(SignInLimit).where(SignInLimit.subject == subject).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def ensure(session: Session, subject: str, at: datetime) -> SignInLimit:
    """The row of a subject, made if need be, held until the transaction ends."""
    insert_once(session, SignInLimit, {"subject": subject, "failures": 0, "since": at})
    found = find(session, subject)
    assert found is not None  # just inserted, by us or by another
    return found


def forget(session: Session, *subjects: str) -> None:
    """As if these had never tried."""
    session.execute(delete(SignInLimit).where(SignInLimit.subject.in_(subjects)))


def forget_all(session: Session, beginning: str) -> None:
    """As if no subject that begins so had ever tried."""
    session.execute(delete(SignInLimit).where(SignInLimit.subject.startswith(beginning, autoescape=True)))


def forget_before(session: Session, moment: datetime, *, kind: str) -> None:
    """Clear away subjects of a kind ("device:") that were last heard of before the steady `moment`."""
    old = SignInLimit.subject.startswith(kind, autoescape=True) & (SignInLimit.since < moment)
    session.execute(delete(SignInLimit).where(old))
