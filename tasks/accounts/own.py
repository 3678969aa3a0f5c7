"""One's own account: the password, where one is signed in, and what one is told of new browsers."""

from dataclasses import dataclass
from datetime import datetime

from db.engine import Record, Session
from db.models import Account, NoticeAnswer, Role, SignInNotice, StudioSession, User
from db.repositories import accounts, clock, sign_in_notices, studio_sessions
from tasks.accounts import limits, passwords, people, sessions, tokens
from tasks.accounts.person import STUDIO, Person
from tasks.audit.acts import AuditAct
from tasks.audit.append import append
from tasks.errors import StorykinError, UsageError

NOTICES = 20  # that are shown, the newest


class NoOwnAccount(StorykinError):
    """Whoever asks is signed in with no browser: a program, or nobody."""

    code = "no_own_account"

    def __init__(self) -> None:
        super().__init__("Only somebody who is signed in with a browser has an account of their own here.")


class WrongOldPassword(UsageError):
    """The password that somebody has is not the one they gave."""

    code = "wrong_old_password"

    def __init__(self) -> None:
        super().__init__("This is not the password that you have now. Nothing was changed.")


@dataclass(frozen=True)
class OwnSession:
    """A browser that one is signed in with; moments are the calendar's."""

    session_id: str
    began: datetime
    last_seen: datetime
    address: str
    agent: str
    is_this: bool


@dataclass(frozen=True)
class Notice:
    """A sign-in with a browser that was not known; `is_open`: its session goes on."""

    notice_id: str
    at: datetime
    address: str
    agent: str
    answer: NoticeAnswer | None
    is_open: bool
    is_this: bool


@dataclass(frozen=True)
class OwnAccount:
    """What somebody sees of their own account."""

    name: str
    email: str
    role: Role
    has_password: bool
    password_changed_at: datetime | None
    sessions: list[OwnSession]
    notices: list[Notice]


def own_account(record: Record, person: Person) -> OwnAccount:
    """Everything of one's account. NoOwnAccount."""
    with record.reading() as session:
        user, account, mine = _whose(session, person)
        reading = clock.read(session)
        ahead = reading.now - reading.steady
        there = [
            OwnSession(
                each.id, each.began + ahead, each.last_seen + ahead, each.address, each.agent, each.id == mine
            )
            for each in _standing(session, user.id, reading.steady)
        ]
        ids = {each.session_id for each in there}
        notices = [_notice(each, ids, mine) for each in sign_in_notices.of_user(session, user.id, NOTICES)]
        return OwnAccount(
            user.name,
            user.email,
            account.role,
            account.password_hash is not None,
            account.password_changed_at,
            there,
            notices,
        )


def open_notices(record: Record, person: Person) -> list[Notice]:
    """New browsers that somebody has not answered for, but for the one they ask with; [] for programs."""
    if person.user_id is None or person.session_id is None:
        return []
    with record.reading() as session:
        found = sign_in_notices.open_of(session, person.user_id, person.session_id)
        asked = [each.session_id for each in found]
        ids = {each.id for each in studio_sessions.standing(session, asked)} if asked else set()
        return [_notice(each, ids, person.session_id) for each in found]


def change_own_password(record: Record, person: Person, *, old: str, new: str) -> int:
    """Another password, for who knows the one there is; how many other sessions ended.

    NoOwnAccount, WrongOldPassword, TooManyTries, WeakPassword.
    """
    user = prove_password(record, person, old)
    return people.change_password(
        record, email=user.email, password=new, by=user.id, via=STUDIO, keep_session=person.session_id
    )


def prove_password(record: Record, person: Person, password: str) -> User:
    """Whoever is at this browser knows the password, and did not just find it open.

    NoOwnAccount, WrongOldPassword, TooManyTries: tries count for this session alone, so that no stranger
    who fails at the door keeps anybody from this.
    """
    user = count_try(record, person)
    with record.reading() as session:
        _user, account, _mine = _whose(session, person)
        kept = account.password_hash
    right = passwords.matches(kept, password)
    with record.writing() as session:
        if right:
            forgive_try(session, person)
        else:
            append(session, AuditAct.SIGN_IN_FAILED, by=user.id, via=STUDIO, what=user.id)
    if not right:
        raise WrongOldPassword
    return user


def count_try(record: Record, person: Person) -> User:
    """Count a try to prove oneself in this session, before it is looked at. NoOwnAccount, TooManyTries."""
    refusal: limits.TooManyTries | None = None
    with record.writing() as session:
        user, _account, _mine = _whose(session, person)
        try:
            limits.take(session, limits.proof(person.session_id or ""), limits.OF_DEVICE)
        except limits.TooManyTries as error:
            refusal = error  # raised once what was counted is written
    if refusal is not None:
        raise refusal
    return user


def forgive_try(session: Session, person: Person) -> None:
    """The try that was counted last was a good one."""
    limits.give_back(session, limits.proof(person.session_id or ""))


def end_own_sessions(record: Record, person: Person, *, session_id: str | None) -> int:
    """End one session of one's own, or with None every one but this; how many. NoOwnAccount."""
    with record.writing() as session:
        user, _account, mine = _whose(session, person)
        if session_id is None:
            ended = studio_sessions.end_all_of(session, user.id, but=mine)
        else:
            ended = _end(session, user.id, session_id)
        if ended:
            told = {"sessions": ended}
            append(session, AuditAct.SESSION_ENDED, by=user.id, via=STUDIO, what=user.id, data=told)
        return ended


def answer_notice(record: Record, person: Person, *, notice_id: str, answer: NoticeAnswer) -> None:
    """Say of a sign-in whether it was one's own; if it was not, its session ends now, and tokens that were
    made since it began are revoked: by it, or by a session that it has begun.

    Nobody answers for the very browser that they ask with: it is for the other ones to say. NoOwnAccount,
    UsageError (`no_notice`).
    """
    with record.writing() as session:
        user, _account, mine = _whose(session, person)
        notice = sign_in_notices.find(session, user.id, notice_id)
        if notice is None or notice.session_id == mine:
            raise UsageError("There is no such sign-in to answer for. Load the page again.", code="no_notice")
        notice.answered_at, notice.answer = clock.now(session), answer
        if answer is NoticeAnswer.NOT_MINE:
            tokens.revoke_made_since(session, user.id, notice.session_id)
            told = {"sessions": _end(session, user.id, notice.session_id), "reason": "not_mine"}
            append(session, AuditAct.SESSION_ENDED, by=user.id, via=STUDIO, what=user.id, data=told)


def _whose(session: Session, person: Person) -> tuple[User, Account, str]:
    """Whose browser asks, and its session. NoOwnAccount."""
    found = accounts.by_id(session, person.user_id) if person.user_id else None
    if found is None or person.session_id is None:
        raise NoOwnAccount
    return *found, person.session_id


def _end(session: Session, user_id: str, session_id: str) -> int:
    own = {each.id for each in studio_sessions.of_user(session, user_id)}
    return studio_sessions.end(session, session_id) if session_id in own else 0


def _standing(session: Session, user_id: str, now: datetime) -> list[StudioSession]:
    return [each for each in studio_sessions.of_user(session, user_id) if not sessions.is_over(each, now)]


def _notice(each: SignInNotice, standing: set[str], mine: str) -> Notice:
    return Notice(
        each.id,
        each.created_at,
        each.address,
        each.agent,
        each.answer,
        each.session_id in standing,
        each.session_id == mine,
    )
