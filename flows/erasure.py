"""Erasing a character, whoever asks: the studio, the command line, a retention period, an older database."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from db.errors import UserFacingError
from db.files_below import files_below
from db.log import Log
from db.models import ErasureReason, ErasureStep
from db.repositories.erasing import PersonRows
from db.settings import record_settings
from flows.submit import forget_character
from tasks.consent.again import keep_withdrawals
from tasks.erasure.ask import ask_erasure
from tasks.erasure.job import Elsewhere, finish_erasures, finish_these, go_on
from tasks.runtime import Runtime

log = Log("erasure")

RESULTS = "prefect/storage"  # in STORYKIN_HOME: what Prefect keeps of a step that may be paid for
LARGEST_RESULT = 256 * 1024  # bytes; an id and what is around it needs a few hundred


def erase_character(
    runtime: Runtime,
    *,
    character_id: str,
    by: str | None,
    keep_canon: bool = False,
    reason: ErasureReason = ErasureReason.ASKED,
    actor: str = "operator",
) -> ErasureStep:
    """Erase a character: its rows at once, its bytes as far as that goes now. Housekeeping does the rest.

    Returns the step it stands at, ErasureStep.DONE in most cases. Raises what `ask_erasure` does.
    """
    erasure_id = ask_erasure(
        runtime, character_id=character_id, by=by, keep_canon=keep_canon, reason=reason, actor=actor
    )
    return go_on(runtime, erasure_id, ELSEWHERE)


def go_on_with(runtime: Runtime, erasure_ids: Sequence[str]) -> int:
    """Go on with these erasures as far as that goes now; returns how many came to their end."""
    return finish_these(runtime, erasure_ids, ELSEWHERE)


def go_on_with_erasures(runtime: Runtime) -> int:
    """A chore of housekeeping: go on with every erasure; returns how many came to their end.

    What was withdrawn is seen to first: nothing is drawn by a consent that an older database brings back.
    """
    try:
        keep_withdrawals(runtime)
    except UserFacingError as error:
        log.warning("withdrawn consents are seen to in the next round", code=error.code)
    return finish_erasures(runtime, ELSEWHERE)


def _forget(character_id: str, rows: PersonRows) -> None:
    drop_results(record_settings().home / RESULTS, rows)
    forget_character(character_id)


def drop_results(folder: Path, rows: PersonRows) -> int:
    """Delete the results in `folder` that name a row of the person; returns how many."""
    own, dropped = set(rows.own_ids), 0
    for file in files_below(folder):
        with suppress(OSError):
            if not file.is_file() or file.stat().st_size > LARGEST_RESULT:
                continue
            said = file.read_text(errors="replace")
            if any(each in said for each in own):
                file.unlink()
                dropped += 1
    return dropped


ELSEWHERE = Elsewhere(forget=_forget)
