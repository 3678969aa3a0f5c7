"""Tokens of programs: made in the name of a person, shown once, good for as long and as much as was said."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.audit.acts import AuditAct
from db.audit.append import append
from db.engine import Record, Session
from db.models import Account, ApiToken, Role, User
from db.repositories import accounts, api_tokens, audit, clock
from db.told import told
from tasks.accounts.person import STUDIO, Person
from tasks.accounts.sessions import digest
from tasks.errors import UsageError

PREFIX = "storykin_"  # so that a token which strays is recognised for what it is
USUAL_DAYS, MOST_DAYS = 90, 365
_MOST_LOOKED_AT = 10_000  # tokens that one person has made
_NOTED_EVERY = timedelta(minutes=1)  # that a token is used is written down this often

# Which roles a token may have, by its owner's: none that may do what its owner may not.
BELOW: Mapping[Role, frozenset[Role]] = {
    Role.ADMINISTRATOR: frozenset(Role),
    Role.OPERATOR: frozenset({Role.OPERATOR, Role.REVIEWER}),
    Role.AUDITOR: frozenset({Role.AUDITOR}),
    Role.REVIEWER: frozenset({Role.REVIEWER}),
}


@dataclass(frozen=True)
class TokenView:
    """A token as it is listed. `until` is for people to read; `state` is "good", "expired" or "revoked"."""

    token_id: str
    name: str
    email: str
    role: Role
    made_at: datetime
    until: datetime
    last_used_at: datetime | None
    state: str


def add_token(
    record: Record,
    *,
    email: str,
    name: str,
    role: Role | None = None,
    days: int = USUAL_DAYS,
    by: str | None,
    via: str,
) -> tuple[str, TokenView]:
    """A new token, which is told this once, and what it is. Without a `role` it has its owner's.

    UsageError (`unknown_person`, `no_name`, `usage`, `role_too_high`).
    """
    name = " ".join(name.split())
    if not name:
        raise UsageError("Say what the token is for.", code="no_name")
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(
            told("A token is good for 1 to %(most_days)s days.", most_days=MOST_DAYS), code="usage"
        )
    token = PREFIX + secrets.token_urlsafe(32)
    with record.writing() as session:
        user, account = _owner(session, email)
        role = role or account.role
        if role not in BELOW[account.role]:
            raise UsageError(
                told("A token may do no more than its owner, who is %(role)s.", role=account.role.value),
                code="role_too_high",
            )
        until = clock.rights(session) + timedelta(days=days)
        made = api_tokens.add(
            session, user_id=user.id, name=name, role=role, token_sha256=digest(token), expires_at=until
        )
        said = {"token": made.id, "role": role.value, "days": days}
        append(session, AuditAct.TOKEN_MADE, by=by, via=via, what=user.id, data=said)
        return token, _view(session, made, user)


def tokens(record: Record, *, email: str | None = None) -> list[TokenView]:
    """Every token, or those of one person, the newest first. UsageError (`unknown_person`)."""
    with record.reading() as session:
        user_id = _owner(session, email)[0].id if email else None
        return [_view(session, made, user) for made, user, _account in api_tokens.everyone(session, user_id)]


def tokens_of(session: Session, user_id: str) -> list[TokenView]:
    """Those of one user, the newest first."""
    return [_view(session, made, user) for made, user, _account in api_tokens.everyone(session, user_id)]


def revoke_token(record: Record, *, beginning: str, by: str | None, via: str) -> str:
    """The token whose id begins so is good for nothing from now on; its id. Again it changes nothing.

    UsageError (`no_token`) where there is none, or more than one.
    """
    with record.writing() as session:
        found = api_tokens.by_beginning(session, beginning) if beginning else []
        if len(found) != 1:
            raise UsageError(
                "There is no such token, or more than one. `storykin token list` shows all.", code="no_token"
            )
        (token,) = found
        if token.revoked_at is None:
            _revoke(session, token, by, via)
        return token.id


def revoke_all_of(session: Session, user_id: str, *, by: str | None, via: str) -> None:
    """Every token of a user is good for nothing from now on, in the caller's transaction."""
    for token, _user, _account in api_tokens.everyone(session, user_id):
        if token.revoked_at is None:
            _revoke(session, token, by, via)


def revoke_made_since(session: Session, user_id: str, session_id: str) -> None:
    """The tokens that a user has made since that session of theirs began are good for nothing any more, in
    the caller's transaction. The audit log knows the order, whatever the clock was set to in between.
    """
    began = audit.newest(session, limit=1, what=session_id, act=AuditAct.SIGNED_IN)
    after = began[0].sequence if began else 0
    made = audit.newest(session, limit=_MOST_LOOKED_AT, what=user_id, who=user_id, act=AuditAct.TOKEN_MADE)
    ids = {each.data["token"] for each in made if each.sequence > after}
    for token, _user, _account in api_tokens.everyone(session, user_id):
        if token.id in ids and token.revoked_at is None:
            _revoke(session, token, user_id, STUDIO)


def _revoke(session: Session, token: ApiToken, by: str | None, via: str) -> None:
    token.revoked_at = clock.now(session)
    append(session, AuditAct.TOKEN_REVOKED, by=by, via=via, what=token.user_id, data={"token": token.id})


def find(record: Record, token: str) -> Person | None:
    """In whose name a program speaks that shows this token; None for one that is good for nothing, or may do
    more than its owner may by now.
    """
    if not token.startswith(PREFIX):
        return None
    with record.reading() as session:
        found = api_tokens.find(session, digest(token))
        if found is None:
            return None
        kept, user, account = found
        now = clock.now(session)
        if not _is_good(kept, account, clock.rights(session)):
            return None
        person = Person(user.id, user.name, kept.role, token_id=kept.id)
        unnoted = kept.last_used_at is None or now - kept.last_used_at >= _NOTED_EVERY
    if unnoted:
        with record.writing() as session:
            api_tokens.used(session, kept.id, now)
    return person


def standing(record: Record, ids: Collection[str]) -> set[str]:
    """Which of these tokens are good still."""
    with record.reading() as session:
        now = clock.rights(session)
        found = api_tokens.standing(session, ids)
        return {token.id for token, _user, account in found if _is_good(token, account, now)}


def _is_good(token: ApiToken, account: Account, now: datetime) -> bool:
    return token.expires_at > now and token.role in BELOW[account.role]


def _owner(session: Session, email: str) -> tuple[User, Account]:
    found = accounts.by_email(session, email)
    if found is None:
        raise UsageError(
            "Nobody has an account with this e-mail address. `storykin user list` shows all.",
            code="unknown_person",
        )
    return found


def _view(session: Session, made: ApiToken, user: User) -> TokenView:
    left = made.expires_at - clock.rights(session)
    state = "revoked" if made.revoked_at else "good" if left > timedelta() else "expired"
    return TokenView(
        token_id=made.id,
        name=made.name,
        email=user.email,
        role=made.role,
        made_at=made.created_at,
        until=clock.now(session) + left,
        last_used_at=made.last_used_at,
        state=state,
    )
