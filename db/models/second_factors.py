"""The second factor of a sign-in, what is half done of one, and what its owner is told of new browsers."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.ids import utc_now
from db.models.base import Base, ClippedText, Identified, checked


class NoticeAnswer(StrEnum):
    """What somebody said of a sign-in in their name."""

    MINE = "mine"
    NOT_MINE = "not_mine"


class SecondFactor(Base):
    """A secret shared with a person's authenticator (TOTP, RFC 6238); asked for once it is confirmed."""

    __tablename__ = "second_factors"

    user_id: Mapped[str] = mapped_column(ForeignKey("accounts.user_id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    began: Mapped[datetime]  # steady: how long it may wait to be confirmed
    sealed_secret: Mapped[str] = mapped_column(String(200))  # by a key that is not in the database
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)  # of the newest code that was used


class RecoveryCode(Base):
    """A code that stands in for the second factor, once: then its row is gone."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[str] = mapped_column(ForeignKey("accounts.user_id", ondelete="CASCADE"), primary_key=True)
    code_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)


class SignInStep(Base):
    """A sign-in whose password was right, and that waits for the second factor."""

    __tablename__ = "sign_in_steps"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("accounts.user_id", ondelete="CASCADE"), index=True)
    began: Mapped[datetime]  # steady


class SignInNotice(Identified, Base):
    """Somebody has signed in with a browser that was not known as theirs; `session_id` may be over by now."""

    __tablename__ = "sign_in_notices"

    user_id: Mapped[str] = mapped_column(ForeignKey("accounts.user_id", ondelete="CASCADE"), index=True)
    session_id: Mapped[str] = mapped_column(String(36))
    address: Mapped[str] = mapped_column(ClippedText(64))
    agent: Mapped[str] = mapped_column(ClippedText(200))
    answered_at: Mapped[datetime | None]
    answer: Mapped[NoticeAnswer | None] = mapped_column(checked(NoticeAnswer, "answer"))
