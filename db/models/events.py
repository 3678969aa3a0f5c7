"""The timeline: append-only, and what the studio's progress is read from."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, event, text
from sqlalchemy.orm import Mapped, mapped_column

from db.errors import AppendOnly
from db.models.base import Base, ClippedText, Identified

# What grows by ten a run, and nothing but the progress of that run is read from: kept for a time only.
OF_STEPS = "kind IN ('step.started', 'step.finished', 'step.failed', 'step.skipped')"


class Event(Identified, Base):
    """One thing that happened, to a character or to a batch. Never changed, never a photo or a key in it."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("character_id IS NOT NULL OR batch_id IS NOT NULL", name="about_something"),
        Index("ix_events_character_id_id", "character_id", "id"),
        Index("ix_events_batch_id_id", "batch_id", "id"),
        Index("ix_events_run_token_id", "run_token", "id"),
        Index("ix_events_steps", "id", sqlite_where=text(OF_STEPS), postgresql_where=text(OF_STEPS)),
    )

    character_id: Mapped[str | None] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"))
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    run_token: Mapped[str | None] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(48))
    actor: Mapped[str] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(ClippedText(500))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


@event.listens_for(Event, "before_update")
@event.listens_for(Event, "before_delete")
def _refuse(_mapper: object, _connection: object, _event: Event) -> None:
    """The database refuses as well; this says it sooner, and in words."""
    raise AppendOnly("The timeline is added to, never changed.")
