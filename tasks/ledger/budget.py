"""Money, in integer micro-dollars: estimates before, budgets that refuse before, and sums after."""

from db.days import Day, day_of
from db.engine import Session
from db.models import NoticeKind
from db.repositories import budget_zones, clock, notices, spending
from db.repositories.spending import Spending
from db.told import told
from tasks.amounts import dollars, rough_dollars
from tasks.errors import OverBudget
from tasks.runtime import Runtime
from tasks.settings import provider_settings


def today(session: Session) -> Day:
    """The day that it is, by the database's clock and where the clocks show the zone that is set."""
    return day_of(clock.now(session), provider_settings().zone)


def spending_today(session: Session) -> Spending:
    """What counts against today's budget, of every provider together."""
    return spending.of_day(session, budget_zones.budget_day(session, provider_settings().zone))


def check_budget(session: Session, budget_microusd: int | None, estimate_microusd: int) -> None:
    """OverBudget unless today's budget has room for `estimate_microusd` more.

    Locks the day's budget until the caller's transaction ends, which must be the one that reserves the money:
    of two that ask at once the second waits, and sees what the first has reserved. What it reads does not
    grow with the calls.
    """
    if budget_microusd is None:
        return
    day = _lock_today(session)
    budget_zones.set_zone(session, provider_settings().zone)
    _refuse_beyond(spending.of_day(session, day), budget_microusd, estimate_microusd)


def _lock_today(session: Session) -> Day:
    """The day of the budget, locked. Whoever waited over midnight locks the day that it is now, too."""
    zone = provider_settings().zone
    day = budget_zones.budget_day(session, zone)
    while True:
        spending.lock_days(session, day)
        now = budget_zones.budget_day(session, zone)
        if now == day:
            return day
        day = now


def _refuse_beyond(
    spent: Spending, budget_microusd: int, estimate_microusd: int, asked_microusd: int = 0
) -> None:
    used = spent.total_microusd + asked_microusd
    if used + estimate_microusd > budget_microusd:
        raise OverBudget(
            told(
                "Today's budget of %(budget)s has %(used)s used or reserved, and this would "
                "cost about %(estimate)s. Nothing was spent on it. Raise "
                "STORYKIN_DAILY_BUDGET_USD or wait until tomorrow (%(timezone)s).",
                budget=dollars(budget_microusd),
                used=dollars(used),
                estimate=rough_dollars(estimate_microusd),
                timezone=provider_settings().timezone,
            )
        )


def tell_used_up(runtime: Runtime) -> None:
    """Tell people, once a day, that today's budget had no room for a call. In a transaction of its own: the
    one that found it is taken back. RecordError.
    """
    with runtime.record.reading() as session:
        once = f"day {budget_zones.budget_day(session, provider_settings().zone).date.isoformat()}"
        if notices.is_told(session, NoticeKind.BUDGET_REACHED, once):
            return
    with runtime.record.writing() as session:
        notices.tell(session, NoticeKind.BUDGET_REACHED, once=once, of="day")


def check_run_cap(runtime: Runtime, estimate_microusd: int) -> None:
    """OverBudget if a run's estimate is above the cap for one run."""
    cap = runtime.run_cap_microusd
    if cap is not None and estimate_microusd > cap:
        raise OverBudget(
            told(
                "This run would cost about %(estimate)s, above the cap of %(cap)s for one run. "
                "No picture was bought. Choose fewer styles or raise STORYKIN_RUN_CAP_USD.",
                estimate=rough_dollars(estimate_microusd),
                cap=dollars(cap),
            ),
            code="over_run_cap",
        )


def left_today(runtime: Runtime) -> int | None:
    """Micro-dollars that today's budget has room for; None without a budget."""
    if runtime.daily_budget_microusd is None:
        return None
    with runtime.record.reading() as session:
        return max(0, runtime.daily_budget_microusd - spending_today(session).total_microusd)


def check_affordable(runtime: Runtime, estimate_microusd: int, asked_microusd: int = 0) -> None:
    """OverBudget if a run of that estimate would be refused now, by the cap or by today's budget.

    For people, ahead of the run: it reserves nothing, and each call is checked again before it leaves.
    `asked_microusd` is what was asked for just before, and has bought nothing yet.
    """
    if estimate_microusd == 0:
        return
    check_run_cap(runtime, estimate_microusd)
    check_budget_ahead(runtime, estimate_microusd, asked_microusd)


def check_budget_ahead(runtime: Runtime, estimate_microusd: int, asked_microusd: int = 0) -> None:
    """OverBudget if today's budget has no room for `estimate_microusd` now. It reserves nothing."""
    if runtime.daily_budget_microusd is not None:
        with runtime.record.reading() as session:
            spent = spending_today(session)
            _refuse_beyond(spent, runtime.daily_budget_microusd, estimate_microusd, asked_microusd)
