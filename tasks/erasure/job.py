"""An erasure, step by step. Each step can be done again, so that a kill at any moment costs nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from db.audit.acts import AuditAct
from db.audit.append import append
from db.compact import compact
from db.errors import RecordAway, UserFacingError
from db.log import Log
from db.models import Erasure, ErasureReason, ErasureStep
from db.repositories import characters, erasures
from db.repositories.erasing import PersonRows
from db.told import told
from tasks.backup.erased import note_in_daily_backup
from tasks.erasure.ask import UnderLegalHold, ask_erasure, plan_of
from tasks.erasure.certificate import certificate_of
from tasks.erasure.notes import ErasureNote, note_of, read_notes
from tasks.erasure.objects import delete_objects
from tasks.erasure.workers import close_calls
from tasks.runtime import Runtime
from tasks.storage.binding import RecordAndStore, require_bound

log = Log("erasure")

S = ErasureStep
WORKERS = told("Somebody is still at work on this character; that ends within minutes.")


@dataclass(frozen=True)
class Elsewhere:
    """What an erasure asks of those that this floor knows nothing of: Prefect, and caches of this process."""

    forget: Callable[[str, PersonRows], None] = field(default=lambda _character_id, _rows: None)


def go_on(
    runtime: Runtime,
    erasure_id: str,
    elsewhere: Elsewhere | None = None,
    *,
    until: ErasureStep = ErasureStep.DONE,
) -> ErasureStep:
    """Take an erasure as far as it goes now, to `until` at most; returns the step that it stands at. What it
    waits for is kept with it. Raises nothing that a later round can put right.
    """
    elsewhere = elsewhere or Elsewhere()
    while (erasure := _read(runtime, erasure_id)).step not in (until, S.DONE):
        try:
            following = _do(runtime, erasure, elsewhere)
        except UserFacingError as error:
            log.warning("erasure waits", code=error.code, step=erasure.step.value)
            _set(runtime, erasure_id, erasure.step, error.sentence)
            return erasure.step
        if following is erasure.step:
            _set(runtime, erasure_id, following, WORKERS)
            return following
        if following is S.DONE:
            _finish(runtime, erasure)
        else:
            _set(runtime, erasure_id, following)
    return erasure.step


def finish_erasures(runtime: Runtime, elsewhere: Elsewhere | None = None) -> int:
    """Housekeeping: erase again whom an older database has brought back, then go on with every erasure.

    Returns how many came to their end.
    """
    erase_again(runtime)
    with runtime.record.reading() as session:
        waiting = [each.id for each in erasures.unfinished(session)]
    return finish_these(runtime, waiting, elsewhere)


def finish_these(runtime: Runtime, waiting: Sequence[str], elsewhere: Elsewhere | None = None) -> int:
    """Go on with these erasures; returns how many came to their end. Where some fail, raises what the first
    of them did once the others have been gone on with.
    """
    failed: list[Exception] = []
    stand = _each(waiting, lambda each: go_on(runtime, each, elsewhere, until=S.COMPACT), failed)
    large = [each for each, step in stand.items() if step is S.COMPACT]
    if large and _compact_once(runtime, large):
        stand |= _each(large, lambda each: go_on(runtime, each, elsewhere), failed)
    if failed:
        raise failed[0]
    return list(stand.values()).count(S.DONE)


def _each(
    waiting: Sequence[str], do: Callable[[str], ErasureStep], failed: list[Exception]
) -> dict[str, ErasureStep]:
    """Do it with each, and where that one stands then; one that fails stops no other."""
    done = {}
    for erasure_id in waiting:
        try:
            done[erasure_id] = do(erasure_id)
        except Exception as error:
            log.error("erasure failed", error=error)
            failed.append(error)
    return done


def _compact_once(runtime: Runtime, waiting: Sequence[str]) -> bool:
    """Rewriting the database's file takes a while: once for all that wait for it. Whether it was done."""
    why = None
    try:
        _compact(runtime)
    except UserFacingError as error:
        why = error.sentence
    for erasure_id in waiting:
        _set(runtime, erasure_id, S.COMPACT if why else S.PREFECT, why)
    return why is None


def erase_again(runtime: RecordAndStore) -> int:
    """Erase whom a note names and this database knows as living: it was restored from before; how many.

    A legal hold comes before. One that fails is told in the log, and stops no other. Raises StoreError.
    """

    def lives(character_id: str) -> bool:
        with runtime.record.reading() as session:
            return characters.lives(session, character_id)

    brought_back = list(read_notes(runtime.store, wanted=lives))
    if brought_back:
        require_bound(runtime, afresh=True)
    return sum(_erased_again(runtime, note) for note in brought_back)


def _erased_again(runtime: RecordAndStore, note: ErasureNote) -> bool:
    try:
        ask_erasure(
            runtime,
            character_id=note.character_id,
            by=note.asked_by,
            keep_canon=note.keep_canon,
            reason=ErasureReason.RESTORED,
            actor="system",
        )
    except UnderLegalHold:
        return False
    except Exception as error:
        log.error("can't be erased again", error=error, character_id=note.character_id)
        return False
    log.warning("erased again", character_id=note.character_id)
    return True


def _do(runtime: Runtime, erasure: Erasure, elsewhere: Elsewhere) -> ErasureStep:
    """One step; returns the next, or the same where it has to wait."""
    rows, _gone = plan_of(erasure)
    match erasure.step:
        case S.WORKERS:
            return S.WORKERS if close_calls(runtime, rows.call_ids) else S.BYTES
        case S.BYTES:
            delete_objects(runtime, rows)  # first: the place of the backups may be away
            note_in_daily_backup(note_of(erasure))
            return S.COMPACT
        case S.COMPACT:
            _compact(runtime)
            return S.PREFECT
        case S.PREFECT:  # last: it may be away for days, and nothing else shall wait for it
            elsewhere.forget(erasure.character_id, rows)
            return S.DONE
        case S.DONE:
            return S.DONE


def _compact(runtime: Runtime) -> None:
    try:
        compact(runtime.record)
    except RecordAway:
        log.warning("the database is busy, it is compacted in the next round")
        raise


def _finish(runtime: Runtime, erasure: Erasure) -> None:
    certificate = certificate_of(runtime, erasure)
    with runtime.record.writing() as session:
        erasures.finish(session, erasure.id, certificate)
        append(session, AuditAct.ERASURE_DONE, by=None, what=erasure.character_id)
    log.info("erasure done", character_id=erasure.character_id)


def _read(runtime: Runtime, erasure_id: str) -> Erasure:
    with runtime.record.reading() as session:
        return erasures.get(session, erasure_id)


def _set(runtime: Runtime, erasure_id: str, step: ErasureStep, waits_for: str | None = None) -> None:
    with runtime.record.writing() as session:
        erasures.advance(session, erasure_id, step=step, waits_for=waits_for)
