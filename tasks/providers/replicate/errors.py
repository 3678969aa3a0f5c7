"""What a failed Replicate request, or a failed prediction, means for money and for another try."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from tasks.errors import (
    CallFailed,
    NotReady,
    NotSent,
    OutcomeUnknown,
    OutputLost,
    ProviderError,
    Refused,
    Throttled,
)
from tasks.providers.http.retry_after import retry_after_seconds
from tasks.providers.http.unreachable import unreachable
from tasks.providers.replicate.prediction import Prediction, PredictionStatus

UNHEARD = "The request was sent to Replicate and no answer came back, so it is possibly paid."
UNREADABLE = (
    "The request was sent, and what came back can't be read as Replicate's answer, so it is possibly paid. "
    "Check REPLICATE_BASE_URL."
)
ELSEWHERE = "Something other than Replicate answered. Check REPLICATE_BASE_URL."
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_SAFETY = re.compile(
    r"\bE005\b|flagged as sensitive|safety (?:filter|system)|content polic|prohibited|nsfw", re.IGNORECASE
)
_REDUCED = re.compile(r"reduced to (\d+) requests? per minute", re.IGNORECASE)
_BUSY = re.compile(r"\bE003\b|high demand|currently unavailable", re.IGNORECASE)
_INTERRUPTED = re.compile(r"code: PA\b|interrupted", re.IGNORECASE)
# A model's own words, or those of the library it fetches with: what failed is the way to our bucket.
_NO_INPUT = re.compile(
    r"certificate[ _]verify[ _]failed|SSLError|SSLCertVerification|self[- ]signed certificate"
    r"|(?:HTTPS?ConnectionPool|ConnectionError|MaxRetryError|NameResolutionError)\b"
    r"|(?:failed|unable|could not|cannot|can't|error)\W+(?:to )?(?:download|fetch|retriev\w+|load)\w*"
    r"[^.]{0,40}\b(?:image|input|file|url)"
    r"|\b(?:403|404) Client Error\b",
    re.IGNORECASE,
)
INPUT_UNREACHABLE = (
    "Replicate could not fetch the photo from our picture store, so nothing was drawn. See that the bucket's "
    "address (R2_ENDPOINT_URL) can be reached from the internet, with a certificate of a public authority."
)
_MAYBE_TAKEN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT}
_REJECTIONS: dict[int, tuple[str, str]] = {
    HTTPStatus.BAD_REQUEST: ("invalid_input", "Replicate did not understand the request."),
    HTTPStatus.UNAUTHORIZED: ("unauthorized", "Replicate turned our token away. Check REPLICATE_API_TOKEN."),
    HTTPStatus.PAYMENT_REQUIRED: ("insufficient_credit", "The Replicate account has no credit left."),
    HTTPStatus.FORBIDDEN: ("unauthorized", "Replicate turned our token away. Check REPLICATE_API_TOKEN."),
    HTTPStatus.NOT_FOUND: ("model_not_found", "Replicate has no such model. Check STORYKIN_IMAGE_MODEL."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("input_too_large", "The photo is too large for Replicate."),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("invalid_input", "Replicate's model does not take this input."),
}


class ServerTrouble(ProviderError):
    """The service itself answered 500 or 503: its books may show that it took the request all the same."""

    code = "provider_down"


def transport_error(error: httpx.TransportError) -> ProviderError:
    """No answer: NotSent when no connection was made, else OutcomeUnknown."""
    if isinstance(error, _NEVER_LEFT):
        return NotSent(unreachable("Replicate", error), code="unreachable")
    return OutcomeUnknown(UNHEARD)


def _reduced_pace(body: Mapping[str, Any]) -> int | None:
    """The pace that an account with little credit is held to, where the answer names it."""
    found = _REDUCED.search(str(body.get("detail", "")))
    return int(found[1]) if found and int(found[1]) > 0 else None


def create_error(response: httpx.Response) -> ProviderError:
    """An answer to a create that is not a prediction, by its status."""
    status, body = response.status_code, _problem(response)
    wait = _wait(response, body)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(
            "Replicate asks us to slow down.",
            code="rate_limited",
            retry_after=wait,
            per_minute=_reduced_pace(body),
        )
    if status in (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE) and body:
        return ServerTrouble("Replicate is having trouble right now.")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return CallFailed(ELSEWHERE, code="unexpected_answer")
    if response.is_success:
        return OutcomeUnknown(UNREADABLE)  # whose page it is, nobody knows: no prediction is in it
    if status in _MAYBE_TAKEN or not _is_turned_away(status):
        return OutcomeUnknown(UNHEARD)
    code, sentence = _REJECTIONS.get(status, ("rejected", f"Replicate turned the request away ({status})."))
    return CallFailed(sentence, code=code)


def _is_turned_away(status: int) -> bool:
    return HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.INTERNAL_SERVER_ERROR


def read_error(response: httpx.Response) -> NotReady:
    """An answer to a question about the books that says nothing of them: ask again later."""
    status, body = response.status_code, _problem(response)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        code, sentence = _REJECTIONS[HTTPStatus.UNAUTHORIZED]
        return NotReady(sentence, code=code)
    wait = _wait(response, body)
    return NotReady(
        "Replicate can't say right now how far the picture is.", code="provider_down", retry_after=wait
    )


def outcome_error(prediction: Prediction, price_microusd: int) -> ProviderError | None:
    """Why a finished prediction gives no picture, or None if it gives one. Only success is charged."""
    match prediction.status:
        case PredictionStatus.SUCCEEDED:
            return None if prediction.outputs else _empty(prediction, price_microusd)
        case PredictionStatus.FAILED:
            return _failure(prediction.error)
        case PredictionStatus.CANCELED:
            return CallFailed("The picture was called off before it was done.", code="canceled")
        case PredictionStatus.ABORTED:
            return CallFailed("Replicate did not get to this picture in time.", code="aborted")
        case _:
            return None


def _empty(prediction: Prediction, price_microusd: int) -> ProviderError:
    if prediction.data_removed:
        return OutputLost(
            "Replicate has deleted the finished picture: it was not fetched within an hour.",
            charged_microusd=price_microusd,
        )
    sentence = "Replicate said it was done but sent no picture."
    return CallFailed(sentence, code="empty_output", charged_microusd=price_microusd)


def _failure(message: str) -> ProviderError:
    if _SAFETY.search(message):
        sentence = "Replicate's safety system would not draw this picture."
        return Refused(sentence, code="flagged_sensitive", charged_microusd=0)
    if _BUSY.search(message):
        return CallFailed("The model is in too high demand right now.", code="provider_overloaded")
    if _INTERRUPTED.search(message):
        return CallFailed("Replicate was interrupted while it drew.", code="interrupted")
    if _NO_INPUT.search(message):
        return CallFailed(INPUT_UNREACHABLE, code="input_unreachable")
    return CallFailed("Replicate could not draw this picture.", code="prediction_failed")


def _problem(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an error answer, or nothing when the body is not the service's own."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _wait(response: httpx.Response, body: Mapping[str, Any]) -> float | None:
    return retry_after_seconds(response.headers, str(body.get("detail", "")), body.get("retry_after"))
