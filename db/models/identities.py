"""Other ways in than a password: who somebody is at a sign-in service, and links that set a password."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.ids import utc_now
from db.models.base import Base, Identified


class Identity(Identified, Base):
    """Who an account is at an OpenID provider, by the subject that it calls them for ever."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("user_id", "issuer"))

    user_id: Mapped[str] = mapped_column(ForeignKey("accounts.user_id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    last_used_at: Mapped[datetime | None]  # for people


class PasswordLink(Base):
    """A link by which somebody sets their password, once: then its row is gone. A new one takes its place."""

    __tablename__ = "password_links"

    user_id: Mapped[str] = mapped_column(ForeignKey("accounts.user_id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]  # steady
    made_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
