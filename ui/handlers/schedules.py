"""When batches begin by themselves, as the studio shows and changes it."""

from collections.abc import Mapping
from typing import Any

from flows.schedules import batch_schedules, set_schedule
from tasks.errors import UsageError
from tasks.settings import provider_settings
from ui.acting import acting_id
from ui.services import StudioServices
from ui.views.schedules import SchedulesPage


def schedules_page() -> SchedulesPage:
    """Every schedule with its next times. PrefectUnreachable."""
    return SchedulesPage(tuple(batch_schedules()), provider_settings().batch_missed_hours)


def change_schedule(services: StudioServices, said: Mapping[str, Any]) -> SchedulesPage:
    """Pause a schedule, or let it go on; the part anew. UsageError, NotFound, PrefectUnreachable."""
    if said.get("act") not in ("on", "pause"):
        raise UsageError("There is no such thing to do with a schedule.", code="usage")
    set_schedule(
        services.runtime,
        schedule_id=str(said.get("schedule") or ""),
        active=said.get("act") == "on",
        by=acting_id(),
    )
    return schedules_page()
