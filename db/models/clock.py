"""What a clock that never jumps begins at, on a database that has no clock of its own."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base


class ClockAnchor(Base):
    """What the wall clock said when a machine was started, as it was first reckoned in that boot."""

    __tablename__ = "clock_anchors"

    boot_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    booted_at: Mapped[datetime]
