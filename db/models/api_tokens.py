"""Tokens by which programs speak in a person's name, and links by which support looks at one timeline."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.accounts import Role
from db.models.base import Base, ClippedText, Identified, checked


class ApiToken(Identified, Base):
    """A program's way in, in the name of whoever it was made for. The token is kept as a digest only."""

    __tablename__ = "api_tokens"

    user_id: Mapped[str] = mapped_column(ForeignKey("accounts.user_id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(ClippedText(80))  # what it is for
    role: Mapped[Role] = mapped_column(checked(Role, "role"))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]  # steady
    last_used_at: Mapped[datetime | None]  # for people, to the minute
    revoked_at: Mapped[datetime | None]


class SupportLink(Identified, Base):
    """A link to the timeline of one character. The token in its address is kept as a digest only."""

    __tablename__ = "support_links"

    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]  # steady
    made_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    withdrawn_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
