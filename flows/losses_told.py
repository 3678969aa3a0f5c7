"""Processes that were lost, told as notices: parts that the launcher started again, and runs found dead."""

from collections.abc import Sequence

from db.models import NoticeKind
from db.repositories import notices
from db.settings import record_settings
from flows.restarts import restarts
from flows.submit import FlowRunSeen
from tasks.runtime import Runtime


def tell_restarts(runtime: Runtime) -> int:
    """Tell of each restart on this machine, once an hour and part; how many are new. The launcher writes them
    to a file, since it may have no record at hand.
    """
    told = 0
    for each in restarts(record_settings().home):
        once = f"{each.part} {each.at[: len('2026-11-30T22')]}"
        with runtime.record.writing() as session:
            told += notices.tell(session, NoticeKind.WORKER_LOST, once=once, part=each.title)
    return told


def tell_dead_runs(runtime: Runtime, ended: Sequence[FlowRunSeen]) -> None:
    """Tell that the runs which were just `ended` had lost their process: once for all that one look found."""
    if ended:
        once = min(run.id for run in ended)
        with runtime.record.writing() as session:
            notices.tell(session, NoticeKind.WORKER_LOST, once=once, runs=len(ended))
