"""What all processes share: a provider's account (pace, pauses, trust), and whose day the budget is."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from db.ids import utc_now
from db.models.base import Base


class ProviderLimit(Base):
    """One provider account. Every worker asks this row before a request leaves."""

    __tablename__ = "provider_limits"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        CheckConstraint("slow_per_minute > 0", name="slow_pace_positive"),
    )

    provider: Mapped[str] = mapped_column(String(32), primary_key=True)
    next_free_at: Mapped[datetime | None]  # the pace: when the next request would be in time (GCRA)
    paused_until: Mapped[datetime | None]  # it said 429 and when to come back
    slow_per_minute: Mapped[int | None]  # it said that the account is held to a slower pace…
    slow_until: Mapped[datetime | None]  # …and until when we believe that
    failures: Mapped[int] = mapped_column(default=0)  # in a row, of the kind that says the provider is down
    open_until: Mapped[datetime | None]  # the breaker: nothing leaves before
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class BudgetZone(Base):
    """A time zone in whose days a budget was weighed: the day in which that was still counts to its end."""

    __tablename__ = "budget_zones"

    zone: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime]  # when last, to the day, by the database's clock
