"""What the free moderation says of a photo, and what its failures mean: nothing was paid yet."""

import json

from tasks.errors import CallFailed, NotSent, OutcomeUnknown, ProviderError
from tasks.providers.openai.errors import ELSEWHERE

UNHEARD = "OpenAI's moderation did not answer; nothing was paid."
MISSING = (
    "There is no moderation at OPENAI_BASE_URL, so the photo was not sent. Check the address (it usually "
    "ends with /v1), or set STORYKIN_MODERATION=false."
)


def flagged_in(text: str) -> bool:
    """Whether the answer flags the photo. CallFailed (`unexpected_answer`) when it is no moderation's,
    NotSent when it broke off: only a clear no lets the photo through.
    """
    try:
        body = json.loads(text)
    except ValueError:
        if text.lstrip().startswith("<"):
            raise CallFailed(ELSEWHERE, code="unexpected_answer") from None
        raise NotSent(UNHEARD, code="unreachable") from None
    results = body.get("results") if isinstance(body, dict) else None
    flags = [each.get("flagged") for each in results or [] if isinstance(each, dict)]
    if not flags or not all(isinstance(each, bool) for each in flags):
        raise CallFailed(ELSEWHERE, code="unexpected_answer")
    return any(flags)


def before_payment(error: ProviderError) -> ProviderError:
    """What a failure of the moderation's request means."""
    if isinstance(error, OutcomeUnknown):
        return NotSent(UNHEARD, code="unreachable")
    if error.code == "unexpected_answer":
        return CallFailed(MISSING, code="no_moderation")
    return error
