"""The audit log: what people did, in a chain that shows when somebody has put a hand to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column

from db.errors import AppendOnly
from db.models.base import Base


class AuditEntry(Base):
    """One act. Ids only, never a name: an entry outlives the erasure of whom it is about.

    `digest` is taken over all the rest, `previous` (the digest of the entry before) included; `seal` is a
    keyed digest of `digest`, by a key that is not in the database.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        CheckConstraint("sequence >= 1", name="sequence_from_one"),
        Index("ix_audit_entries_what_sequence", "what", "sequence"),
        Index("ix_audit_entries_who_sequence", "who", "sequence"),
        Index("ix_audit_entries_at", "at"),
    )

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(128))  # a user's id, "system", or by which door it came
    act: Mapped[str] = mapped_column(String(48))
    what: Mapped[str | None] = mapped_column(String(64))  # the id of what it was done to
    data: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(16))  # which key sealed it; "" where there was none
    seal: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The one row that says where the chain ends: whoever appends holds it until the transaction ends."""

    __tablename__ = "audit_heads"
    __table_args__ = (CheckConstraint("slot = 1", name="one_row"),)

    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))


@event.listens_for(AuditEntry, "before_update")
@event.listens_for(AuditEntry, "before_delete")
def _refuse(_mapper: object, _connection: object, _entry: AuditEntry) -> None:
    """The database refuses as well; this says it sooner, and in words."""
    raise AppendOnly("The audit log is added to, never changed.")
