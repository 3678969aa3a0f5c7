"""How each provider's account stands: trusted, slow, paused, or left alone for a while."""

from collections.abc import Sequence
from datetime import datetime

from db.engine import Session
from db.models import ProviderLimit
from db.repositories import clock, limits
from db.repositories.clock import Reading
from tasks.providers.protocols import ImageProvider, VisionProvider
from tasks.runtime import Runtime
from ui.i18n import N_, _
from ui.views.providers import ProviderStatus, Standing


def provider_status(session: Session, runtime: Runtime) -> tuple[ProviderStatus, ...]:
    """Every provider in use, and every other one that is on record."""
    time = clock.read(session)
    rows = {row.provider: row for row in limits.all_limits(session)}
    in_use = {each.name: None for each in runtime.providers} | dict.fromkeys(rows)
    return tuple(_status(name, rows.get(name), runtime, time) for name in in_use)


def _status(name: str, row: ProviderLimit | None, runtime: Runtime, time: Reading) -> ProviderStatus:
    tasks: tuple[tuple[str, VisionProvider | ImageProvider], ...] = (
        (N_("looks at photos"), runtime.vision),
        (N_("draws pictures"), runtime.image),
        *((N_("draws pictures while others are away"), each) for each in runtime.fallbacks),
    )
    used_for = tuple(f"{_(words)} ({tool.model})" for words, tool in tasks if tool.name == name)
    charges = any(tool.charges for _, tool in tasks if tool.name == name)
    if row is None:
        return ProviderStatus(name, used_for, charges)
    standing, until = standing_of(row, time.steady)
    if until is not None:  # as the clock on the wall will show it
        until += time.now - time.steady
    slow = row.slow_per_minute if standing is Standing.SLOW else None
    return ProviderStatus(name, used_for, charges, standing, until, row.failures, slow)


def standing_of(row: ProviderLimit, now: datetime) -> tuple[Standing, datetime | None]:
    """How a provider stands by its row, and until when; both by the steady clock."""
    worst_first: Sequence[tuple[Standing, datetime | None]] = (
        (Standing.OPEN, row.open_until),
        (Standing.PAUSED, row.paused_until),
    )
    for standing, until in worst_first:
        if until is not None and until > now:
            return standing, until
    if row.open_until is not None:
        return Standing.HALF_OPEN, None
    if row.slow_per_minute and row.slow_until is not None and row.slow_until > now:
        return Standing.SLOW, row.slow_until
    return (Standing.SHAKY if row.failures else Standing.WELL), None
