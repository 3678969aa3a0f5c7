"""Sessions: begun at a sign-in, found by a token that only the browser has, over at the latest after a day.

All is reckoned by the record's steady clock: a clock that is set back lets nobody stay longer.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from db.engine import Record, Session
from db.models import StudioSession
from db.repositories import clock, studio_sessions
from tasks.accounts.person import Person

IDLE = timedelta(hours=8)  # a working day without a click
LIFETIME = timedelta(hours=24)  # whatever is clicked: once a day everybody says who they are
_NOTED_EVERY = timedelta(minutes=1)  # that a session is used is written down this often


def digest(token: str) -> str:
    """What is kept of a token: nobody who reads the record can use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(session: Session, user_id: str, *, address: str, agent: str) -> tuple[str, StudioSession]:
    """A new session and its token, in the caller's transaction. What is over by now is cleared away."""
    now = clock.rights(session)
    studio_sessions.end_before(session, began=now - LIFETIME, last_seen=now - IDLE)
    token = secrets.token_urlsafe(32)
    made = studio_sessions.add(
        session, user_id=user_id, token_sha256=digest(token), at=now, address=address, agent=agent
    )
    return token, made


def find(record: Record, token: str, *, used: bool = True) -> Person | None:
    """Who is signed in with this token; None for nobody, or nobody any more. `used`: by a person, so that the
    idle time begins anew.
    """
    with record.reading() as session:
        found = studio_sessions.find(session, digest(token))
        if found is None:
            return None
        kept, user, account = found
        now = clock.rights(session)
        if is_over(kept, now):
            return None
        person = Person(user.id, user.name, account.role, kept.id)
        unnoted = used and now - kept.last_seen >= _NOTED_EVERY
    if unnoted:
        with record.writing() as session:
            studio_sessions.touch(session, kept.id, now)
    return person


def is_over(kept: StudioSession, now: datetime) -> bool:
    """Whether its time has passed at the steady moment `now`; or it began in a time that is still to come."""
    soon = now + timedelta(minutes=5)
    return now - kept.began >= LIFETIME or now - kept.last_seen >= IDLE or kept.began > soon


def standing(record: Record, ids: Collection[str]) -> set[str]:
    """Which of these sessions have not been ended, and are not over."""
    with record.reading() as session:
        now = clock.rights(session)
        return {each.id for each in studio_sessions.standing(session, ids) if not is_over(each, now)}


def end(record: Record, session_id: str) -> None:
    """Sign out: the token is worth nothing from now on."""
    with record.writing() as session:
        studio_sessions.end(session, session_id)
