"""The people who work in the studio."""

from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Identified, checked


class Role(StrEnum):
    """What a person may do."""

    OPERATOR = "operator"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"


class User(Identified, Base):
    """A person who works here."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(checked(Role, "role"), default=Role.OPERATOR)
    password_hash: Mapped[str | None] = mapped_column(String(255))
