"""Every way in which the rehearsal cloud can be told to misbehave."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class FaultPoint(StrEnum):
    """At which point of a request a fault applies."""

    REQUEST = "request"  # around the whole request: before it is accepted (`when=before`) or after it
    VISION = "vision"  # in what OpenAI answers
    PREDICTION = "prediction"  # in what becomes of a prediction; decided when it is created
    STANDING = "standing"  # true for as long as the fault is there


@dataclass(frozen=True)
class FaultKind:
    """One kind of fault: where it applies, a sentence for the operator, defaults of its fields."""

    point: FaultPoint
    description: str
    defaults: dict[str, Any] = field(default_factory=dict)


def _request(description: str, **defaults: Any) -> FaultKind:
    return FaultKind(FaultPoint.REQUEST, description, defaults)


def _vision(description: str, **defaults: Any) -> FaultKind:
    return FaultKind(FaultPoint.VISION, description, defaults)


def _prediction(description: str, **defaults: Any) -> FaultKind:
    return FaultKind(FaultPoint.PREDICTION, description, defaults)


def _standing(description: str) -> FaultKind:
    return FaultKind(FaultPoint.STANDING, description, {"count": None})


KINDS: dict[str, FaultKind] = {
    "delay": _request("waits `seconds` before it takes the request on, or before it answers", seconds=5.0),
    "drop": _request(
        "cuts the connection without an answer: nothing accepted, or billed and the answer lost"
    ),
    "cut": _request("cuts the connection in the middle of the answer", when="after"),
    "status": _request("answers `status` (500, 502, 503, 504, 401 …) in the vendor's own form", status=500),
    "throttled": _request(
        "429 with Retry-After `seconds` and the ratelimit headers", status=429, seconds=2.0
    ),
    "quota": _request("429 insufficient_quota: no money at OpenAI", status=429, operation="responses"),
    "no_credit": _request("402: no money at Replicate", status=402, operation="create"),
    "html": _request("an HTML page with `status` (502, or 200 as a captive portal does)", status=502),
    "empty_body": _request("`status` with no body at all", status=200),
    "truncated": _request("a whole HTTP answer whose JSON breaks off", when="after"),
    "refusal": _vision("a refusal part instead of the profile"),
    "incomplete": _vision(
        "breaks off: `reason` max_output_tokens or content_filter", reason="max_output_tokens"
    ),
    "failed": _vision("200 with status failed and the error `code`", code="server_error"),
    "truncated_json": _vision("says completed, but its JSON breaks off"),
    "no_text": _vision("completed, with nothing in it"),
    "flagged": _vision("the moderation flags the photo for the category `code`", code="violence/graphic"),
    "usage": _vision("other token counts: `usage` holds cached_tokens, cache_write_tokens, reasoning_tokens"),
    "moderation_blocked": _vision("400 moderation_blocked instead of the picture, as late as the picture"),
    "no_picture": _vision("200 and billed, with no picture in it"),
    "junk_picture": _vision("200 and billed, with something that is no picture"),
    "no_usage": _vision("a picture, and not a word of its tokens"),
    "e005": _prediction("fails: flagged as sensitive"),
    "e003": _prediction("fails: unavailable due to high demand"),
    "pa": _prediction("fails: interrupted, please retry"),
    "aborted": _prediction("ends before it started"),
    "stuck": _prediction("stays in processing until its deadline or a cancel"),
    "slow_start": _prediction("stays in starting for `seconds`", seconds=10.0),
    "slow": _prediction("stays in processing for `seconds` longer", seconds=10.0),
    "no_output": _prediction("succeeds, and has no output"),
    "missing_output": _prediction("succeeds, and its picture is not there (`status`)", status=404),
    "expired_output": _prediction("its picture is gone `seconds` after it was made", seconds=0.0, status=404),
    "junk_output": _prediction("an HTML page stands at the picture's address, with 200"),
    "data_url": _prediction("its output is a data URL"),
    "webhook_twice": _prediction("each webhook comes twice"),
    "webhook_reordered": _prediction("the completed webhook comes before the start one"),
    "webhook_late": _prediction("webhooks come `seconds` late", seconds=5.0),
    "webhook_stale": _prediction("webhooks are signed, but carry a time 10 minutes past"),
    "webhook_forged": _prediction("a webhook signed with another key, telling a failure, comes before each"),
    "webhook_never": _prediction("no webhook comes"),
    "low_credit": _standing("the real limit of an account without money: 6 predictions a minute, burst 1"),
    "schema_changed": _standing("the model's input fields have other names, in GET and in what it takes"),
    "list_without_input": _standing("the list of predictions leaves out their input"),
    "list_late": _standing("predictions appear in the list `seconds` after they were made"),
}
