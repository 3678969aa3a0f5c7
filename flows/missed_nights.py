"""A scheduled batch that is left out on purpose: its night draws nothing, and that is no failure.

Its hour came while nothing ran, longer ago than STORYKIN_BATCH_MISSED_HOURS allows; or another batch is under
way, as after several missed nights, whose runs all begin at once.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.client.schemas.objects import FlowRun

from db.log import Log
from db.models import NoticeKind
from db.repositories import batches, clock, notices
from tasks.errors import UsageError
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
    whole = round(late / timedelta(hours=1))
    _tell(runtime, run, hours=whole)
    log.warning("a missed batch is left out", count=whole)
    return True


def is_left_out_beside(runtime: Runtime, run: FlowRun | None, refused: UsageError) -> bool:
    """Whether this flow run of a schedule ends without a batch, as it was `refused` beside another one."""
    if run is None or not run.auto_scheduled or refused.code != "batch_under_way":
        return False
    _tell(runtime, run)
    log.warning("a scheduled batch is left out beside another", flow_run_id=str(run.id))
    return True


def _tell(runtime: Runtime, run: FlowRun, **data: Any) -> None:
    with runtime.record.writing() as session:
        notices.tell(session, NoticeKind.BATCH_MISSED, once=str(run.id), **data)
