"""What a failed request for a picture means for money and for another try.

Stricter than with a look (`errors`): a picture may be drawn and billed behind a 500, so whatever is not the
service's own no is OutcomeUnknown, and no machine asks for it again.
"""

from http import HTTPStatus

import openai

from tasks.errors import CallFailed, OutcomeUnknown, ProviderError, Refused
from tasks.providers.openai.errors import (
    ELSEWHERE,
    KEY_STATUSES,
    NAMED_CAUSES,
    NO_SUCH_PLACE,
    SAFETY_CODES,
    answered_error,
    code_in,
    reported_in,
    too_many,
)

UNHEARD = "The picture was asked for at OpenAI and no answer came back, so it is possibly paid."
UNREADABLE = (
    "The picture was asked for, and what came back can't be read as OpenAI's answer, so it is possibly paid. "
    "Check OPENAI_BASE_URL; it usually ends with /v1."
)
REFUSED = "OpenAI's safety system would not draw this picture."
UNVERIFIED = (
    "OpenAI does not let this account use the model yet: its organization has to be verified first, in "
    "OpenAI's settings."
)
KEY_REFUSED = "OpenAI turned our key away. Check OPENAI_API_KEY."
_USER_ERROR = "image_generation_user_error"  # the type that a blocked request, or a blocked picture, has
_MAYBE_TAKEN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT}


def status_error(error: openai.APIStatusError) -> ProviderError:
    """An answer that is not a success, by its status and what stands in its body."""
    status, reported = error.status_code, reported_in(error.response)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return too_many(error, reported)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _MAYBE_TAKEN:
        return OutcomeUnknown(UNHEARD)
    code = code_in(reported)
    if status in KEY_STATUSES:
        unverified = "verified" in str(reported.get("message"))
        return CallFailed(UNVERIFIED if unverified else KEY_REFUSED, code="unauthorized")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST or (
        status in NO_SUCH_PLACE and code not in NAMED_CAUSES
    ):
        return CallFailed(ELSEWHERE, code="unexpected_answer")
    blocked = code in SAFETY_CODES or reported.get("type") == _USER_ERROR
    return Refused(REFUSED, code="content_policy") if blocked else answered_error(code)
