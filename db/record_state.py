"""Whether the record is as this version needs it, and who may change that.

A record of its own (a SQLite file) is brought up to date by whatever starts on it. One on a database server
may be other machines' too: only `storykin migrate` changes its tables. Who only reads changes nothing at all.
"""

from sqlalchemy import make_url

from db import migrate
from db.errors import RecordError
from db.migration_lock import Tell
from db.told import told


class RecordBehind(RecordError):
    """The record's tables are older than this version needs, and it is not for the caller to change them."""

    code = "record_behind"


class RecordMissing(RecordError):
    """There are no tables yet."""

    code = "record_missing"


def is_own(url: str | None = None) -> bool:
    """Whether the record is this installation's alone: a file, not a server."""
    return make_url(url or migrate.record_url()).get_backend_name() == "sqlite"


def require_current() -> None:
    """Return if the record's tables are as this version needs them. Writes nothing, and makes no file.

    Raises RecordMissing, RecordBehind, RecordTooNew, or what else keeps the database from answering.
    """
    if migrate.is_current():
        return
    way = "`storykin up` makes them" if is_own() else "`storykin migrate` makes them"
    if migrate.current() is None:
        raise RecordMissing(told("The database has no tables of Storykin's yet: %(way)s.", way=way))
    way = "`storykin up`, or `storykin migrate`," if is_own() else "`storykin migrate`"
    raise RecordBehind(
        told(
            "The database's tables are older than this Storykin needs: %(way)s brings them up to "
            "date. Nothing was changed.",
            way=way,
        )
    )


def prepare_own(tell: Tell | None = None) -> bool:
    """Bring a record of our own up to date; True if there was need. A shared one is only looked at.

    `tell` is told each step, and what is waited for. Raises what `require_current` and `db.migrate.upgrade`
    do.
    """
    if is_own():
        return migrate.upgrade(tell=tell)
    require_current()
    return False
