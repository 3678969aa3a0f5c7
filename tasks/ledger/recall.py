"""Work that was sent for before the database was restored to an earlier hour: not sent for once more."""

from db.log import Log
from db.repositories import calls, recalled_calls
from tasks.ledger.claim import Work
from tasks.runtime import Runtime
from tasks.storage.binding import require_bound
from tasks.storage.persist_output import EXTENSIONS, picture_key
from tasks.storage.receipts import find_sent

log = Log("recall")


def recall_lost_call(runtime: Runtime, work: Work) -> None:
    """Put a call that the store knows to have left, and the record does not, back on record as possibly paid.

    The provider's request history, its webhook or a person settles it then, like any other. Where its picture
    is in the store already there is nothing to settle. Raises StoreError.
    """
    with runtime.record.reading() as session:
        if calls.by_work_key(session, work.work_key) is not None:
            return
    require_bound(runtime)
    note = find_sent(runtime.store, work.work_key)
    if note is None or _is_kept(runtime, work.work_key):
        return
    with runtime.record.writing() as session:
        recalled_calls.recall(
            session,
            call_id=note.call_id,
            work_key=work.work_key,
            kind=work.kind,
            provider=note.provider,
            model=note.model,
            estimate_microusd=note.estimate_microusd,
            sent_at=note.sent_at,
            character_id=work.character_id,
            prompt_artifact_id=work.prompt_artifact_id,
        )
    log.warning("a call that was sent before a restore is back on record", call_id=note.call_id)


def _is_kept(runtime: Runtime, work_key: str) -> bool:
    keys = [picture_key(work_key, extension) for extension in EXTENSIONS.values()]
    places = [*keys, *(f"quarantine/{key}" for key in keys)]
    return any(runtime.store.head(place) is not None for place in places)
