"""A batch goes on with a character whose lost request is settled."""

from db.event_kinds import EventKind
from db.models import BatchState
from db.repositories import batch_chunks, batches, characters, events
from tasks.batch.endings import check_no_other
from tasks.runtime import Runtime
from tasks.settlement.waiting import REASON

_GOES_ON = (BatchState.PLANNED, BatchState.RUNNING, BatchState.DONE)


def reopen(runtime: Runtime, batch_id: str, character_id: str) -> bool:
    """Have the batch do again what it left for want of an answer, also one that is done by now.

    False where it was cancelled or had no money: then that is a person's to say. All of it in one
    transaction; nothing is lost if the process ends here. Raises NotFound, UsageError `batch_under_way`.
    """
    with runtime.record.writing() as session:
        batch = batches.held(session, batch_id)
        character = characters.get(session, character_id)
        if (character.run_token, character.status_reason) != (batch_id, REASON):
            return False  # a person, or another round, has been faster
        if batch.state not in _GOES_ON or not batch_chunks.reopen(session, batch_id, character_id, REASON):
            return False
        if batch.state is BatchState.DONE:
            check_no_other(session, batch.run_token)
            batch.takeups = 0
            batches.start(session, batch_id)
            sentence = EventKind.BATCH_RESUMED.sentence
            events.add(
                session, kind=EventKind.BATCH_RESUMED, actor="system", message=sentence, batch_id=batch_id
            )
        # Queued here, not by whoever draws it: a worker, of an older release too, leaves whom a person has.
        characters.begin_run(session, character_id, batch_id)
        return True
