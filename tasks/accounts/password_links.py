"""Links by which somebody sets their password: made for who is new or has lost it, good once and for days.

Whoever makes one never learns the password. A new link takes the place of the one before.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.engine import Record, Session
from db.models import Account, User
from db.repositories import clock, identities, users
from db.told import told
from tasks.accounts import passwords, people
from tasks.accounts.person import STUDIO
from tasks.accounts.sessions import digest
from tasks.audit.acts import AuditAct
from tasks.audit.append import append
from tasks.errors import UsageError

PATH = "/sign-in/password/"
LIFE = timedelta(days=3)
_PURPOSE = "password"


class NoPasswordLink(UsageError):
    """There is no such link, or it is good for nothing any more: a stranger is not told which."""

    code = "no_password_link"

    def __init__(self) -> None:
        super().__init__(
            told(
                "This link is good for nothing, or not any more: it sets a password once, within three "
                "days. Ask an administrator of this studio for a new one."
            )
        )


@dataclass(frozen=True)
class MadePasswordLink:
    """A new link: the path with its token is told this once."""

    path: str
    until: datetime


def make_password_link(record: Record, *, email: str, by: str | None, via: str) -> MadePasswordLink:
    """A link for who has an account. The password that there is lets them in until it is used.

    UnknownPerson, UsageError (`person_disabled`).
    """
    with record.writing() as session:
        user, account = people.found(session, email)
        _refuse_disabled(account)
        return _made(session, user, by, via)


def reset_password(record: Record, *, email: str, by: str | None, via: str) -> MadePasswordLink:
    """The password lets nobody in any more and every session has ended; the link sets a new one.

    UnknownPerson, UsageError (`person_disabled`, `last_administrator`).
    """
    with record.writing() as session:
        user, account = people.found(session, email)
        _refuse_disabled(account)
        people.keep_an_administrator(session, account)
        account.password_hash, account.password_changed_at = None, clock.now(session)
        people.end_all(session, user.id, by=by, via=via)
        append(session, AuditAct.PASSWORD_CHANGED, by=by, via=via, what=user.id, data={"reset": "yes"})
        return _made(session, user, by, via)


def owner_of(record: Record, token: str) -> str:
    """The e-mail address of whose password this link sets. NoPasswordLink."""
    with record.reading() as session:
        return _found(session, token)[0].email


def set_password(record: Record, *, token: str, password: str) -> str:
    """Set it; the link is used up with this, and every session has ended. The e-mail address.

    NoPasswordLink, WeakPassword.
    """
    owner_of(record, token)  # first: nobody has passwords hashed here who has no link
    kept = passwords.hashed(password)
    with record.writing() as session:
        user, account = _found(session, token)
        account.password_hash, account.password_changed_at = kept, clock.now(session)
        people.end_all(session, user.id, by=user.id, via=STUDIO)  # the link as well
        said = {"with": "link"}
        append(session, AuditAct.PASSWORD_CHANGED, by=user.id, via=STUDIO, what=user.id, data=said)
        return user.email


def _made(session: Session, user: User, by: str | None, via: str) -> MadePasswordLink:
    token = secrets.token_urlsafe(32)
    identities.set_password_link(
        session,
        user_id=user.id,
        token_sha256=digest(token),
        expires_at=clock.rights(session) + LIFE,
        made_by=users.known(session, by),
    )
    append(session, AuditAct.LINK_MADE, by=by, via=via, what=user.id, data={"purpose": _PURPOSE})
    return MadePasswordLink(f"{PATH}{token}", clock.now(session) + LIFE)


def _found(session: Session, token: str) -> tuple[User, Account]:
    found = identities.find_password_link(session, digest(token))
    if found is None or found[0].expires_at <= clock.rights(session):
        raise NoPasswordLink
    return found[1], found[2]


def _refuse_disabled(account: Account) -> None:
    if account.disabled_at is not None:
        raise UsageError("This person is kept out. Let them in again first.", code="person_disabled")
