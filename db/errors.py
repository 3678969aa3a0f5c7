"""What can go wrong with the record, each with a code for machines and a sentence for people."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # SQLAlchemy is 20 MB; the launcher, which stays as long as the studio, does without
    from sqlalchemy.exc import DBAPIError, IntegrityError


class UserFacingError(Exception):
    """Something went wrong that a person can be told of; the sentence holds no name, photo or key."""

    code: str = "error"

    def __init__(self, sentence: str, *, code: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        if code is not None:
            self.code = code


class BadSettings(UserFacingError):
    """Settings that can't be used; `problems` names each with what is wrong, never with its value."""

    code = "bad_settings"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The settings can't be used. " + "; ".join(problems))
        self.problems = problems


class RecordError(UserFacingError):
    """The record could not do what was asked."""

    code = "record"


class NotFound(RecordError):
    """There is no such row."""

    code = "not_found"


class IllegalStep(RecordError):
    """A state can't be left in that direction."""

    code = "illegal_step"


class Erased(IllegalStep):
    """The person has been erased: nothing more is done with them, and nothing is added."""

    code = "erased"

    def __init__(
        self, sentence: str = "This character has been erased, so nothing more is made of it."
    ) -> None:
        super().__init__(sentence)


class ConsentMissing(IllegalStep):
    """Nothing is done with a photo before someone has consented to it."""

    code = "consent_missing"


class AppendOnly(RecordError):
    """The timeline is added to, never changed."""

    code = "append_only"


class StaleFence(RecordError):
    """Another worker has taken this call over: nothing of what this one wanted to write was written."""

    code = "lost_fence"


class Conflict(RecordError):
    """Two different things claim the same place."""

    code = "conflict"


class DecidedMeanwhile(Conflict):
    """Someone else has decided since the person looked: theirs stands, and nothing was written over it."""

    code = "decided_meanwhile"


class RecordAway(RecordError, ConnectionError):
    """The database can't be reached or is too busy just now: trying again may help."""

    code = "record_away"


class RecordBusy(RecordError):
    """Others are on the record, and what was asked for needs it alone."""

    code = "record_in_use"


class RecordReadOnly(RecordError):
    """The data folder or the database can't be written to."""

    code = "record_read_only"


class RecordFull(RecordError):
    """There is no room left for the database."""

    code = "record_full"


class RecordTooNew(RecordError):
    """The database was written by a newer Storykin than this one."""

    code = "record_too_new"


class MigrationFailed(RecordError):
    """The tables could not be brought up to date; nothing was changed."""

    code = "migration_failed"


SERVER_READ_ONLY = (
    "The database takes no writes: it is a replica, or set to read-only. Set DATABASE_URL to the primary."
)
NO_CREATE = (
    "The database role may not make tables. Let its owner say GRANT CREATE, USAGE ON SCHEMA public TO that "
    "role, or bring the record up to date as the owner."
)
READ_ONLY = (
    "The data folder can't be written to. Check its permissions, or set STORYKIN_HOME to another one (or "
    "DATABASE_URL, where that names the database file)."
)
FULL = "The disk that holds the database is full. Make room and try again."
DAMAGED = "The database file is damaged or is not a database. Restore it from a backup."
AWAY = "The database can't be reached just now. Check that it runs and that DATABASE_URL is right."
BUSY = "The database is busy. Try again in a moment."
_SIGN_IN = (
    "The database server turned this user away: the password in DATABASE_URL is not right, or the server's "
    "rules (pg_hba.conf) do not let the user in from here."
)
_NO_DATABASE = (
    "The database server is there, and the database or the user that DATABASE_URL names is not. Create it "
    "(createdb, createuser), or correct the name."
)
_NO_HOST = (
    "The host that DATABASE_URL names is not known here. Correct it, or see whether the network is there."
)
_TLS = (
    "The database server and this machine could not agree on an encrypted connection. See sslmode and "
    "sslrootcert in DATABASE_URL, and whether the server speaks TLS."
)
_CROWDED = "The database server takes no more connections just now. Try again in a moment."

_NAMES = re.compile(r'"[^"\n]*"')
# What drivers say, and what that means; the first line that fits counts.
_SIGNS: tuple[tuple[tuple[str, ...], type[RecordError], str], ...] = (
    (("readonly", "read-only", "unable to open database"), RecordReadOnly, READ_ONLY),
    (("disk is full", "no space left", "could not extend file"), RecordFull, FULL),
    (("malformed", "not a database", "disk i/o error"), RecordError, DAMAGED),
    (("locked", "deadlock", "could not serialize", "lock timeout"), RecordAway, BUSY),
    (("too many clients", "remaining connection slots", "too many connections"), RecordAway, _CROWDED),
    (("authentication failed", "no password supplied", "pg_hba.conf"), RecordAway, _SIGN_IN),
    (('" does not exist', "is not permitted to log in"), RecordAway, _NO_DATABASE),
    (("failed to resolve host", "could not translate host name"), RecordAway, _NO_HOST),
    (("certificate", "does not support ssl", "sslmode", "tlsv1 alert"), RecordAway, _TLS),
)


def is_taken(error: "IntegrityError") -> bool:
    """Whether a unique value was there already; else the row broke another rule of the database."""
    said = str(error.orig).lower()
    return "unique constraint" in said


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Turn a database's own refusal into a RecordError; every other exception passes as it is."""
    try:
        yield
    except Exception as error:
        from sqlalchemy.exc import DBAPIError, OperationalError  # noqa: PLC0415
        from sqlalchemy.exc import TimeoutError as PoolTimeout  # noqa: PLC0415

        if isinstance(error, PoolTimeout):
            raise RecordAway(BUSY) from error  # every connection of this process is taken
        told = None
        if isinstance(error, DBAPIError):
            told = plain(error)
        elif isinstance(error, sqlite3.OperationalError):  # of the driver's own connection
            told = plain(OperationalError(None, None, error))
        if told is None:
            raise
        raise told from error


def plain(error: "DBAPIError") -> RecordError | None:
    """The RecordError that says what a driver's exception means; None for a mistake in our own SQL."""
    from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError  # noqa: PLC0415

    if getattr(error.orig, "sqlstate", None) == "25006":
        return RecordReadOnly(SERVER_READ_ONLY)
    if not isinstance(error, OperationalError | InterfaceError) and type(error) is not DatabaseError:
        return None
    said = _NAMES.sub('""', str(error.orig).lower())  # a host may be called "locked"
    for signs, kind, sentence in _SIGNS:
        if any(sign in said for sign in signs):
            return kind(sentence)
    # SQLite calls a missing table operational too; a server's operational errors are about being there.
    return None if isinstance(error.orig, sqlite3.Error) else RecordAway(AWAY)
