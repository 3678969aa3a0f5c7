"""Buffered HTTP responses, and error responses in each provider's own format."""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

from ui.rehearsal.provider_ids import openai_id
from ui.rehearsal.request_info import RequestInfo

PROBLEM = "application/problem+json"

_TITLES = {
    400: "Bad request",
    401: "Unauthenticated",
    402: "Insufficient credit",
    403: "Forbidden",
    404: "Not found",
    422: "Input validation failed",
    429: "Too many requests",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
    504: "Gateway timeout",
}


@dataclass
class BufferedResponse:
    """A whole HTTP response, held back until it is known whether and how it is sent."""

    status: int
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def of(cls, response: Response) -> "BufferedResponse":
        """The buffered form of a Starlette response."""
        return cls(response.status_code, list(response.raw_headers), bytes(response.body))


def openai_headers() -> dict[str, str]:
    """The headers that OpenAI puts on every response."""
    return {
        "x-request-id": openai_id("req"),
        "openai-organization": "rehearsal",
        "openai-processing-ms": "1200",
        "openai-version": "2020-10-01",
        "x-ratelimit-limit-requests": "5000",
        "x-ratelimit-remaining-requests": "4999",
        "x-ratelimit-reset-requests": "12ms",
    }


def openai_error(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """OpenAI's error document: `{"error": {message, type, param, code}}`."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return JSONResponse({"error": error}, status, openai_headers() | (headers or {}))


def replicate_problem(
    status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """Replicate's error document (RFC 7807); `more` adds members such as `invalid_fields`."""
    content = {"title": _TITLES.get(status, "Error"), "detail": detail, "status": status, **more}
    return Response(json.dumps(content), status, headers, PROBLEM)


def server_error(info: RequestInfo, status: int) -> Response:
    """An error with `status` in the format of the vendor that the request was for."""
    if info.vendor == "delivery":
        return Response(_TITLES.get(status, "Error"), status, media_type="text/plain")
    if info.vendor == "openai":
        if status == 401:
            return openai_error(status, "Incorrect API key provided.", code="invalid_api_key")
        return openai_error(
            status,
            "The server had an error while processing your request. Sorry about that!",
            kind="server_error",
        )
    return replicate_problem(status, "There was an error while processing your request.")


def throttled(info: RequestInfo, seconds: float) -> Response:
    """429 with Retry-After, in whole seconds of at least one, and the vendor's rate-limit headers."""
    wait = max(1, round(seconds))
    headers = {"Retry-After": str(wait)}
    if info.vendor == "openai":
        return openai_error(
            429,
            f"Rate limit reached on requests per min (RPM): Limit 5000, Used 5000, Requested 1. "
            f"Please try again in {wait}s.",
            kind="requests",
            code="rate_limit_exceeded",
            headers=headers
            | {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": f"{wait}s"},
        )
    return replicate_problem(
        429,
        f"Request was throttled. Your rate limit resets in ~{wait}s.",
        headers=headers | {"ratelimit-remaining": "0", "ratelimit-reset": str(wait)},
        retry_after=wait,
    )


def no_quota() -> Response:
    """OpenAI's 429 `insufficient_quota`: the account has no money."""
    return openai_error(
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        kind="insufficient_quota",
        code="insufficient_quota",
    )


def no_credit() -> Response:
    """Replicate's 402: the account has no credit."""
    return replicate_problem(
        402, "You have insufficient credit to run this model. Go to your billing page to add credit."
    )
