"""A batch whose hour came while nothing ran: caught up later, or skipped on purpose.

The setting STORYKIN_BATCH_MISSED_HOURS says which.
"""

from datetime import UTC, datetime, timedelta

from prefect.client.schemas.objects import FlowRun

from db.log import Log
from db.models import NoticeKind
from db.repositories import batches, clock, notices
from tasks.runtime import Runtime
from tasks.settings import provider_settings

log = Log("batch")


def is_skipped(runtime: Runtime, run: FlowRun | None) -> bool:
    """Whether this flow run is of a schedule, and begins so late that its night is left out.

    One that has planned its batch already, or was asked for by a person, always goes on. Two clocks are
    compared, Prefect's and the database's: the setting is in hours, and what is left out is drawn the night
    after.
    """
    hours = provider_settings().batch_missed_hours
    if hours is None or run is None or not run.auto_scheduled or run.expected_start_time is None:
        return False
    with runtime.record.reading() as session:
        due = datetime.fromtimestamp(run.expected_start_time.timestamp(), UTC)  # Prefect's is pendulum's
        late = clock.now(session) - due
        if late <= timedelta(hours=hours) or batches.by_token(session, str(run.id)) is not None:
            return False
    with runtime.record.writing() as session:
        whole = round(late / timedelta(hours=1))
        notices.tell(session, NoticeKind.BATCH_MISSED, once=str(run.id), hours=whole)
    log.warning("a missed batch is left out", count=whole)
    return True
