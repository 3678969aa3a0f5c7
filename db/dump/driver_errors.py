"""What the drivers raise where SQLAlchemy does not stand in between, in words that tell no value."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import OperationalError

from db.errors import RecordError, in_plain_words

_DOES_NOT_FIT = (
    sqlite3.IntegrityError,
    psycopg.IntegrityError,
    psycopg.DataError,
    psycopg.errors.RaiseException,
)


@contextmanager
def driver_errors_in_words() -> Iterator[None]:
    """As `db.errors.in_plain_words`, also for what comes straight from a driver."""
    with in_plain_words():
        try:
            yield
        except _DOES_NOT_FIT as error:
            raise RecordError(
                f"A row does not fit the tables here ({_which(error)}); nothing was kept.",
                code="does_not_fit",
            ) from error
        except (sqlite3.OperationalError, psycopg.OperationalError) as error:
            raise OperationalError(None, None, error) from error
        except UnicodeError as error:
            raise RecordError("The database holds text that is not UTF-8.", code="not_utf8") from error


def _which(error: Exception) -> str:
    """The rule that was broken; Postgres's own sentence would quote the row."""
    if isinstance(error, psycopg.Error):
        told = error.diag
        return told.constraint_name or told.column_name or told.table_name or type(error).__name__
    return str(error)
