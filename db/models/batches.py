"""Reruns, and each of their pieces."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, ClippedText, Identified, checked


class BatchState(StrEnum):
    """Where a batch stands."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class BatchItemState(StrEnum):
    """Where one piece of a batch stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"  # it existed already: nothing was made, nothing was paid
    FAILED = "failed"


class Batch(Identified, Base):
    """A rerun: what it chose, what it planned, what it may spend."""

    __tablename__ = "batches"
    __table_args__ = (CheckConstraint("budget_microusd >= 0", name="budget_not_negative"),)

    state: Mapped[BatchState] = mapped_column(checked(BatchState, "state"), default=BatchState.PLANNED)
    run_token: Mapped[str] = mapped_column(String(36), unique=True)
    filter: Mapped[dict[str, Any]]
    plan: Mapped[dict[str, Any]]
    budget_microusd: Mapped[int | None] = mapped_column(BigInteger)
    lease_owner: Mapped[str | None] = mapped_column(String(64))  # the process that works on it
    lease_expires_at: Mapped[datetime | None]  # by the database's clock; it is renewed while that lives
    flow_run_id: Mapped[str | None] = mapped_column(String(36))  # of Prefect: the newest that follows it
    takeups: Mapped[int] = mapped_column(default=0, server_default="0")  # handed over since a chunk was done
    paused_at: Mapped[datetime | None]  # while it is set, nobody begins anything
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class BatchChunk(Identified, Base):
    """A piece of a batch that one process works on at a time: the items that carry its number."""

    __tablename__ = "batch_chunks"
    __table_args__ = (
        UniqueConstraint("batch_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    number: Mapped[int]  # from 1
    submissions: Mapped[int] = mapped_column(default=0, server_default="0")  # flow runs asked for it
    flow_run_id: Mapped[str | None] = mapped_column(String(36))  # of Prefect: the newest of these
    lease_owner: Mapped[str | None] = mapped_column(String(64))  # the process that works on it
    lease_expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # since nothing of it is left to do


class BatchItem(Identified, Base):
    """One (character, style) of a batch."""

    __tablename__ = "batch_items"
    __table_args__ = (
        UniqueConstraint("batch_id", "character_id", "style"),
        Index("ix_batch_items_batch_state", "batch_id", "state", "id"),
        Index("ix_batch_items_batch_chunk", "batch_id", "chunk", "state"),
    )

    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"), index=True)
    style: Mapped[str] = mapped_column(String(32))
    framing: Mapped[str] = mapped_column(String(32), default="", server_default="")
    resolution: Mapped[str] = mapped_column(String(32), default="", server_default="")
    ordinal: Mapped[int] = mapped_column(default=1, server_default="1")  # which picture of the style
    state: Mapped[BatchItemState] = mapped_column(
        checked(BatchItemState, "state"), default=BatchItemState.PENDING
    )
    chunk: Mapped[int] = mapped_column(default=0, server_default="0")  # its chunk's number; 0: not parted yet
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")  # begun, and never come to an end
    # Its share of what its character costs in this batch; None: an earlier version's.
    estimate_microusd: Mapped[int | None] = mapped_column(BigInteger)
    settled_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_sentence: Mapped[str | None] = mapped_column(ClippedText(500))
    image_id: Mapped[str | None] = mapped_column(
        ForeignKey("character_images.id", ondelete="SET NULL"), index=True
    )
