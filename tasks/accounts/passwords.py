"""Passwords: hashed by argon2id at the library's own choice of costs, never kept or logged as they are."""

import threading
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from db.told import told
from tasks.errors import UsageError

SHORTEST, LONGEST = 12, 256  # characters
_HASHER = PasswordHasher()  # RFC 9106, low memory: 64 MiB, three passes
_AT_ONCE = threading.BoundedSemaphore(2)  # of these 64 MiB: many who try at once wait for each other


class WeakPassword(UsageError):
    """The password is too short, too long or too plain."""

    code = "weak_password"


def hashed(password: str) -> str:
    """What is kept of a new password. WeakPassword for one that is guessed too soon."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(
            told(
                "A password has %(shortest)s to %(longest)s characters. Several words are easy to keep.",
                shortest=SHORTEST,
                longest=LONGEST,
            )
        )
    if len(set(password.lower())) < 5:
        raise WeakPassword("This password repeats itself too much to be safe. Several words are better.")
    with _AT_ONCE:
        return _HASHER.hash(_plain(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether this is the password; where there is none to compare with it takes just as long."""
    with _AT_ONCE:
        try:
            _HASHER.verify(kept or _nobody_s(), _plain(password[:LONGEST]))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None and len(password) <= LONGEST


def is_dated(kept: str) -> bool:
    """Whether it was hashed at other costs than today's."""
    return _HASHER.check_needs_rehash(kept)


def _plain(password: str) -> bytes:
    """The same letters give the same bytes, from whatever keyboard."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@lru_cache
def _nobody_s() -> str:
    return _HASHER.hash(b"the password of nobody at all")
