"""Which installation this record is, what it is bound to, and how far its store has been looked over."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from db.ids import utc_now
from db.models.base import Base, checked


class Installation(Base):
    """The one row that says who we are. The store carries the same id in its mark."""

    __tablename__ = "installation"
    __table_args__ = (
        CheckConstraint("slot = 1", name="one_row"),
        CheckConstraint("generation >= 0", name="generation_not_negative"),
    )

    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    bound_at: Mapped[datetime | None]  # when a store took the id; None until then
    # Grows with every round of housekeeping, in the record and in the store: a restored or copied record
    # finds the store ahead of it.
    generation: Mapped[int] = mapped_column(BigInteger)
    generation_id: Mapped[str | None] = mapped_column(String(36))
    scrubbed_to: Mapped[str] = mapped_column(String(512))  # the last storage key whose bytes were verified


class DamageKind(StrEnum):
    """What is wrong with bytes that a row names."""

    MISSING = "missing"  # there is no such object
    ALTERED = "altered"  # there is one, and its bytes are not the ones on record


class DamagedObject(Base):
    """Bytes that a row names and that the store does not give as they were kept. Gone once they are back."""

    __tablename__ = "damaged_objects"

    storage_key: Mapped[str] = mapped_column(String(512), primary_key=True)
    kind: Mapped[DamageKind] = mapped_column(checked(DamageKind, "kind"))
    found_at: Mapped[datetime] = mapped_column(default=utc_now)
