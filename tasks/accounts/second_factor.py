"""One's second factor: begun, confirmed, taken away; and the recovery codes that stand in for it."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

import pyotp

from db.engine import Record, Session
from db.models import User
from db.repositories import clock, second_factors
from tasks.accounts import people
from tasks.accounts.codes import WrongCode, check, digest, is_code_of
from tasks.accounts.factor_seal import sealed
from tasks.accounts.own import count_try, forgive_try, prove_password
from tasks.accounts.person import STUDIO, Person
from tasks.audit.acts import AuditAct
from tasks.audit.append import append
from tasks.errors import UsageError

ISSUER = "Storykin"
RECOVERY_CODES = 10
PENDING = timedelta(minutes=15)  # a new factor waits so long for its first code
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another; 16 of them are 80 bits


@dataclass(frozen=True)
class NewFactor:
    """What an authenticator has to be told, this once. Never logged, and shown to nobody else."""

    secret: str
    uri: str


def factor_of(record: Record, *, email: str) -> tuple[bool, int]:
    """Whether this person is asked for a second factor, and how many recovery codes they have left.

    UnknownPerson.
    """
    with record.reading() as session:
        user, _account = people.found(session, email)
        on = second_factors.is_on(session, user.id)
        return on, second_factors.recovery_codes_left(session, user.id)


def begin_factor(record: Record, person: Person, *, password: str) -> NewFactor:
    """A new secret, which asks nobody until a first code confirms it.

    NoOwnAccount, WrongOldPassword, TooManyTries, UsageError (`factor_is_on`).
    """
    user = prove_password(record, person, password)
    secret = pyotp.random_base32()
    kept = sealed(secret, user.id)
    with record.writing() as session:
        if second_factors.is_on(session, user.id):
            raise UsageError("You have a second factor already. Take it away first.", code="factor_is_on")
        second_factors.begin(session, user.id, kept, clock.steady(session))
    return NewFactor(secret, pyotp.TOTP(secret).provisioning_uri(name=user.email or "", issuer_name=ISSUER))


def confirm_factor(record: Record, person: Person, *, code: str) -> list[str]:
    """The authenticator knows the secret: it is asked for from now on. The recovery codes, told this once.

    NoOwnAccount, WrongCode, TooManyTries, UsageError (`no_factor`).
    """
    user = count_try(record, person)
    with record.writing() as session:
        factor = second_factors.find(session, user.id)
        late = factor is None or clock.steady(session) - factor.began >= PENDING
        if factor is None or late or factor.confirmed_at is not None:
            raise UsageError(
                "There is no new second factor to confirm, or not any more. Begin again.", code="no_factor"
            )
        right = is_code_of(session, factor, code)
        if right:
            factor.confirmed_at = clock.now(session)
            codes = _new_codes(session, user)
            forgive_try(session, person)
            append(session, AuditAct.SECOND_FACTOR_ON, by=user.id, via=STUDIO, what=user.id)
    if not right:
        raise WrongCode
    return codes


def renew_recovery_codes(record: Record, person: Person, *, code: str) -> list[str]:
    """New recovery codes in place of all there are, told this once. NoOwnAccount, WrongCode, TooManyTries."""
    user = count_try(record, person)
    with record.writing() as session:
        right = check(session, user.id, code)
        if right:
            codes = _new_codes(session, user)
            forgive_try(session, person)
            append(session, AuditAct.RECOVERY_CODES_MADE, by=user.id, via=STUDIO, what=user.id)
    if not right:
        raise WrongCode
    return codes


def remove_factor(record: Record, person: Person, *, code: str) -> None:
    """The password alone, from now on. NoOwnAccount, WrongCode, TooManyTries."""
    user = count_try(record, person)
    with record.writing() as session:
        right = check(session, user.id, code)
        if right:
            second_factors.remove(session, user.id)
            forgive_try(session, person)
            append(session, AuditAct.SECOND_FACTOR_OFF, by=user.id, via=STUDIO, what=user.id)
    if not right:
        raise WrongCode


def remove_factor_of(record: Record, *, email: str, by: str | None, via: str) -> bool:
    """Take somebody's second factor away, who has lost it; whether there was one. UnknownPerson."""
    with record.writing() as session:
        user, _account = people.found(session, email)
        there = second_factors.remove(session, user.id)
        if there:
            append(session, AuditAct.SECOND_FACTOR_OFF, by=by, via=via, what=user.id)
        return there


def _new_codes(session: Session, user: User) -> list[str]:
    plain = ["".join(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    second_factors.set_recovery_codes(session, user.id, [digest(each) for each in plain])
    return ["-".join(each[at : at + 4] for at in range(0, 16, 4)) for each in plain]
