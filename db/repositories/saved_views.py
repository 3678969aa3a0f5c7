"""Searches of the list that are kept under a name."""

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.models import SavedView

MOST = 50  # a menu of more is no help


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
