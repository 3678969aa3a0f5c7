"""Who may sign in: made, changed and taken away by an administrator, or by whoever owns this machine.

Whatever takes rights away ends that person's sessions in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from db.engine import Record, Session
from db.models import Account, Role, User
from db.repositories import accounts, clock, identities, second_factors, sign_in_limits, studio_sessions
from tasks.accounts import limits, passwords, tokens
from tasks.audit.acts import AuditAct
from tasks.audit.append import append
from tasks.errors import UsageError
from tasks.oidc.settings import oidc_settings


@dataclass(frozen=True)
class AccountView:
    """Somebody who may sign in."""

    user_id: str
    email: str
    name: str
    role: Role
    disabled: bool
    sessions: int


@dataclass(frozen=True)
class SessionView:
    """A browser that somebody is signed in with; moments are those of the steady clock."""

    session_id: str
    began: datetime
    last_seen: datetime
    address: str
    agent: str


class UnknownPerson(UsageError):
    """Nobody has an account with this e-mail address."""

    code = "unknown_person"

    def __init__(self) -> None:
        super().__init__("Nobody has an account with this e-mail address. `storykin user list` shows all.")


def everyone(record: Record) -> list[AccountView]:
    """Everybody who has an account, by e-mail address."""
    with record.reading() as session:
        return [
            AccountView(
                user.id,
                user.email,
                user.name,
                account.role,
                account.disabled_at is not None,
                len(studio_sessions.of_user(session, user.id)),
            )
            for user, account in accounts.everyone(session)
        ]


def is_address(email: str) -> bool:
    """Whether it looks like an e-mail address."""
    return 3 <= len(email) <= 254 and email.count("@") == 1 and not any(each.isspace() for each in email)


def add_person(
    record: Record,
    *,
    email: str,
    name: str,
    role: Role | None,
    password: str | None,
    by: str | None,
    via: str,
) -> AccountView:
    """Somebody new; the first of all is an administrator. Without a password they set one by a link, or sign
    in elsewhere. UsageError where that can't be.
    """
    email, name = accounts.address_of(email), " ".join(name.split())
    if not is_address(email):
        raise UsageError("This is no e-mail address: it has to look like anna@example.org.", code="bad_email")
    if not 1 <= len(name) <= 120:
        raise UsageError("A name has 1 to 120 characters: it stands with what they do.", code="bad_name")
    kept = passwords.hashed(password) if password is not None else None
    with record.writing() as session:
        first = not accounts.any_there(session)
        if first and role not in (None, Role.ADMINISTRATOR):
            raise UsageError(
                "The first person is an administrator: somebody has to let the others in.",
                code="first_is_administrator",
            )
        role = role or (Role.ADMINISTRATOR if first else Role.OPERATOR)
        account = accounts.add(session, email=email, name=name, role=role, password_hash=kept)
        if account is None:
            raise UsageError("There is an account with this e-mail address already.", code="person_exists")
        account.password_changed_at = clock.now(session) if kept else None
        append(session, AuditAct.USER_MADE, by=by, via=via, what=account.user_id, data={"role": role.value})
        return AccountView(account.user_id, email, name, role, False, 0)


def change_role(record: Record, *, email: str, role: Role, by: str | None, via: str) -> None:
    """Another role, from the next request on; they sign in again. UnknownPerson, UsageError."""
    with record.writing() as session:
        user, account = found(session, email)
        if role is account.role:
            return
        if role is not Role.ADMINISTRATOR:
            keep_an_administrator(session, account)
        data = {"from": account.role.value, "to": role.value}
        account.role = role
        studio_sessions.end_all_of(session, user.id)
        append(session, AuditAct.ROLE_CHANGED, by=by, via=via, what=user.id, data=data)


def change_password(
    record: Record, *, email: str, password: str, by: str | None, via: str, keep_session: str | None = None
) -> int:
    """Another password: of what the old one has let in only `keep_session` stays. How many sessions ended.

    Their programs' tokens are revoked, no browser is known any more, and a lock ends. UnknownPerson,
    WeakPassword.
    """
    kept = passwords.hashed(password)
    with record.writing() as session:
        user, account = found(session, email)
        account.password_hash, account.password_changed_at = kept, clock.now(session)
        ended = end_all(session, user.id, by=by, via=via, keep_session=keep_session)
        append(session, AuditAct.PASSWORD_CHANGED, by=by, via=via, what=user.id)
        return ended


def end_all(
    session: Session, user_id: str, *, by: str | None, via: str, keep_session: str | None = None
) -> int:
    """Of all that has let somebody in only `keep_session` stays: their tokens, known browsers and links, and
    a lock, are no more. How many sessions ended.
    """
    user, _account = accounts.by_id(session, user_id) or (None, None)
    email = (user.email if user else None) or ""
    sign_in_limits.forget(session, limits.account(email))
    limits.forget_devices(session, email)
    tokens.revoke_all_of(session, user_id, by=by, via=via)
    second_factors.end_steps_of(session, user_id)
    identities.remove_password_link(session, user_id)
    return studio_sessions.end_all_of(session, user_id, but=keep_session)


def disable(record: Record, *, email: str, by: str | None, via: str) -> None:
    """They may not sign in, until `enable`; all that had let them in ends now: sessions, tokens, a link.

    UnknownPerson, UsageError (`last_administrator`).
    """
    with record.writing() as session:
        user, account = found(session, email)
        keep_an_administrator(session, account)
        account.disabled_at = account.disabled_at or clock.now(session)
        end_all(session, user.id, by=by, via=via)
        append(session, AuditAct.USER_DISABLED, by=by, via=via, what=user.id)


def enable(record: Record, *, email: str, by: str | None, via: str) -> None:
    """They may sign in again. UnknownPerson."""
    with record.writing() as session:
        user, account = found(session, email)
        account.disabled_at = None
        append(session, AuditAct.USER_ENABLED, by=by, via=via, what=user.id)


def remove_person(record: Record, *, email: str, by: str | None, via: str) -> None:
    """Take the account away; what they did keeps their name. UnknownPerson, UsageError."""
    with record.writing() as session:
        user, account = found(session, email)
        if len(accounts.everyone(session)) > 1:
            keep_an_administrator(session, account)
        accounts.remove(session, user.id)
        append(session, AuditAct.USER_CHANGED, by=by, via=via, what=user.id, data={"removed": "yes"})


def sessions_of(record: Record, *, email: str) -> list[SessionView]:
    """Where somebody is signed in, the newest first. UnknownPerson."""
    with record.reading() as session:
        user, _account = found(session, email)
        return [
            SessionView(each.id, each.began, each.last_seen, each.address, each.agent)
            for each in studio_sessions.of_user(session, user.id)
        ]


def end_sessions(record: Record, *, email: str, by: str | None, via: str) -> int:
    """Sign somebody out everywhere: their programs too, and who is only on the way in, by a link or a second
    factor. Returns of how many browsers. UnknownPerson.
    """
    with record.writing() as session:
        user, _account = found(session, email)
        ended = end_all(session, user.id, by=by, via=via)
        append(session, AuditAct.SESSION_ENDED, by=by, via=via, what=user.id, data={"sessions": ended})
        return ended


def found(session: Session, email: str) -> tuple[User, Account]:
    """Whose account this e-mail address has. UnknownPerson."""
    there = accounts.by_email(session, email)
    if there is None:
        raise UnknownPerson
    return there


def keep_an_administrator(session: Session, account: Account) -> None:
    """Another one who can sign in has to be there: with a password, or by the sign-in service that is set.
    Who was invited and has not come yet is none. Whoever takes two away at once waits here for the other.
    """
    if account.role is not Role.ADMINISTRATOR:
        return
    all_of_them = accounts.administrators(session)  # held first: what is read below is of after any wait
    known = identities.known_users(session, oidc_settings().issuer)
    others = [
        each
        for each in all_of_them
        if each.user_id != account.user_id
        and each.disabled_at is None
        and (each.password_hash is not None or each.user_id in known)
    ]
    if not others:
        raise UsageError(
            "This is the last administrator, whom this studio can't do without. Make another one first.",
            code="last_administrator",
        )
