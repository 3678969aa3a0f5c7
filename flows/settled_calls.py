"""Characters that waited for the outcome of a request go on by themselves once it is known.

What has come is shown without cost. What was never bought is asked for again, as its run was asked for.
"""

from db.engine import Session
from db.log import Log
from db.models import Batch, Character
from flows.batches import hand_over_abandoned
from flows.request_run import Submit, request_again, submit_run
from flows.submit import submit_character_run
from tasks.batch.settled import reopen
from tasks.errors import StorykinError
from tasks.ledger.assumed_paid import assume_lost_vision_calls
from tasks.runtime import Runtime
from tasks.settlement.waiting import REASON, settled_by_evidence

log = Log("settled calls")


def resume_after_settlement(runtime: Runtime, submit: Submit = submit_character_run) -> int:
    """Count cheap lost vision calls as paid, and have whoever waits for nothing any more go on; how many."""
    assume_lost_vision_calls(runtime)
    went_on = 0
    for character in settled_by_evidence(runtime):
        try:
            went_on += _go_on(runtime, character, submit)
        except StorykinError as error:
            log.warning("not gone on with yet", character_id=character.id, code=error.code)
    if went_on:
        hand_over_abandoned(runtime)  # batches among them
    return went_on


def _go_on(runtime: Runtime, character: Character, submit: Submit) -> bool:
    with runtime.record.reading() as session:
        batch_id = _batch_of(session, character)
    if batch_id is not None:
        return reopen(runtime, batch_id, character.id)

    def is_over(now: Character) -> bool:  # a person, or another round, has been faster
        return (now.run_token, now.status_reason) != (character.run_token, REASON)

    request = request_again(runtime, character.id, actor="system", unless=is_over)
    submit_run(runtime, request.run_token, submit)
    return True


def _batch_of(session: Session, character: Character) -> str | None:
    """The batch that the character's newest run is of."""
    batch = session.get(Batch, character.run_token) if character.run_token else None
    return batch.id if batch is not None else None
