"""Flow `housekeeping`: every ten minutes, put right what crashes left behind, and say what was found."""

import asyncio
from collections.abc import Callable

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE

from db.compact import checkpoint
from db.errors import UserFacingError
from db.log import Log
from flows.batches import hand_over_abandoned
from flows.dead_runs import end_dead_runs
from flows.erasure import go_on_with_erasures
from flows.losses_told import tell_restarts
from flows.old_results import delete_old_results
from flows.reconciler import Reconciler
from flows.scheduled_names import name_scheduled_runs
from flows.settled_calls import resume_after_settlement
from tasks.backup.daily import make_daily_backup
from tasks.canary.left_behind import fetch_left_behind
from tasks.compare_pictures import compare_waiting
from tasks.erasure.retention import end_what_is_due
from tasks.housekeeping import cleanup, scrub, sweep
from tasks.ledger.sum_audit import audit_once_a_night, fold_counts
from tasks.marks.time_stamps import ask_for_waiting
from tasks.notices.chores import forget_old, hand_over, tell_sunsets
from tasks.runtime import Runtime, current_runtime
from tasks.settlement.reconcile import collect_orphaned_outputs
from tasks.storage.binding import NOT_OURS
from tasks.storage.generations import CODE as BEHIND
from tasks.storage.scaled_copies import drop_next_copies_of_nothing

log = Log("housekeeping")

CHORES: dict[str, Callable[[Runtime], int]] = {
    # First: whom an older database has brought back is erased before anything is drawn.
    "erasures finished": go_on_with_erasures,
    "restarts told": tell_restarts,
    "model sunsets told": tell_sunsets,
    "old notices deleted": forget_old,
    "batches without a process handed over": hand_over_abandoned,
    "runs handed over again": lambda runtime: Reconciler(runtime).look(),
    "calls without a worker": cleanup.settle_dead_calls,
    "calls settled by evidence": cleanup.settle_by_evidence,
    "ordered pictures fetched": collect_orphaned_outputs,
    "ordered pictures of a canary fetched": fetch_left_behind,
    "characters gone on with whose calls are settled": resume_after_settlement,
    "pictures compared with their photos": compare_waiting,
    "named objects brought back": sweep.bring_back_named,
    "retention periods ended": end_what_is_due,
    "stale uploads deleted": sweep.drop_stale_uploads,
    "lent photos deleted": sweep.drop_handed_over_photos,
    "scaled copies of nothing deleted": drop_next_copies_of_nothing,
    "unnamed objects quarantined": sweep.quarantine_unnamed,
    "quarantined objects deleted": sweep.empty_quarantine,
    "time stamps fetched": lambda runtime: ask_for_waiting(runtime.store),
    "damaged objects found": scrub.scrub,
    "counts added up": fold_counts,
    # Before the audit, by which it sees that the night's turn has come.
    "corrected words taken out of the index": cleanup.merge_corrected_words,
    "sums that differ found": audit_once_a_night,
    "interrupted writes cleared": cleanup.clear_interrupted_writes,
    "pages left in the write-ahead log": lambda runtime: checkpoint(runtime.record),
    "old steps forgotten": cleanup.forget_old_steps,
    "old results deleted": lambda _runtime: delete_old_results(),
    "scheduled runs named": name_scheduled_runs,
    "runs without a process ended": end_dead_runs,  # it takes a while to be sure
    "notices handed over": hand_over,  # a receiver may take its time
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
