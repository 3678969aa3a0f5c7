"""Work that stood still for want of a consent goes on once there is one."""

from collections.abc import Callable

from db.log import Log
from db.models import CharacterStatus
from db.repositories import characters
from flows.request_run import AskedRun, Submit, request_again
from tasks.consent.rules import ConsentWithdrawn, NotNamedInConsent, standing
from tasks.errors import StorykinError
from tasks.runtime import Runtime

WAITED_FOR_CONSENT = frozenset({ConsentWithdrawn.code, NotNamedInConsent.code})

log = Log("consent")


def go_on_after_consent(
    runtime: Runtime, character_id: str, submit: Submit, hand_over: Callable[[Runtime, str, Submit], AskedRun]
) -> bool:
    """Ask once more for the last run of a character that has stopped for want of a consent; whether it was.

    A run that can't be asked for stays as it is, for a person to see: the consent counts all the same.
    """
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        waits = character.status is CharacterStatus.NEEDS_ATTENTION and character.status_reason
        if waits not in WAITED_FOR_CONSENT or character.run_token is None:
            return False
        try:
            standing(session, character_id)
        except ConsentWithdrawn:  # meanwhile: to ask for the run would only stop it once more
            return False
    try:
        request = request_again(runtime, character_id, actor="system")
        hand_over(runtime, request.run_token, submit)
    except StorykinError as error:
        log.warning("the run that waited for a consent was not asked for", code=error.code)
        return False
    return True
