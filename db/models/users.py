"""The people who work in the studio."""

from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Identified, checked


class PlannedRole(StrEnum):
    """What was planned before there were accounts (`db.models.accounts`); rows hold it still."""

    OPERATOR = "operator"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"


class User(Identified, Base):
    """A person who works here, or did. How they sign in is their account's."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[PlannedRole] = mapped_column(checked(PlannedRole, "role"), default=PlannedRole.OPERATOR)
    password_hash: Mapped[str | None] = mapped_column(String(255))
