"""What the record says of itself, for the metrics page: in a fixed number of statements."""

from datetime import datetime

from db.engine import Record
from db.repositories import canaries, character_counts, clock, damages, measures, spending
from tasks.ledger.budget import spending_today
from tasks.runtime import Runtime
from ui.views.metrics import Measures, Queue


def measure(record: Record, runtime: Runtime) -> Measures:
    """Read the measures from the record. RecordError."""
    free = {each.name for each in runtime.providers if not each.charges}
    with record.reading() as session:
        now, audited = clock.now(session), spending.last_audit(session)
        queued, at_work = measures.queued(session), measures.batches_at_work(session)
        return Measures(
            characters=character_counts.read(session),
            calls=tuple(measures.call_totals(session)),
            today=spending_today(session),
            budget_microusd=runtime.daily_budget_microusd,
            leases=measures.leases(session, free=free),
            queues=(
                Queue("interactive", queued.count, _seconds(queued.since, now)),
                Queue("batch", at_work.chunks_left, _seconds(at_work.since, now)),
            ),
            batches=at_work,
            left_alone=measures.providers_left_alone(session),
            damaged=damages.count(session),
            canary_drifted=canaries.last_drifted(session),
            sums_different=audited.different if audited else 0,
        )


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
