"""A run's money, and what keeps it waiting: read from its calls and from the providers' limits."""

from datetime import datetime

from db.engine import Session
from db.models import CallKind, CallState, ProviderCall
from db.repositories import calls, clock, limits
from ui.handlers.character_costs import reserved_microusd
from ui.handlers.provider_status import standing_of
from ui.views.providers import Standing
from ui.views.runs import RunCost, Waiting


def run_cost(made: list[ProviderCall], began: datetime) -> RunCost | None:
    """The sum over a character's calls that left since its run began; None where nothing had a price."""
    left = [call for call in made if call.sent_at is not None and call.sent_at >= began]
    if not any(call.estimate_microusd or call.actual_microusd for call in left):
        return None
    return RunCost(sum(call.actual_microusd or 0 for call in left), sum(map(reserved_microusd, left)))


def waiting_of(session: Session, character_id: str, now: datetime | None = None) -> Waiting | None:
    """What the character's requests wait for, or None when nothing keeps them."""
    now = now or clock.steady(session)
    held = [call for call in calls.of_character(session, character_id) if call.state is CallState.CLAIMED]
    for row in limits.all_limits(session):
        mine = [call for call in held if call.provider == row.provider and call.estimate_microusd]
        standing, until = standing_of(row, now)
        if standing is Standing.SLOW:
            until = row.next_free_at
        if not mine or until is None or standing not in (Standing.OPEN, Standing.PAUSED, Standing.SLOW):
            continue
        return Waiting(
            provider=row.provider,
            standing=standing,
            seconds=max(0.0, (until - now).total_seconds()),
            per_minute=row.slow_per_minute,
            pictures=sum(call.kind is CallKind.IMAGE for call in mine),
        )
    return None
