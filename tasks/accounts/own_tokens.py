"""API tokens of one's own: made, listed and revoked by whoever is signed in with a browser."""

from datetime import timedelta

from db.engine import Record
from db.models import Role
from db.repositories import accounts, clock, second_factors, studio_sessions
from db.told import told
from tasks.accounts.codes import WrongCode, check
from tasks.accounts.own import NoOwnAccount, count_try, forgive_try, prove_password
from tasks.accounts.person import STUDIO, Person
from tasks.accounts.tokens import USUAL_DAYS, TokenView, add_token, revoke_token, tokens_of
from tasks.audit.acts import AuditAct
from tasks.audit.append import append
from tasks.errors import UsageError

JUST_NOW = timedelta(minutes=10)  # who signed in so short a while ago has not left this browser open


class SignInAgain(UsageError):
    """Whoever has neither a password nor a second factor proves who they are by a new sign-in."""

    code = "sign_in_again"

    def __init__(self) -> None:
        super().__init__(
            told("You signed in more than ten minutes ago. Sign out and in again first, then make the token.")
        )


def own_tokens(record: Record, person: Person) -> list[TokenView]:
    """One's own, the newest first. NoOwnAccount."""
    if person.user_id is None or person.session_id is None:
        raise NoOwnAccount
    with record.reading() as session:
        return tokens_of(session, person.user_id)


def make_own_token(
    record: Record,
    person: Person,
    *,
    name: str,
    role: Role,
    days: int = USUAL_DAYS,
    password: str,
    code: str = "",
) -> tuple[str, TokenView]:
    """A token in one's own name, told this once. They prove who they are by their password; without one by
    a code of their second factor, or else by having signed in just now: whoever finds a browser open must
    not leave with a way in that outlives it.

    NoOwnAccount, WrongOldPassword, WrongCode, SignInAgain, TooManyTries, UsageError (as `add_token`).
    """
    if person.user_id is None or person.session_id is None:
        raise NoOwnAccount
    with record.reading() as session:
        found = accounts.by_id(session, person.user_id)
    if found is None:
        raise NoOwnAccount
    user, account = found
    if account.password_hash is not None:
        prove_password(record, person, password)
    else:
        _prove_without_password(record, person, code)
    return add_token(record, email=user.email, name=name, role=role, days=days, by=user.id, via=STUDIO)


def revoke_own_token(record: Record, person: Person, *, token_id: str) -> None:
    """It is good for nothing from now on. NoOwnAccount, UsageError (`no_token`)."""
    if token_id not in {each.token_id for each in own_tokens(record, person)}:
        raise UsageError("You have no such token. Load the page again.", code="no_token")
    revoke_token(record, beginning=token_id, by=person.user_id, via=STUDIO)


def _prove_without_password(record: Record, person: Person, code: str) -> None:
    """Who signs in elsewhere is at this browser now. NoOwnAccount, WrongCode, SignInAgain, TooManyTries."""
    with record.reading() as session:
        has_factor = second_factors.is_on(session, person.user_id or "")
        there = studio_sessions.standing(session, [person.session_id or ""])
        now = clock.rights(session)
        is_new = any(abs(now - each.began) <= JUST_NOW for each in there)
    if not has_factor:
        if not is_new:
            raise SignInAgain
        return
    user = count_try(record, person)
    with record.writing() as session:
        right = check(session, user.id, code)
        if right:
            forgive_try(session, person)
        else:
            append(session, AuditAct.SIGN_IN_FAILED, by=user.id, via=STUDIO, what=user.id)
    if not right:
        raise WrongCode
