"""Searches of the list that somebody wants to find again."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, ClippedText, Identified


class SavedView(Identified, Base):
    """A name for a search with its filters and its order, as the list's address says them."""

    __tablename__ = "saved_views"
    __table_args__ = (CheckConstraint("length(name) BETWEEN 1 AND 80", name="view_name_length"),)

    name: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(ClippedText(1000))  # the query of the address, without "?"
    created_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
