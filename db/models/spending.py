"""Sums of the calls, kept by the database itself in the transaction of every move of a call.

Triggers on `provider_calls` keep them (`migrations/versions/2026_11_30_spending.py`), so that nobody who
writes a call passes them by. They say nothing that the calls do not say, and are no part of a backup: a
record that is loaded counts anew. `db.repositories.spending` reads them and adds them up again.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Identified
from db.models.calls import CallKind, CallState


class _Sum:
    """Known, reserved while the price is not known, and how many calls: in integer micro-dollars."""

    spent_microusd: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved_microusd: Mapped[int] = mapped_column(BigInteger, default=0)
    calls: Mapped[int] = mapped_column(BigInteger, default=0)


class BudgetSlot(_Sum, Base):
    """The calls that a provider was sent in a quarter of an hour (UTC), by `sent_at`.

    Midnight falls on a quarter in every time zone, so that any zone's day is made of whole slots.
    """

    __tablename__ = "budget_slots"

    began_at: Mapped[datetime] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(32), primary_key=True)


class BudgetDay(Base):
    """A day of UTC: whoever weighs a budget holds the rows of the days that it reaches into."""

    __tablename__ = "budget_days"

    began_at: Mapped[datetime] = mapped_column(primary_key=True)


class CallDaySum(_Sum, Base):
    """Every call, by the day (UTC) it was last sent on, or made where nothing was sent."""

    __tablename__ = "call_day_sums"

    day_at: Mapped[datetime] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(32), primary_key=True)
    model: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[CallKind] = mapped_column(String(32), primary_key=True)
    style: Mapped[str] = mapped_column(String(32), primary_key=True)  # "" for none
    state: Mapped[CallState | str] = mapped_column(String(32), primary_key=True)  # how it ended, or `OPEN`


class CharacterSpending(_Sum, Base):
    """What one character's calls come to, erased or not."""

    __tablename__ = "character_spending"
    __table_args__ = (Index("ix_character_spending_dearest", "total_microusd", "character_id"),)

    character_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    total_microusd: Mapped[int] = mapped_column(BigInteger, default=0)  # spent and reserved


class SumAudit(Identified, Base):
    """One time that every sum was added up again from the calls."""

    __tablename__ = "sum_audits"

    calls: Mapped[int] = mapped_column(BigInteger)
    different: Mapped[int]  # sums that did not come to the same


OPEN = "open"  # a stored value: `CallDaySum.state` of a call that has not ended
