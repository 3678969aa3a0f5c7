"""Characters that wait because their vision call got no answer: where no person is needed, they go on."""

from db.log import Log
from db.models import CallState, CharacterStatus
from db.repositories import assets, calls, characters
from flows.request_run import Submit, request_again, submit_run
from flows.submit import submit_character_run
from tasks.describe_photo import vision_key
from tasks.errors import StorykinError
from tasks.ledger.assumed_paid import assume_lost_vision_calls
from tasks.runtime import Runtime

log = Log("lost vision calls")

REASON = "outcome_unknown"


def resume_after_lost_vision_calls(runtime: Runtime, submit: Submit = submit_character_run) -> int:
    """Count cheap lost vision calls as paid, and ask again for the runs that waited; returns how many."""
    assume_lost_vision_calls(runtime)
    went_on = 0
    for character_id in _waiting(runtime):
        try:
            request = request_again(runtime, character_id, actor="system")
            submit_run(runtime, request.run_token, submit)
            went_on += 1
        except StorykinError as error:
            log.warning("run not asked for again", character_id=character_id, code=error.code)
    return went_on


def _waiting(runtime: Runtime) -> list[str]:
    """The ids of characters whose vision call was counted as paid, by any process, and not sent again yet."""
    found = []
    with runtime.record.reading() as session:
        for character in characters.with_status(session, CharacterStatus.NEEDS_ATTENTION, REASON):
            if character.photo_asset_id is None:
                continue
            photo = assets.get(session, character.photo_asset_id)
            call = calls.by_work_key(session, vision_key(session, runtime, photo.sha256))
            if call and (call.state, call.error_code) == (CallState.FAILED, calls.ASSUMED_PAID):
                found.append(character.id)
    return found
