"""Refusing, before anything is copied, what Postgres would not take and SQLite did."""

from collections.abc import Iterable

from db.dump import Oddity
from tasks.backup.errors import BackupError

_TOLD = 10


def refuse_oddities(found: Iterable[Oddity]) -> None:
    """BackupError that names the first of them, by table, row and column; never by value."""
    odd = list(found)
    if not odd:
        return
    more = f" And {len(odd) - _TOLD} more." if len(odd) > _TOLD else ""
    raise BackupError(
        "Postgres would not take everything that this SQLite record holds, so nothing was copied. "
        + " ".join(each.sentence for each in odd[:_TOLD])
        + f"{more} Put it right in SQLite first.",
        code="not_portable",
    )
