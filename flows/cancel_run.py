"""Cancelling the run of a character: on record first, then in Prefect.

On record first, because that alone holds: a run that is cancelled on record sends no further request and
draws no further picture, whether or not Prefect can end its process. What has left already is gone on with:
a process that is ended in the middle of a paid call leaves the call on record, and housekeeping fetches or
settles it as after any other end (`tasks/settlement/reconcile.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from db.log import Log
from tasks.correction.who import NOBODY_KNOWN, actor_of, held_character
from tasks.errors import StorykinError
from tasks.resumption import cancel
from tasks.runtime import Runtime

log = Log("run")

CancelInPrefect = Callable[[str], bool]  # `flows.submit.cancel_character_run`
AWAY = (
    "The run is cancelled here: it sends and draws nothing more. Prefect could not be told, so its dashboard "
    "shows the run until it is back."
)


@dataclass(frozen=True)
class CancelledRun:
    """A run that is cancelled on record; `problem` says why Prefect does not know yet, if so."""

    character_id: str
    run_token: str
    problem: str | None = None


def cancel_run(
    runtime: Runtime,
    *,
    character_id: str,
    in_prefect: CancelInPrefect,
    by: str | None = None,
    via: str = NOBODY_KNOWN,
) -> CancelledRun:
    """End the run that the character is under way with.

    Raises NotFound, IllegalStep (erased), UsageError (`not_under_way`, `of_a_batch`).
    """
    with runtime.record.writing() as session:
        run_token = cancel(session, held_character(session, character_id), actor=actor_of(by, via))
    try:
        in_prefect(run_token)
    except StorykinError as error:
        log.warning("Prefect not told of a cancellation", run_token=run_token, code=error.code)
        return CancelledRun(character_id, run_token, AWAY)
    return CancelledRun(character_id, run_token)
