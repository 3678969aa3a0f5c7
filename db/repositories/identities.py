"""Who people are at a sign-in service, and the links by which they set a password."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import Account, Identity, PasswordLink, User
from db.repositories import clock


def find(session: Session, issuer: str, subject: str) -> tuple[Identity, User, Account] | None:
    """Whose account this subject of that issuer is, disabled or not."""
    query = (
        select(Identity, User, Account)
        .join(Account, Account.user_id == Identity.user_id)
        .join(User, User.id == Account.user_id)
        .where(Identity.issuer == issuer, Identity.subject == subject)
    )
    found = session.execute(query).one_or_none()
    return (found[0], found[1], found[2]) if found else None


def of_user(session: Session, user_id: str) -> list[Identity]:
    """Who a user is elsewhere."""
    return list(session.scalars(select(Identity).where(Identity.user_id == user_id).order_by(Identity.id)))


def known_users(session: Session, issuer: str) -> set[str]:
    """The ids of all users who are known at this issuer; none for ""."""
    return (
        set(session.scalars(select(Identity.user_id).where(Identity.issuer == issuer))) if issuer else set()
    )


def add(session: Session, *, user_id: str, issuer: str, subject: str) -> Identity:
    """From now on this subject is this user."""
    made = Identity(user_id=user_id, issuer=issuer, subject=subject, created_at=clock.now(session))
    session.add(made)
    session.flush()
    return made


def remove_all_of(session: Session, user_id: str) -> int:
    """A user is known nowhere else any more; how many identities there were."""
    found = of_user(session, user_id)
    session.execute(delete(Identity).where(Identity.user_id == user_id))
    return len(found)


def set_password_link(
    session: Session, *, user_id: str, token_sha256: str, expires_at: datetime, made_by: str | None
) -> None:
    """A link that is good until the steady moment `expires_at`, in place of any before."""
    remove_password_link(session, user_id)
    made = PasswordLink(
        user_id=user_id,
        created_at=clock.now(session),
        token_sha256=token_sha256,
        expires_at=expires_at,
        made_by=made_by,
    )
    session.add(made)
    session.flush()


def find_password_link(session: Session, token_sha256: str) -> tuple[PasswordLink, User, Account] | None:
    """The link with this digest, and whose password it sets; None while the account is disabled."""
    query = (
        select(PasswordLink, User, Account)
        .join(Account, Account.user_id == PasswordLink.user_id)
        .join(User, User.id == Account.user_id)
        .where(PasswordLink.token_sha256 == token_sha256, Account.disabled_at.is_(None))
    )
    found = session.execute(query).one_or_none()
    return (found[0], found[1], found[2]) if found else None


def password_link_of(session: Session, user_id: str) -> PasswordLink | None:
    """The link that was made for a user, expired or not."""
    return session.get(PasswordLink, user_id)


def remove_password_link(session: Session, user_id: str) -> bool:
    """The link is used, or withdrawn; whether there was one."""
    there = session.get(PasswordLink, user_id, populate_existing=True)
    if there is None:
        return False
    session.delete(there)
    session.flush()
    return True
