"""Flow `housekeeping`: every ten minutes, put right what crashes left behind, and say what was found."""

import asyncio
from collections.abc import Callable

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from db.errors import UserFacingError
from db.log import Log
from flows.dead_runs import end_dead_runs
from flows.erasure import go_on_with_erasures
from flows.lost_vision_calls import resume_after_lost_vision_calls
from flows.reconciler import Reconciler
from tasks.backup.daily import make_daily_backup
from tasks.batch.endings import close_abandoned_batches
from tasks.erasure.retention import end_what_is_due
from tasks.housekeeping import cleanup, scrub, sweep
from tasks.runtime import Runtime, current_runtime
from tasks.settlement.reconcile import collect_orphaned_outputs
from tasks.storage.binding import NOT_OURS
from tasks.storage.generations import CODE as BEHIND

log = Log("housekeeping")

CHORES: dict[str, Callable[[Runtime], int]] = {
    # First: whom an older database has brought back is erased before anything is drawn.
    "erasures finished": go_on_with_erasures,
    "batches without a process closed": close_abandoned_batches,
    "runs handed over again": lambda runtime: Reconciler(runtime).look(),
    "calls without a worker": cleanup.settle_dead_calls,
    "calls settled by evidence": cleanup.settle_by_evidence,
    "ordered pictures fetched": collect_orphaned_outputs,
    "runs gone on with after lost looks": resume_after_lost_vision_calls,
    "named objects brought back": sweep.bring_back_named,
    "retention periods ended": end_what_is_due,
    "stale uploads deleted": sweep.drop_stale_uploads,
    "lent photos deleted": sweep.drop_handed_over_photos,
    "unnamed objects quarantined": sweep.quarantine_unnamed,
    "quarantined objects deleted": sweep.empty_quarantine,
    "damaged objects found": scrub.scrub,
    "interrupted writes cleared": cleanup.clear_interrupted_writes,
    "runs without a process ended": end_dead_runs,  # it takes a while to be sure
    "backups made": make_daily_backup,
}


@flow(name="housekeeping", flow_run_name="housekeeping", persist_result=False, timeout_seconds=1800)
async def housekeeping() -> dict[str, int]:
    """Do every chore; one that fails does not stop the others. Returns how much each found to do.

    A chore that had better leave the store alone refuses, and that is told, not failed.
    """
    done: dict[str, int] = {}
    refused: dict[str, str] = {}
    failed = []
    for name in CHORES:
        try:
            outcome = await chore.with_options(task_run_name=name)(name)
            if isinstance(outcome, int):
                done[name] = outcome
            else:
                refused[name] = outcome
        except Exception as error:
            log.error("chore failed", error=error, step=name)
            failed.append(name)
    await acreate_table_artifact(
        key="housekeeping",
        table=[{"chore": name, "count": done.get(name, refused.get(name, "failed"))} for name in CHORES],
        description="What the last round found to do",
    )
    if failed:
        raise RuntimeError(f"These chores failed: {', '.join(failed)}")
    return done


@task(name="chore", retries=2, retry_delay_seconds=[2, 10], cache_policy=NO_CACHE, persist_result=False)
async def chore(name: str) -> int | str:
    """One chore, by its name in CHORES: how much it found to do, or why it must not touch the store."""
    try:
        return await asyncio.to_thread(CHORES[name], current_runtime())
    except UserFacingError as error:
        if error.code not in (NOT_OURS, BEHIND, sweep.HELD):
            raise
        log.warning("chore refused", step=name, code=error.code)
        return error.sentence
