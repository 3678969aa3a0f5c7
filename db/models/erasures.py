"""Erasures, and what says when one is due or must wait."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, ClippedText, Identified, checked


class ErasureReason(StrEnum):
    """Why somebody was erased."""

    ASKED = "asked"
    WITHDRAWN = "withdrawn"  # the consent was withdrawn
    RETENTION = "retention"  # its time was over
    RESTORED = "restored"  # erased before, and brought back by an older database


class ErasureStep(StrEnum):
    """What an erasure does next, in this order. Each can be done again."""

    WORKERS = "workers"  # whoever is still at work on the character comes to an end
    BYTES = "bytes"
    COMPACT = "compact"  # the database gives up the space of what was deleted
    PREFECT = "prefect"
    DONE = "done"


class Erasure(Identified, Base):
    """The erasure of one character: a job that goes on until it is done, then the certificate.

    It names no table of persons as its parent, so that it stays whatever becomes of those.
    """

    __tablename__ = "erasures"

    character_id: Mapped[str] = mapped_column(String(36), unique=True)
    reason: Mapped[ErasureReason] = mapped_column(checked(ErasureReason, "reason"))
    step: Mapped[ErasureStep] = mapped_column(checked(ErasureStep, "step"), default=ErasureStep.WORKERS)
    asked_by: Mapped[str | None] = mapped_column(String(36))  # a user's id
    keep_canon: Mapped[bool] = mapped_column(default=False)
    plan: Mapped[dict[str, Any]]  # keys and ids that are still to be deleted; {} once it is done
    certificate: Mapped[dict[str, Any] | None]
    waits_for: Mapped[str | None] = mapped_column(ClippedText(500))  # why it is not done yet
    ended_at: Mapped[datetime | None]


class LegalHold(Identified, Base):
    """Nothing of the character is erased while one of these is not lifted."""

    __tablename__ = "legal_holds"

    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(ClippedText(500))
    placed_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class RetentionClock(Base):
    """Since when a retention period of a character runs, by the steady clock (`db.repositories.clock`)."""

    __tablename__ = "retention_clocks"

    character_id: Mapped[str] = mapped_column(
        ForeignKey("characters.id", ondelete="CASCADE"), primary_key=True
    )
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)  # a class, or one with a picture's id
    started_at: Mapped[datetime]
