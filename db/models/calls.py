"""The call record: every intention to spend, before it is spent."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.ids import utc_now
from db.models.base import Base, ClippedText, Identified, checked


class CallKind(StrEnum):
    """What the call buys."""

    VISION = "vision"
    IMAGE = "image"


class CallState(StrEnum):
    """Where a call stands. The happy path is the first six, in this order."""

    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    STORED = "stored"
    RECORDED = "recorded"
    REFUSED = "refused"  # the provider's safety said no: terminal
    FAILED = "failed"  # known not charged, or charged and known
    UNKNOWN = "unknown"  # it left and no answer came: possibly paid
    WRITTEN_OFF = "written_off"  # a person gave it up


class ProviderCall(Identified, Base):
    """One intention to spend. `fence` grows with every claim, so a sleeper changes nothing."""

    __tablename__ = "provider_calls"
    __table_args__ = (
        Index("ix_provider_calls_state_lease", "state", "lease_expires_at"),
        Index("ix_provider_calls_sent_at", "sent_at"),
        Index("ix_provider_calls_newest", text("coalesce(sent_at, created_at)"), "id"),
        Index("ix_provider_calls_state_newest", "state", text("coalesce(sent_at, created_at)"), "id"),
        Index(
            "ix_provider_calls_assumed_paid",
            "ended_at",
            sqlite_where=text("error_code = 'assumed_paid'"),
            postgresql_where=text("error_code = 'assumed_paid'"),
        ),
        # One prediction of the provider belongs to one call: evidence can't settle two of them.
        UniqueConstraint("provider", "provider_id"),
        CheckConstraint("estimate_microusd >= 0", name="estimate_not_negative"),
        CheckConstraint("actual_microusd >= 0", name="actual_not_negative"),
        CheckConstraint("fence > 0", name="fence_positive"),
        CheckConstraint("attempts > 0", name="attempts_positive"),
    )

    work_key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[CallKind] = mapped_column(checked(CallKind, "kind"))
    provider: Mapped[str] = mapped_column(String(32))
    model: Mapped[str] = mapped_column(String(120))
    state: Mapped[CallState] = mapped_column(checked(CallState, "state"), default=CallState.CLAIMED)
    fence: Mapped[int] = mapped_column(BigInteger, default=1)
    attempts: Mapped[int] = mapped_column(default=1)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_expires_at: Mapped[datetime | None]  # by the steady clock (`db.repositories.clock`)
    sent_by: Mapped[str | None] = mapped_column(String(64))  # who may still have the request in its hands
    answer_due_at: Mapped[datetime | None]  # when a request in living hands ends at the latest; steady clock
    absent_since: Mapped[datetime | None]  # the provider's books did not show it; steady clock…
    absent_told_at: Mapped[datetime | None]  # …and by the provider's own
    given_up_at: Mapped[
        datetime | None
    ]  # unknown, and no machine looks for evidence any more; a person has to
    attempt_of: Mapped[str | None] = mapped_column(String(36), index=True)  # the call this was a try of
    provider_id: Mapped[str | None] = mapped_column(String(120))
    character_id: Mapped[str | None] = mapped_column(
        ForeignKey("characters.id", ondelete="SET NULL"), index=True
    )
    prompt_artifact_id: Mapped[str | None] = mapped_column(
        ForeignKey("prompt_artifacts.id", ondelete="SET NULL"), index=True
    )
    asset_id: Mapped[str | None] = mapped_column(
        ForeignKey("generated_assets.id", ondelete="SET NULL"), index=True
    )
    style: Mapped[str | None] = mapped_column(String(32))  # its prompt's, written by the database; it stays
    result: Mapped[dict[str, Any] | None]  # a vision call's answer; an image's is its asset
    estimate_microusd: Mapped[int] = mapped_column(BigInteger, default=0)
    actual_microusd: Mapped[int | None] = mapped_column(BigInteger)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_sentence: Mapped[str | None] = mapped_column(ClippedText(500))
    sent_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    stored_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
