"""What a failed OpenAI request means for money and for another try.

Where it failed decides: before the request left, or turned away uncharged, it is NotSent; answered with a
reason it is Refused or CallFailed; left and not answered by the service itself, it is OutcomeUnknown.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx2
import openai

from tasks.errors import CallFailed, NotSent, OutcomeUnknown, ProviderError, Refused, Throttled
from tasks.providers.http.retry_after import retry_after_seconds
from tasks.providers.http.unreachable import unreachable

UNHEARD = "The photo was sent to OpenAI and no answer came back, so it is possibly paid."
REFUSED = "OpenAI's safety system would not describe this photo."
UNREADABLE = (
    "The photo was sent, and what came back can't be read as OpenAI's answer, so it is possibly paid. Check "
    "OPENAI_BASE_URL; it usually ends with /v1."
)
ELSEWHERE = "Something other than OpenAI answered. Check OPENAI_BASE_URL; it usually ends with /v1."
SAFETY_CODES = frozenset(
    {
        "content_policy_violation",
        "image_content_policy_violation",
        "moderation_blocked",
        "content_filter",
        "invalid_prompt",  # flagged as against the usage policy
        "bio_policy",
    }
)
NEVER_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
NO_CREDIT = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_PLAIN = re.compile(r"[^\w.-]")
NO_SUCH_PLACE = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
NAMED_CAUSES = {"model_not_found"}
KEY_STATUSES = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
# The service's own word that it was not done; a gateway's 502 or 504 says nothing of what is behind it.
_NOT_DONE = {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE}


def connection_error(error: openai.APIConnectionError, unheard: str = UNHEARD) -> ProviderError:
    """No answer at all: NotSent when no connection was made, else OutcomeUnknown, saying `unheard`."""
    if isinstance(error.__cause__, NEVER_LEFT):
        return NotSent(unreachable("OpenAI", error.__cause__), code="unreachable")
    return OutcomeUnknown(unheard)


def status_error(error: openai.APIStatusError) -> ProviderError:
    """An answer that is not a success, by its status and the code in its body."""
    status, reported = error.status_code, reported_in(error.response)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return too_many(error, reported)
    if status in _NOT_DONE and reported:
        wait = retry_after_seconds(error.response.headers)
        return NotSent("OpenAI is having trouble right now.", code="provider_down", retry_after=wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
    ):
        return OutcomeUnknown(UNHEARD)
    if status in KEY_STATUSES:
        return CallFailed("OpenAI turned our key away. Check OPENAI_API_KEY.", code="unauthorized")
    code = code_in(reported)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST or (
        status in NO_SUCH_PLACE and code not in NAMED_CAUSES
    ):
        return CallFailed(ELSEWHERE, code="unexpected_answer")
    return answered_error(code)


def answered_error(code: str, charged_microusd: int = 0) -> ProviderError:
    """An error that the service put into words: Refused for the safety codes, else CallFailed."""
    if code in SAFETY_CODES:
        return Refused(REFUSED, code="content_policy", charged_microusd=charged_microusd)
    if code in NO_CREDIT:
        return CallFailed("The OpenAI account has no credit left.", code="insufficient_quota")
    code = _PLAIN.sub("_", code)[:64]
    sentence = f"OpenAI could not work with this request ({code or 'no reason given'})."
    return CallFailed(sentence, code=code or "rejected", charged_microusd=charged_microusd)


def too_many(error: openai.APIStatusError, reported: Mapping[str, Any]) -> ProviderError:
    """A 429: nothing was charged, whether the account is too fast or empty."""
    if NO_CREDIT & {code_in(reported), str(reported.get("type"))}:
        return answered_error("insufficient_quota")
    wait = retry_after_seconds(error.response.headers)
    return Throttled("OpenAI asks us to slow down.", code="rate_limited", retry_after=wait)


def reported_in(response: httpx2.Response) -> Mapping[str, Any]:
    """The `error` object of the body, or nothing when the body is not the service's own."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    reported = body.get("error") if isinstance(body, dict) else None
    return reported if isinstance(reported, dict) else {}


def code_in(reported: Mapping[str, Any]) -> str:
    """What such an object calls the error: its code, else its type."""
    return str(reported.get("code") or reported.get("type") or "")
