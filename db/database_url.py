"""The record's address: what people write, as one that this code can open."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:  # SQLAlchemy is large, and the launcher, which reads settings, keeps no record
    from sqlalchemy import URL

HOW = (
    "Write postgresql://user:password@host/database or sqlite:////folder/file.db, or leave it empty for a "
    "file in STORYKIN_HOME."
)
_POSTGRES = frozenset({"postgresql", "postgres"})
# What other drivers call sslmode, where they mean the same by its value.
_TLS_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})


def of_file(file: Path) -> str:
    """The URL of a SQLite file, whatever signs its path holds."""
    from sqlalchemy import URL  # noqa: PLC0415

    path = str(file.resolve())
    if "?" not in path:
        return URL.create("sqlite", database=path).render_as_string()
    # A URL ends its path there; SQLite's own URI form quotes it.
    return URL.create("sqlite", database=f"file:{quote(path)}", query={"uri": "true"}).render_as_string()


def usable(written: str) -> str:
    """`written` for the drivers that Storykin has. ValueError with a sentence that holds no part of it."""
    from sqlalchemy import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        url = make_url(written.strip())
    except (ArgumentError, ValueError):
        raise ValueError(f"this is no database address. {HOW}") from None
    kind = url.drivername.partition("+")[0]
    if kind in _POSTGRES:  # whichever driver was named, an asynchronous one too: ours is psycopg
        return _of_server(url).render_as_string(hide_password=False)
    if kind != "sqlite":
        raise ValueError(f"the record is kept in Postgres or SQLite, and this names another kind. {HOW}")
    if url.database in (None, "", ":memory:"):
        raise ValueError(f"a database in memory would be lost at the end. {HOW}")
    if (file := sqlite_file(written.strip())) is not None and file.is_dir():
        raise ValueError(f"this names a folder, and the record is a file. {HOW}")
    return url.set(drivername="sqlite").render_as_string()


def _of_server(url: "URL") -> "URL":
    """A Postgres URL for psycopg. ValueError for an option after the `?` that libpq would refuse."""
    from psycopg import pq  # noqa: PLC0415 - whoever keeps the record in a file needs none of it

    if "sslmode" not in url.query and url.query.get("ssl") in _TLS_MODES:
        url = url.difference_update_query(["ssl"]).update_query_dict({"sslmode": url.query["ssl"]})
    known = {each.keyword.decode() for each in pq.Conninfo.get_defaults()}
    if url.query.keys() - known:
        raise ValueError(
            "an option after the ? is none of Postgres' own client (sslmode, application_name, options …). "
            "Leave it out."
        )
    return url.set(drivername="postgresql+psycopg")


def is_sqlite(url: str) -> bool:
    """Whether `url` names a SQLite file."""
    from sqlalchemy import make_url  # noqa: PLC0415

    return make_url(url).get_backend_name() == "sqlite"


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite URL; None for a server, or a database in memory."""
    from sqlalchemy import make_url  # noqa: PLC0415

    place = make_url(url)
    if place.get_backend_name() != "sqlite" or place.database in (None, "", ":memory:"):
        return None
    name = str(place.database)
    return Path(unquote(urlsplit(name).path)) if name.startswith("file:") else Path(name)
