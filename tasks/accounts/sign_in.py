"""Signing in with a password. What comes after it, as a second factor, or instead ends in `begin_session`."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from db.engine import Record, Session
from db.models import Account, User
from db.repositories import accounts, clock, second_factors, sign_in_limits, sign_in_notices, studio_sessions
from tasks.accounts import limits, passwords, sessions
from tasks.accounts.codes import WrongCode, check
from tasks.accounts.person import STUDIO, Person
from tasks.audit.acts import AuditAct
from tasks.audit.append import append
from tasks.errors import UsageError

STEP_LIFE = timedelta(minutes=5)  # a sign-in waits so long for its second factor
_WAY_ENDS = "."  # in the token of a step, which has none of its own


class WrongSignIn(UsageError):
    """The e-mail address and the password do not belong together."""

    code = "wrong_sign_in"

    def __init__(self) -> None:
        super().__init__("This e-mail address and password don't belong together. Check both and try again.")


class StepIsOver(UsageError):
    """The second step of a sign-in came too late, or its first step counts no more."""

    code = "step_is_over"

    def __init__(self) -> None:
        super().__init__("This took too long, or the password was changed. Sign in again.")


@dataclass(frozen=True)
class Browser:
    """What signs in: where it is, what it says it is, and which cookies it has of us."""

    address: str
    agent: str
    device: str = ""  # the token by which it is known
    session: str = ""  # the token of a session it has already, which ends


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in now, and what their browser has to keep."""

    person: Person
    token: str
    device: str


@dataclass(frozen=True)
class CodeNeeded:
    """The password was right, and a second factor is asked for: `step` goes with its code."""

    step: str


def sign_in(record: Record, *, email: str, password: str, browser: Browser) -> SignedIn | CodeNeeded:
    """Begin a session, or its second step. WrongSignIn, TooManyTries: the same, and as slow, for names that
    nobody has.
    """
    known, locked = _count(record, email, browser)
    with record.reading() as session:
        found = accounts.by_email(session, email)
        kept = found[1].password_hash if found and found[1].disabled_at is None else None
    right = passwords.matches(kept, password)
    fresh = passwords.hashed(password) if right and kept and passwords.is_dated(kept) else None
    with record.writing() as session:
        found = accounts.by_email(session, email)
        if not right or found is None or found[1].disabled_at or found[1].password_hash != kept:
            who = found[0].id if found else None
            append(session, AuditAct.SIGN_IN_FAILED, by=None, via=STUDIO, what=who)
            enter_locked(session, locked, who)
            signed_in: SignedIn | CodeNeeded | None = None
        else:
            user, account = found
            account.password_hash = fresh or account.password_hash
            if second_factors.is_on(session, user.id):
                _give_back(session, email, browser, known=known)
            elif not known:
                sign_in_limits.forget(session, limits.account(email))
                limits.give_back(session, limits.address(browser.address))
            signed_in = let_in(session, user, account, browser)
    if signed_in is None:
        raise WrongSignIn
    return signed_in


def sign_in_with_code(record: Record, *, step: str, code: str, browser: Browser) -> SignedIn:
    """The second step of a sign-in. A wrong code counts like a wrong password.

    WrongCode, TooManyTries, StepIsOver.
    """
    with record.reading() as session:
        waiting = _waiting(session, step)
    if waiting is None:
        raise StepIsOver
    email = waiting[0].email or ""
    known, locked = _count(record, email, browser)
    with record.writing() as session:
        waiting = _waiting(session, step)
        signed_in = None
        if waiting is None:
            pass
        elif check(session, waiting[0].id, code):
            second_factors.end_step(session, sessions.digest(step))
            if not known:
                sign_in_limits.forget(session, limits.account(email))
                limits.give_back(session, limits.address(browser.address))
            signed_in = begin_session(session, *waiting, browser, _way_of(step))
        else:
            append(session, AuditAct.SIGN_IN_FAILED, by=None, via=STUDIO, what=waiting[0].id)
            enter_locked(session, locked, waiting[0].id)
    if signed_in is None:
        raise StepIsOver if waiting is None else WrongCode
    return signed_in


def let_in(
    session: Session, user: User, account: Account, browser: Browser, way: str = ""
) -> SignedIn | CodeNeeded:
    """Who it is has been shown once, by a password or another `way`, which goes into the audit log: a
    session, or a step that waits for the second factor where there is one.
    """
    if second_factors.is_on(session, user.id):
        return CodeNeeded(_begin_step(session, user.id, way))
    return begin_session(session, user, account, browser, way)


def begin_session(
    session: Session, user: User, account: Account, browser: Browser, way: str = ""
) -> SignedIn:
    """Who it is has been proved: a session with a token of its own, in the caller's transaction.

    What the browser had before ends; the audit log tells it. A browser that was not known as theirs is from
    now on, and their other browsers are told.
    """
    device = secrets.token_urlsafe(32)  # never what the browser brought: somebody else may have put it there
    known = bool(browser.device) and limits.is_known(session, limits.device(browser.device, user.email))
    sign_in_limits.forget(session, limits.device(browser.device, user.email))
    limits.know(session, limits.device(device, user.email))
    if browser.session:
        before = studio_sessions.find(session, sessions.digest(browser.session))
        if before is not None:
            studio_sessions.end(session, before[0].id)
    token, made = sessions.begin(session, user.id, address=browser.address, agent=browser.agent)
    told = {"with": way} if way else None
    append(session, AuditAct.SIGNED_IN, by=user.id, what=made.id, data=told)
    if not known:
        now = clock.now(session)
        sign_in_notices.forget_before(session, now - limits.DEVICE_LIFE)
        sign_in_notices.add(
            session,
            user_id=user.id,
            session_id=made.id,
            address=browser.address,
            agent=browser.agent,
            at=now,
        )
    return SignedIn(Person(user.id, user.name, account.role, made.id), token, device)


def _begin_step(session: Session, user_id: str, way: str) -> str:
    """A token by which the second step is known, with the way of the first one in it; what waited for too
    long is cleared away. Nobody changes that way: the whole token is looked up by its digest.
    """
    now = clock.steady(session)
    second_factors.end_steps_before(session, now - STEP_LIFE)
    token = f"{way}{_WAY_ENDS}{secrets.token_urlsafe(32)}" if way else secrets.token_urlsafe(32)
    second_factors.begin_step(session, user_id=user_id, token_sha256=sessions.digest(token), at=now)
    return token


def _way_of(step: str) -> str:
    way, found, _token = step.partition(_WAY_ENDS)
    return way if found else ""


def _waiting(session: Session, step: str) -> tuple[User, Account] | None:
    """Whose sign-in waits under this token; None where none does, or for too long."""
    found = second_factors.find_step(session, sessions.digest(step))
    if found is None or abs(clock.steady(session) - found[0].began) >= STEP_LIFE:
        return None
    return found[1], found[2]


def _give_back(session: Session, email: str, browser: Browser, *, known: bool) -> None:
    """The password was right, so that its try does not count: wrong codes do, and go on counting."""
    if known:
        limits.give_back(session, limits.device(browser.device, email))
    else:
        limits.give_back(session, limits.account(email))
        limits.give_back(session, limits.address(browser.address))


def sign_out(record: Record, person: Person) -> None:
    """End this session; its token is worth nothing from now on."""
    if person.session_id is None:
        return
    with record.writing() as session:
        if studio_sessions.end(session, person.session_id):
            append(session, AuditAct.SIGNED_OUT, by=person.user_id, what=person.session_id)


def _count(record: Record, email: str, browser: Browser) -> tuple[bool, tuple[str, ...]]:
    """Count the try; returns whether it was one of a browser that this person is known by, and the kinds of
    what is locked ("account", "address", "device") if it fails. TooManyTries.
    """
    last: list[str] = []
    refusal: limits.TooManyTries | None = None
    with record.writing() as session:
        mine = limits.device(browser.device, email)
        known = bool(browser.device) and limits.is_known(session, mine)
        try:
            if known:
                subjects = {mine: limits.OF_DEVICE}
            else:
                subjects = {
                    limits.address(browser.address): limits.OF_ADDRESS,
                    limits.account(email): limits.OF_ACCOUNT,
                }
            for subject, most in subjects.items():
                if limits.take(session, subject, most):
                    last.append(subject.partition(":")[0])
        except limits.TooManyTries as error:
            refusal = error  # raised once what was counted is written
            enter_locked(session, last, None)  # the address, by tries of an account that was locked before
    if refusal is not None:
        raise refusal
    return known, tuple(last)


def enter_locked(session: Session, kinds: Iterable[str], who: str | None) -> None:
    """Enter that the last try was one too many for these kinds of subject, in the caller's transaction."""
    for kind in kinds:
        whom = None if kind == "address" else who
        append(session, AuditAct.LOCKED_OUT, by=None, via=STUDIO, what=whom, data={"kind": kind})
