"""A whole HTTP answer, and the providers' own ways to say that something is wrong."""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

from ui.rehearsal.facts import Facts
from ui.rehearsal.provider_ids import openai_id

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
class Answer:
    """Status, headers and body, before they leave."""

    status: int
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def of(cls, response: Response) -> "Answer":
        """The answer that a response would give."""
        return cls(response.status_code, list(response.raw_headers), bytes(response.body))


def openai_headers() -> dict[str, str]:
    """What OpenAI puts on every answer."""
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
    """An error as OpenAI says it."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return JSONResponse({"error": error}, status, openai_headers() | (headers or {}))


def replicate_problem(
    status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """An error as Replicate says it (RFC 7807)."""
    content = {"title": _TITLES.get(status, "Error"), "detail": detail, "status": status, **more}
    return Response(json.dumps(content), status, headers, PROBLEM)


def server_trouble(facts: Facts, status: int) -> Response:
    """The vendor's own words for a 4xx or 5xx that is nobody's fault here."""
    if facts.vendor == "delivery":
        return Response(_TITLES.get(status, "Error"), status, media_type="text/plain")
    if facts.vendor == "openai":
        if status == 401:
            return openai_error(status, "Incorrect API key provided.", code="invalid_api_key")
        return openai_error(
            status,
            "The server had an error while processing your request. Sorry about that!",
            kind="server_error",
        )
    return replicate_problem(status, "There was an error while processing your request.")


def throttled(facts: Facts, seconds: float) -> Response:
    """429: come back in `seconds`."""
    wait = max(1, round(seconds))
    headers = {"Retry-After": str(wait)}
    if facts.vendor == "openai":
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
    """429 insufficient_quota."""
    return openai_error(
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        kind="insufficient_quota",
        code="insufficient_quota",
    )


def no_credit() -> Response:
    """402."""
    return replicate_problem(
        402, "You have insufficient credit to run this model. Go to your billing page to add credit."
    )
