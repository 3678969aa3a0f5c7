"""Searches of the list that are kept under a name."""

from urllib.parse import parse_qs

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.models import SavedView
from db.names import searchable

MOST = 50  # a menu of more is no help
QUERY = "q"  # what is searched for, in a view's address
LONG = 3  # letters of a word that is looked for inside of others, too


def every(session: Session) -> list[SavedView]:
    """All of them, by name."""
    return list(session.scalars(select(SavedView).order_by(func.lower(SavedView.name), SavedView.id)))


def keep(session: Session, *, name: str, address: str, created_by: str | None) -> SavedView:
    """Keep `address` under `name`; one of the same name is replaced."""
    session.execute(delete(SavedView).where(func.lower(SavedView.name) == name.lower()))
    view = SavedView(name=name, address=address, created_by=created_by)
    session.add(view)
    session.flush()
    return view


def forget(session: Session, view_id: str) -> None:
    """Keep it no longer. One that is not there is forgotten already."""
    session.execute(delete(SavedView).where(SavedView.id == view_id))


def forget_name(session: Session, name: str) -> int:
    """Keep no view that a word of this person's name stands in, or that searches for one; how many went."""
    words = searchable(name).replace("-", " ").split()
    named = [view.id for view in every(session) if any(_holds(text, words) for text in _texts(view))]
    return session.connection().execute(delete(SavedView).where(SavedView.id.in_(named))).rowcount


def _texts(view: SavedView) -> list[str]:
    return [searchable(each) for each in (view.name, *parse_qs(view.address).get(QUERY, ()))]


def _holds(text: str, words: list[str]) -> bool:
    """A short word of letters counts as a whole only ("de" is in too many); a Chinese name has two signs."""
    apart = set(text.replace("-", " ").split())
    return any(
        word in apart or (word in text and (len(word) >= LONG or not word.isascii())) for word in words
    )
