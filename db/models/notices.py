"""What people are told of without asking: an outbox, and how far each notice got on each way out."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, ClippedText, Identified, checked


class NoticeKind(StrEnum):
    """What a notice is about. Stored, sent as a webhook's type and named in settings: values never change."""

    CHARACTER_READY = "character.ready"
    CHARACTER_REFUSED = "character.refused"
    CHARACTER_NEEDS_ATTENTION = "character.needs_attention"
    CHARACTER_FAILED = "character.failed"
    CUSTOMER_APPROVED = "customer.approved"
    CUSTOMER_CHANGE = "customer.change"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    BATCH_DONE = "batch.done"
    BATCH_FAILED = "batch.failed"
    BATCH_MISSED = "batch.missed"
    BUDGET_REACHED = "budget.reached"
    MODEL_SUNSET = "model.sunset"
    PROVIDER_OUTAGE = "provider.outage"
    WORKER_LOST = "worker.lost"
    BACKUP_FAILED = "backup.failed"
    STORE_DAMAGED = "store.damaged"
    TEST = "test"


class DeliveryState(StrEnum):
    """How far a notice got on one way out."""

    WAITING = "waiting"  # for its first attempt, or for the next one
    DELIVERED = "delivered"
    DEAD = "dead"  # given up; a person may have it tried again


class Notice(Identified, Base):
    """One thing to tell, written in the transaction of what it tells of. Ids, codes and counts, never a name.

    `once` is what it is told once for: whoever finds the same thing again writes nothing.
    """

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("once"),)

    kind: Mapped[str] = mapped_column(String(48))
    once: Mapped[str] = mapped_column(String(200))
    character_id: Mapped[str | None] = mapped_column(
        ForeignKey("characters.id", ondelete="CASCADE"), index=True
    )
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    spread_at: Mapped[datetime | None] = mapped_column(index=True)  # when its deliveries were written
    dismissed_at: Mapped[datetime | None]  # on the studio's pages


class NoticeDelivery(Identified, Base):
    """A notice on its way by one channel: at least once, always under the notice's own id."""

    __tablename__ = "notice_deliveries"
    __table_args__ = (
        UniqueConstraint("notice_id", "channel"),
        Index("ix_notice_deliveries_state_next_at", "state", "next_at"),
    )

    notice_id: Mapped[str] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(64))
    state: Mapped[DeliveryState] = mapped_column(checked(DeliveryState, "delivery_state"))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime]  # steady: not before
    error: Mapped[str | None] = mapped_column(ClippedText(200))  # why the last attempt failed
    ended_at: Mapped[datetime | None]  # when it was delivered, or given up
