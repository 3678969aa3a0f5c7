"""Validation of Replicate's create requests: body, headers and the model's input, field by field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ui.rehearsal.loopback import is_loopback
from ui.rehearsal.replicate.image_models import ImageModel

EVENTS = ("start", "output", "logs", "completed")
_BODY = {"input", "webhook", "webhook_events_filter", "stream", "version"}
_WAIT = re.compile(r"wait(?:=([1-9]|[1-5][0-9]|60))?")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "number": (int, float),
}


class WrongPrediction(Exception):
    """A request that Replicate would refuse; `problems` are (field, type, message)."""

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        super().__init__(problems[0][2])
        self.problems = problems

    @property
    def detail(self) -> str:
        """Every problem, one line each."""
        return "".join(f"- {field}: {message}\n" for field, _, message in self.problems)

    @property
    def invalid_fields(self) -> list[dict[str, str]]:
        """Every problem, as Replicate's `invalid_fields`."""
        return [
            {"type": kind, "field": field, "description": message} for field, kind, message in self.problems
        ]


@dataclass(frozen=True)
class PredictionRequest:
    """A valid create request."""

    model: ImageModel
    given: dict[str, Any]
    webhook: str | None
    events: tuple[str, ...]
    wait_seconds: float | None  # Prefer: wait
    cancel_after: float | None  # seconds from its creation


def prediction_request(model: ImageModel, body: Any, headers: Mapping[str, str]) -> PredictionRequest:
    """The validated request. Raises WrongPrediction with every problem found."""
    problems = [*_body_problems(body), *_header_problems(headers)]
    if not problems:
        problems = list(_input_problems(model.input_schema, body["input"]))
    if problems:
        raise WrongPrediction(problems)
    return PredictionRequest(
        model=model,
        given=body["input"],
        webhook=body.get("webhook"),
        events=tuple(body.get("webhook_events_filter") or EVENTS),
        wait_seconds=_wait(headers.get("prefer", "")),
        cancel_after=_seconds(headers["cancel-after"]) if "cancel-after" in headers else None,
    )


def _body_problems(body: Any) -> Iterator[tuple[str, str, str]]:
    if not isinstance(body, dict):
        yield "body", "invalid_type", "Invalid type. Expected: object"
        return
    for name in sorted(body.keys() - _BODY):
        yield name, "additional_property_not_allowed", f"Additional property {name} is not allowed"
    if "input" not in body:
        yield "input", "required", "input is required"
    elif not isinstance(body["input"], dict):
        yield "input", "invalid_type", "Invalid type. Expected: object"
    if "stream" in body and not isinstance(body["stream"], bool):
        yield "stream", "invalid_type", "Invalid type. Expected: boolean"
    yield from _webhook_problems(body)


def _webhook_problems(body: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    webhook, events = body.get("webhook"), body.get("webhook_events_filter", [])
    if webhook is not None and not _may_call(webhook):
        yield "webhook", "format", "must be an HTTPS URL (in a rehearsal: an address on this machine)"
    if not isinstance(events, list) or any(event not in EVENTS for event in events):
        yield "webhook_events_filter", "enum", f"must be some of: {', '.join(EVENTS)}"


def _may_call(webhook: Any) -> bool:
    return isinstance(webhook, str) and is_loopback(webhook)


def _header_problems(headers: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    prefer = headers.get("prefer")
    if prefer is not None and not _WAIT.fullmatch(prefer):
        yield "Prefer", "format", "must be wait, or wait=n with n from 1 to 60"
    after = headers.get("cancel-after")
    if after is not None and (_seconds(after) or 0) < 5:
        yield "Cancel-After", "format", "must be a duration of at least 5 seconds, such as 30s or 5m"


def _wait(prefer: str) -> float | None:
    found = _WAIT.fullmatch(prefer)
    return float(found[1] or 60) if found else None


def _seconds(duration: str) -> float | None:
    found = _DURATION.fullmatch(duration.strip())
    if not found or not any(found.groups()):
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _input_problems(schema: dict[str, Any], given: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    properties = schema["properties"]
    for name in schema["required"]:
        if name not in given:
            yield f"input.{name}", "required", f"{name} is required"
    for name, value in given.items():
        if name not in properties:
            yield (
                f"input.{name}",
                "additional_property_not_allowed",
                f"Additional property {name} is not allowed",
            )
        else:
            yield from _value_problems(f"input.{name}", properties[name], value)


def _value_problems(field: str, schema: dict[str, Any], value: Any) -> Iterator[tuple[str, str, str]]:
    kind = schema["type"]
    if not _is(kind, value):
        yield field, "invalid_type", f"Invalid type. Expected: {kind}"
    elif "enum" in schema and value not in schema["enum"]:
        yield field, "enum", f"{field} must be one of the following: {', '.join(map(repr, schema['enum']))}"
    elif kind == "array":
        if len(value) > schema.get("maxItems", len(value)):
            yield field, "array_max_items", f"Array must have at most {schema['maxItems']} items"
        for number, each in enumerate(value):
            yield from _value_problems(f"{field}.{number}", schema["items"], each)
    elif schema.get("format") == "uri" and urlsplit(value).scheme not in ("http", "https", "data"):
        yield field, "format", "Does not match format 'uri'"
    elif kind == "integer" and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield field, "number_range", "Must be within the range of the field"


def _is(kind: str, value: Any) -> bool:
    return isinstance(value, _TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")
