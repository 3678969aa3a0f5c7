"""Batches as the studio shows them, and what a person does to one."""

from decimal import Decimal, InvalidOperation

from flows import batches
from tasks.amounts import microusd
from tasks.batch.control import BatchActed
from tasks.batch.status import BatchStatus, newest_statuses
from tasks.errors import UsageError
from ui.acting import acting_id
from ui.services import StudioServices

MOST_BATCHES = 20
MOST_DOLLARS = 1_000_000


def batch_lines(services: StudioServices) -> list[BatchStatus]:
    """The newest batches with progress and money, newest first. RecordError."""
    return newest_statuses(services.runtime, limit=MOST_BATCHES)


def act_on_batch(services: StudioServices, act: str, *, batch_id: str, budget: str = "") -> BatchActed:
    """Pause, resume or cancel a batch, or give it another budget: dollars as written, "" for none of its own.

    Raises NotFound, BatchOver, UsageError (`bad_budget`, `batch_under_way`, `usage`).
    """
    runtime, by = services.runtime, acting_id()
    match act:
        case "pause":
            return batches.pause(runtime, batch_id=batch_id, by=by)
        case "resume":
            return batches.resume(runtime, batch_id=batch_id, by=by)
        case "cancel":
            return batches.cancel(runtime, batch_id=batch_id, by=by)
        case "budget":
            wanted = written_dollars(budget)
            return batches.set_budget(runtime, batch_id=batch_id, budget_microusd=wanted, by=by)
    raise UsageError("There is no such thing to do with a batch.", code="usage")


def written_dollars(written: str) -> int | None:
    """An amount as people write it ("12.50", "12,50", "$12") in micro-dollars; None for nothing written.

    Raises UsageError (`bad_budget`).
    """
    plain = written.strip().lstrip("$").strip().replace(",", ".")
    if not plain:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        amount = Decimal(-1)
    if not (amount.is_finite() and 0 <= amount <= MOST_DOLLARS):
        raise UsageError("Write the budget in dollars, such as 12.50; nothing for none.", code="bad_budget")
    return microusd(float(amount))
