"""What everything has cost, call by call, and what a person can do about a call that is possibly paid."""

from collections import Counter
from collections.abc import Mapping

from db.days import Day, days_up_to
from db.models import CallKind, CallState
from db.repositories import call_sums, calls, spending
from db.repositories.call_sums import (
    DaySum,
)
from tasks.errors import UsageError
from tasks.ledger.budget import spending_today, today
from tasks.ledger.sum_audit import audit_sums
from tasks.providers.specs import label_of
from tasks.settings import provider_settings
from tasks.settlement.manual import Decision, settle_by_hand
from tasks.settlement.reconcile import settle_unknown_calls
from ui.acting import acting_actor
from ui.handlers.provider_status import provider_status
from ui.i18n import ngettext
from ui.services import StudioServices
from ui.views.costs import PAGE_SIZE, Budget, CostFilter, CostsPage, DayCosts, page_count

DAYS = 14
MOST_UNKNOWN = 50  # shown at once; those that are settled make room


def cost_filter(state: str, page: str | int) -> CostFilter:
    """A filter from what an address or a button says; what makes no sense counts as not said."""
    known = {each.value for each in CallState}
    try:
        number = max(1, int(page))
    except (TypeError, ValueError, OverflowError):
        number = 1
    return CostFilter(CallState(state) if state in known else None, number)


def cost_filter_of_address(parameters: Mapping[str, str]) -> CostFilter:
    """The filter in an address: `?state=&p=`."""
    return cost_filter(parameters.get("state", ""), parameters.get("p", "1"))


def costs_page(services: StudioServices, wanted: CostFilter) -> CostsPage:
    """The page that `wanted` names; the last one when it asks for a page beyond."""
    runtime = services.runtime
    with services.record.reading() as session:
        days = days_up_to(today(session), DAYS, provider_settings().zone)
        states = call_sums.by_state(session)
        whole = call_sums.total(session)
        count = states[wanted.state].calls if wanted.state else whole.calls
        number = min(wanted.page, page_count(count))
        return CostsPage(
            filter=CostFilter(wanted.state, number),
            timezone=provider_settings().timezone,
            budget=Budget(spending_today(session), runtime.daily_budget_microusd, runtime.run_cap_microusd),
            unknown=call_sums.page(session, state=CallState.UNKNOWN, limit=MOST_UNKNOWN),
            providers=provider_status(session, runtime),
            days=_days(days, call_sums.by_day(session, days)),
            styles=tuple(call_sums.by_style(session)),
            characters=tuple(call_sums.by_character(session)),
            states=tuple((state, each) for state, each in states.items() if each.calls),
            listed=call_sums.page(
                session, state=wanted.state, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
            ),
            total=whole,
            audit=spending.last_audit(session),
        )


def add_up(services: StudioServices) -> str:
    """Add every sum up again from the calls; what came of it, in a sentence."""
    outcome = audit_sums(services.runtime)
    if outcome.agrees:
        return ngettext(
            "Added up again from %(num)s call: every sum comes to the same.",
            "Added up again from %(num)s calls: every sum comes to the same.",
            outcome.calls,
        )
    return ngettext(
        "%(num)s sum differs from its calls. Have it made anew by `storykin costs --count-anew`.",
        "%(num)s sums differ from their calls. Have them made anew by `storykin costs --count-anew`.",
        outcome.different,
    )


def look_for_evidence(services: StudioServices) -> str:
    """Ask the store and the providers' books about every unknown call; what came of it, in a sentence."""
    with services.record.reading() as session:
        waiting = calls.unknown(session)
    before = len(waiting)
    if not before:
        return "No call is waiting for evidence."
    settled = Counter(each.state for each in settle_unknown_calls(services.runtime))
    if not settled and all(call.kind is CallKind.VISION for call in waiting):
        whose = " and ".join(sorted({label_of(call.provider) for call in waiting}))
        return (
            f"There is nowhere to look: no list of its looks is to be had from {whose}. Settle them by hand."
        )
    if not settled:
        return "No evidence yet. Housekeeping keeps looking every few minutes."
    found = ", ".join(f"{number} {_FOUND[state]}" for state, number in settled.items())
    return f"{settled.total()} of {before} settled: {found}."


_FOUND = {
    CallState.ACCEPTED: "bought, and the picture is fetched",
    CallState.STORED: "bought, and the picture is here",
    CallState.REFUSED: "refused by the provider",
    CallState.FAILED: "brought no picture",
}


def settle(services: StudioServices, call_id: str, decision: str) -> str:
    """A person's decision about a call; what was done, in a sentence. NotFound; UsageError."""
    if decision not in {each.value for each in Decision}:
        raise UsageError("Choose one of the buttons.", code="no_decision")
    return settle_by_hand(services.runtime, call_id, Decision(decision), actor=acting_actor())


def _days(days: list[Day], found: list[DaySum]) -> tuple[DayCosts, ...]:
    """Every day of the chart, those on which nothing happened too."""
    return tuple(
        DayCosts(day.date, tuple((each.provider, each.sum) for each in found if each.day == day.date))
        for day in days
    )
