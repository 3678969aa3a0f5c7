"""What a failed request to a self-hosted server means. Nothing is ever charged, so nothing is ever unknown.

The servers say what went wrong in ways of their own: OpenAI's envelope, `{"detail": …}` as FastAPI does, or
`{"error": "…"}`.
"""

import json
from http import HTTPStatus
from typing import Any

import httpx2
import openai

from db.told import told
from tasks.errors import CallFailed, NotSent, ProviderError, Throttled
from tasks.providers.http.retry_after import retry_after_seconds
from tasks.providers.http.unreachable import unreachable
from tasks.providers.openai.errors import NEVER_LEFT

SERVER = "The in-house image server"
UNHEARD = f"{SERVER} broke off before the picture was here."
UNREADABLE = f"{SERVER} gave an answer that can't be read. Check STORYKIN_INHOUSE_URL; it ends with /v1."
_MOST_REASON = 160  # characters
_BUSY = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}
_NOT_HERE = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
_KEY = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


def connection_error(error: openai.APIConnectionError) -> ProviderError:
    """NotSent when no connection was made, else CallFailed."""
    if isinstance(error.__cause__, NEVER_LEFT):
        return NotSent(unreachable(SERVER, error.__cause__), code="unreachable")
    return CallFailed(UNHEARD, code="broke_off")


def status_error(error: openai.APIStatusError) -> ProviderError:
    """An answer that is not a success, with the server's own reason where it gives one."""
    status, reason = error.status_code, _reason(error.response)
    if status in _BUSY:
        wait = retry_after_seconds(error.response.headers)
        return Throttled(
            told("%(server)s is busy%(reason)s.", server=SERVER, reason=reason),
            code="rate_limited",
            retry_after=wait,
        )
    if status in _KEY:
        return CallFailed(
            told("%(server)s turned our key away. Check STORYKIN_INHOUSE_API_KEY.", server=SERVER),
            code="unauthorized",
        )
    if status in _NOT_HERE or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        sentence = f"{SERVER} draws nothing at that address, or has no such model{reason}."
        return CallFailed(
            told("%(sentence)s Check STORYKIN_INHOUSE_URL; it ends with /v1.", sentence=sentence),
            code="unexpected_answer",
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return CallFailed(
            told("%(server)s failed to draw this picture%(reason)s.", server=SERVER, reason=reason),
            code="engine_error",
        )
    return CallFailed(
        told("%(server)s could not work with this request%(reason)s.", server=SERVER, reason=reason),
        code="invalid_input",
    )


def _reason(response: httpx2.Response) -> str:
    """ " (reason)", or "" where none can be read."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return ""
    reason = _words(body)
    plain = " ".join("".join(each if each.isprintable() else " " for each in reason).split()).rstrip(".")
    return f" ({plain[:_MOST_REASON]})" if plain else ""


def _words(body: Any) -> str:
    """The first sentence in an error's body, whichever dialect it is in."""
    if isinstance(body, list):
        return next(filter(None, map(_words, body)), "")
    if isinstance(body, dict):
        return next(
            (words for key in ("error", "detail", "message", "msg") if (words := _words(body.get(key)))), ""
        )
    return body if isinstance(body, str) else ""
