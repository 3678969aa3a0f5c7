"""How people sign in, what they may do, and where they are signed in.

`users` says who somebody is; an account lets them in. Whoever is removed keeps their name with what they did.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.ids import utc_now
from db.models.base import Base, ClippedText, Identified, checked


class Role(StrEnum):
    """What a person may do; `ui.permissions` says what that is."""

    OPERATOR = "operator"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Account(Base):
    """A person's way in. Moments are for people to read."""

    __tablename__ = "accounts"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    role: Mapped[Role] = mapped_column(checked(Role, "role"))
    password_hash: Mapped[str | None] = mapped_column(String(255))  # argon2id; NULL: signs in elsewhere
    password_changed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class StudioSession(Identified, Base):
    """A browser that somebody is signed in with. Its end is reckoned by the steady clock."""

    __tablename__ = "studio_sessions"

    user_id: Mapped[str] = mapped_column(ForeignKey("accounts.user_id", ondelete="CASCADE"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    began: Mapped[datetime]  # steady
    last_seen: Mapped[datetime]  # steady, to the minute
    address: Mapped[str] = mapped_column(ClippedText(64))
    agent: Mapped[str] = mapped_column(ClippedText(200))


class SignInLimit(Base):
    """Failed tries to sign in, of one subject: an account, a browser or an address."""

    __tablename__ = "sign_in_limits"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int]
    since: Mapped[datetime]  # steady: of the first of these failures, or of the last when it is locked
