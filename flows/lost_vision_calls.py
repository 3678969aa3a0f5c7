"""Characters that wait because a look at their photo got no answer: where no person is needed, they go on."""

from db.log import Log
from db.models import CallState, CharacterStatus
from db.repositories import assets, calls, characters
from flows.request_run import Submit, request_again, submit_run
from flows.submit import submit_character_run
from tasks.describe_photo import look_key
from tasks.errors import StorykinError
from tasks.ledger.assumed_paid import assume_lost_looks
from tasks.runtime import Runtime

log = Log("lost looks")

REASON = "outcome_unknown"


def go_on_after_lost_looks(runtime: Runtime, submit: Submit = submit_character_run) -> int:
    """Book cheap lost looks as paid, and have the characters that waited for them drawn; how many go on."""
    assume_lost_looks(runtime)
    went_on = 0
    for character_id in _waiting(runtime):
        try:
            request = request_again(runtime, character_id, actor="system")
            submit_run(runtime, request.run_token, submit)
            went_on += 1
        except StorykinError as error:
            log.warning("not gone on with", character_id=character_id, code=error.code)
    return went_on


def _waiting(runtime: Runtime) -> list[str]:
    """Those whose look has been booked as paid, by this process or another, and was not taken again yet."""
    found = []
    with runtime.record.reading() as session:
        for character in characters.with_status(session, CharacterStatus.NEEDS_ATTENTION, REASON):
            if character.photo_asset_id is None:
                continue
            photo = assets.get(session, character.photo_asset_id)
            call = calls.by_work_key(session, look_key(runtime, photo.sha256))
            if call and (call.state, call.error_code) == (CallState.FAILED, calls.ASSUMED_PAID):
                found.append(character.id)
    return found
