"""Who may sign in."""

from collections.abc import Sequence

from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from db.models import Account, Role, User


def any_there(session: Session) -> bool:
    """Whether anybody has an account, disabled or not."""
    return session.scalar(select(Account.user_id).limit(1)) is not None


def everyone(session: Session) -> Sequence[Row[tuple[User, Account]]]:
    """Everybody with an account, by e-mail address."""
    query = select(User, Account).join(Account, Account.user_id == User.id).order_by(User.email)
    return session.execute(query).all()


def administrators(session: Session) -> Sequence[Account]:
    """Every administrator as they are now, disabled or not; their rows are held to the end."""
    query = select(Account).where(Account.role == Role.ADMINISTRATOR).order_by(Account.user_id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()


def address_of(email: str) -> str:
    """An e-mail address as it is kept, in small letters; "" for one that becomes another's by that alone: the
    Kelvin sign (U+212A) is no K, and who owns an address with the one does not own it with the other.
    """
    small = email.strip().lower()
    return "" if small.isascii() and not email.strip().isascii() else small


def by_email(session: Session, email: str) -> tuple[User, Account] | None:
    """Who signs in with this address, whatever its case."""
    query = select(User, Account).join(Account, Account.user_id == User.id)
    found = session.execute(query.where(User.email == address_of(email))).one_or_none()
    return (found[0], found[1]) if found else None


def by_id(session: Session, user_id: str) -> tuple[User, Account] | None:
    """The account of a user, disabled or not."""
    user, account = session.get(User, user_id), session.get(Account, user_id)
    return (user, account) if user is not None and account is not None else None


def add(session: Session, *, email: str, name: str, role: Role, password_hash: str | None) -> Account | None:
    """A new account, for a user who is there already or is made; None where there is one already."""
    email = email.strip().lower()
    user = session.scalars(select(User).where(User.email == email)).one_or_none()
    if user is None:
        user = User(email=email, name=name)
        session.add(user)
        session.flush()
    elif session.get(Account, user.id) is not None:
        return None
    user.name = name
    account = Account(user_id=user.id, role=role, password_hash=password_hash)
    session.add(account)
    session.flush()
    return account


def remove(session: Session, user_id: str) -> None:
    """Take the account and its sessions away; the user stays with what they did."""
    session.execute(delete(Account).where(Account.user_id == user_id))
