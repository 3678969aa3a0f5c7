"""Whose account it is that an OpenID provider speaks of, and who is known by it."""

from db.engine import Record, Session
from db.models import Account, User
from db.repositories import accounts, clock, identities, users
from tasks.accounts import people
from tasks.accounts.person import STUDIO
from tasks.audit.acts import AuditAct
from tasks.audit.append import append
from tasks.oidc.errors import NotLetIn
from tasks.oidc.id_token import Claims
from tasks.oidc.settings import OidcSettings, oidc_settings


def account_of(session: Session, settings: OidcSettings, claims: Claims) -> tuple[User, Account]:
    """The account of a subject, in the caller's transaction.

    A subject that is known stays whose it was, whatever address it has by now. One that is not becomes that
    of the account with the address that the provider has confirmed, once; or a new account where the
    settings want that. NotLetIn.
    """
    known = identities.find(session, claims.issuer, claims.subject)
    if known is not None:
        identity, user, account = known
        if account.disabled_at is not None:
            raise NotLetIn
        identity.last_used_at = clock.now(session)
        return user, account
    there = accounts.by_email(session, claims.email) if claims.email else None
    if there is None:
        there = _new(session, settings, claims)
    user, account = there
    elsewhere = {each.issuer for each in identities.of_user(session, user.id)}
    if account.disabled_at is not None or claims.issuer in elsewhere:
        raise NotLetIn  # another subject with the address of somebody who is known: not them
    made = identities.add(session, user_id=user.id, issuer=claims.issuer, subject=claims.subject)
    made.last_used_at = made.created_at
    append(session, AuditAct.USER_LINKED, by=user.id, via=STUDIO, what=user.id, data={"identity": made.id})
    return user, account


def unlink(record: Record, *, email: str, by: str | None, via: str) -> int:
    """Nobody at a sign-in service is this person any more, and their sessions end; how many identities there
    were. The next who comes from there with their confirmed address is them again.

    UnknownPerson, UsageError (`last_administrator`).
    """
    with record.writing() as session:
        user, account = people.found(session, email)
        lets_in = user.id in identities.known_users(session, oidc_settings().issuer)
        if lets_in and account.password_hash is None:
            people.keep_an_administrator(session, account)
        removed = identities.remove_all_of(session, user.id)
        if removed:
            people.end_all(session, user.id, by=by, via=via)
            told = {"identities": removed}
            append(session, AuditAct.USER_UNLINKED, by=by, via=via, what=user.id, data=told)
        return removed


def _new(session: Session, settings: OidcSettings, claims: Claims) -> tuple[User, Account]:
    """An account for somebody the provider knows. The first of all is made by hand: an administrator."""
    role = settings.role_of_new_people
    if role is None or not people.is_address(claims.email) or not accounts.any_there(session):
        raise NotLetIn
    if users.by_email(session, claims.email) is not None:
        raise NotLetIn  # somebody has taken their account away: they don't come back by themselves
    name = claims.name[:120] or claims.email.partition("@")[0]
    account = accounts.add(session, email=claims.email, name=name, role=role, password_hash=None)
    assert account is not None  # nobody has the address
    told = {"role": role.value, "with": "openid"}
    append(session, AuditAct.USER_MADE, by=None, via=STUDIO, what=account.user_id, data=told)
    user, _account = people.found(session, claims.email)
    return user, account
