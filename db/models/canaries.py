"""Drift canaries: the same photos drawn again and again, to see whether the models still draw alike."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Identified


class Canary(Identified, Base):
    """One time that a fixed set was drawn and measured. It names no photo but by the digest of its bytes."""

    __tablename__ = "canaries"
    __table_args__ = (Index("ix_canaries_set", "set_digest", "id"),)

    set_digest: Mapped[str] = mapped_column(String(64))  # of the photos and the styles
    provider: Mapped[str] = mapped_column(String(32))
    model: Mapped[str] = mapped_column(String(120))
    vision_provider: Mapped[str] = mapped_column(String(32))
    vision_model: Mapped[str] = mapped_column(String(120))
    measures: Mapped[list[dict[str, Any]]] = mapped_column(
        default=list
    )  # one a picture: `tasks.canary.drift`
    drifted: Mapped[int | None]  # how many measures had drifted from those before; None before its end
    ended_at: Mapped[datetime | None]
