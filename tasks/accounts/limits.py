"""How often somebody may try to sign in: ten times an account, a hundred times an address, in a quarter hour.

Nobody is locked out for good, and no stranger locks a person out of their own browser: a browser that has
signed in before is known by a cookie and counted by itself (OWASP's device cookies). All is reckoned by the
record's steady clock, so that a clock that is set neither opens a lock nor keeps it closed.
"""

import hashlib
import ipaddress
from datetime import timedelta

from db.engine import Session
from db.repositories import clock, sign_in_limits
from tasks.errors import UsageError

OF_ACCOUNT, OF_ADDRESS, OF_DEVICE = 10, 100, 10  # tries
WINDOW = timedelta(minutes=15)  # tries are counted for so long, and a lock lasts for so long
DEVICE_LIFE = timedelta(days=90)


class TooManyTries(UsageError):
    """Too many failed tries to sign in: it has to wait."""

    code = "too_many_tries"

    def __init__(self, retry_after: float = 0.0) -> None:
        super().__init__("Those were too many tries. Wait a quarter of an hour, then try again.")
        self.retry_after = retry_after  # seconds


def account(email: str) -> str:
    """The subject of an account, whether there is one or not."""
    return f"account:{_digest(email.strip().lower())}"


def address(client: str) -> str:
    """The subject of a client's address; of IPv6 the network, since one household has all of it."""
    try:
        found = ipaddress.ip_address(client)
    except ValueError:
        return f"address:{_digest(client)}"
    if found.version == 6:
        found = ipaddress.ip_network(f"{found}/64", strict=False).network_address
    return f"address:{_digest(str(found))}"


def device(token: str, email: str) -> str:
    """The subject of a browser that this person has signed in with before."""
    return f"{_devices_of(email)}{_digest(f'{token} {email.strip().lower()}')[:48]}"


def proof(session_id: str) -> str:
    """The subject of a session in which somebody proves once more who they are."""
    return f"proof:{_digest(session_id)}"


def forget_devices(session: Session, email: str) -> None:
    """No browser is known any more as one that this person has signed in with."""
    sign_in_limits.forget_all(session, _devices_of(email))


def _devices_of(email: str) -> str:
    """What the subjects of all this person's browsers begin with."""
    return f"device:{_digest(email.strip().lower())[:24]}:"


def take(session: Session, subject: str, most: int) -> bool:
    """Count a try before it is looked at, so that many at once are no more than one after another.

    Returns whether it was the last one: if it fails, the subject is locked.

    TooManyTries where the subject has had `most` of them: then nothing more is counted, and the lock ends
    when it was to end.
    """
    now = clock.steady(session)
    row = sign_in_limits.ensure(session, subject, now)
    row.since = min(row.since, now)  # later only if it is of another start, when the clock was ahead
    if now - row.since >= WINDOW:
        row.failures, row.since = 0, now
    if row.failures >= most:
        raise TooManyTries((row.since + WINDOW - now).total_seconds())
    row.failures += 1
    if row.failures in (1, most):
        row.since = now
    return row.failures == most


def give_back(session: Session, subject: str) -> None:
    """A try that succeeded is none of those that count."""
    row = sign_in_limits.find(session, subject)
    if row is not None:
        row.failures = max(0, row.failures - 1)


def is_known(session: Session, subject: str) -> bool:
    """Whether this browser has signed in before."""
    return sign_in_limits.find(session, subject) is not None


def know(session: Session, subject: str) -> None:
    """Remember this browser, with a clean slate."""
    now = clock.steady(session)
    row = sign_in_limits.ensure(session, subject, now)
    row.failures, row.since = 0, now
    sign_in_limits.forget_before(session, now - WINDOW, kind="account:")
    sign_in_limits.forget_before(session, now - WINDOW, kind="address:")
    sign_in_limits.forget_before(session, now - WINDOW, kind="proof:")
    sign_in_limits.forget_before(session, now - DEVICE_LIFE, kind="device:")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
