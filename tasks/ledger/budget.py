"""Money, in integer micro-dollars: estimates before, budgets that refuse before, and sums after."""

from dataclasses import dataclass

from db.days import Day, day_of
from db.engine import Session
from db.repositories import budget_zones, calls, clock, limits
from tasks.amounts import dollars, rough_dollars
from tasks.errors import OverBudget
from tasks.runtime import Runtime
from tasks.settings import provider_settings


def today(session: Session) -> Day:
    """The day that it is, by the database's clock and where the clocks show the zone that is set."""
    return day_of(clock.now(session), provider_settings().zone)


@dataclass(frozen=True)
class Spending:
    """What a day has cost so far: known, and reserved for calls whose price nobody has told us yet."""

    spent_microusd: int
    reserved_microusd: int

    @property
    def total_microusd(self) -> int:
        """Spent and reserved together: what the budget counts."""
        return self.spent_microusd + self.reserved_microusd


def spending_today(session: Session) -> Spending:
    """What counts against today's budget, of every provider together."""
    day = budget_zones.budget_day(session, provider_settings().zone)
    return Spending(calls.spent_microusd(session, day=day), calls.reserved_microusd(session, day=day))


def check_budget(session: Session, budget_microusd: int | None, estimate_microusd: int) -> None:
    """OverBudget unless today's budget has room for `estimate_microusd` more.

    Locks the budget until the caller's transaction ends, which must be the one that reserves the money: of
    two that ask at once the second waits, and sees what the first has reserved.
    """
    if budget_microusd is None:
        return
    limits.lock_budget(session)
    budget_zones.set_zone(session, provider_settings().zone)
    _refuse_beyond(session, budget_microusd, estimate_microusd)


def _refuse_beyond(session: Session, budget_microusd: int, estimate_microusd: int) -> None:
    used = spending_today(session).total_microusd
    if used + estimate_microusd > budget_microusd:
        raise OverBudget(
            f"Today's budget of {dollars(budget_microusd)} has {dollars(used)} used or "
            f"reserved, and this would cost about {rough_dollars(estimate_microusd)}. Nothing was spent on "
            f"it. Raise STORYKIN_DAILY_BUDGET_USD or wait until tomorrow ({provider_settings().timezone})."
        )


def check_run_cap(runtime: Runtime, estimate_microusd: int) -> None:
    """OverBudget if a run's estimate is above the cap for one run."""
    cap = runtime.run_cap_microusd
    if cap is not None and estimate_microusd > cap:
        raise OverBudget(
            f"This run would cost about {rough_dollars(estimate_microusd)}, above the cap of {dollars(cap)} "
            "for one run. No picture was bought. Choose fewer styles or raise STORYKIN_RUN_CAP_USD.",
            code="over_run_cap",
        )


def left_today(runtime: Runtime) -> int | None:
    """Micro-dollars that today's budget has room for; None without a budget."""
    if runtime.daily_budget_microusd is None:
        return None
    with runtime.record.reading() as session:
        return max(0, runtime.daily_budget_microusd - spending_today(session).total_microusd)


def check_affordable(runtime: Runtime, estimate_microusd: int) -> None:
    """OverBudget if a run of that estimate would be refused now, by the cap or by today's budget.

    For people, ahead of the run: it reserves nothing, and each call is checked again before it leaves.
    """
    if estimate_microusd == 0:
        return
    check_run_cap(runtime, estimate_microusd)
    check_budget_ahead(runtime, estimate_microusd)


def check_budget_ahead(runtime: Runtime, estimate_microusd: int) -> None:
    """OverBudget if today's budget has no room for `estimate_microusd` now. It reserves nothing."""
    if runtime.daily_budget_microusd is not None:
        with runtime.record.reading() as session:
            _refuse_beyond(session, runtime.daily_budget_microusd, estimate_microusd)
