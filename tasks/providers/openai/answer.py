"""A Responses answer → a profile, in the order in which it can have gone wrong.

The body is read as JSON by us and not by the SDK's models: on a truncated answer those raise before the id
and the usage, which say what it cost, can be read.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tasks.errors import CallFailed, OutcomeUnknown, Refused
from tasks.profile import Profile
from tasks.providers.model_registry import MILLION, TokenPrice
from tasks.providers.openai.errors import REFUSED, UNHEARD, UNREADABLE, answered_error
from tasks.providers.openai.profile_answer import profile_of_answer
from tasks.providers.openai.usage_fields import count, mapping

_NAME = re.compile(r"[\w.:/-]{1,120}")
_ENDS = ("completed", "incomplete", "failed")


@dataclass(frozen=True)
class Usage:
    """Tokens of one answer. Cached and written tokens are part of `input`, reasoning is part of `output`."""

    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Usage":
        """Read leniently: what is missing is 0."""
        usage = mapping(body.get("usage"))
        inputs = mapping(usage.get("input_tokens_details"))
        outputs = mapping(usage.get("output_tokens_details"))
        return cls(
            input=count(usage.get("input_tokens")),
            cached=count(inputs.get("cached_tokens")),
            cache_write=count(inputs.get("cache_write_tokens")),
            output=count(usage.get("output_tokens")),
            reasoning=count(outputs.get("reasoning_tokens")),
        )

    def cost_microusd(self, price: TokenPrice) -> int:
        """What these tokens cost, rounded up to a micro-dollar."""
        plain = max(0, self.input - self.cached - self.cache_write)
        total = (
            plain * price.input
            + self.cached * price.cached
            + self.cache_write * price.cache_write
            + self.output * price.output
        )
        return -(-total // MILLION)


def bill(body: Mapping[str, Any], usage: Usage, price: TokenPrice, estimate_microusd: int) -> int:
    """What the answer cost. A described photo that is not accounted for is put down at its estimate, the
    most it can have cost: it was not free.
    """
    if usage == Usage() and body.get("status", "completed") in ("completed", "incomplete"):
        return estimate_microusd
    return usage.cost_microusd(price)


def parse_response(text: str) -> dict[str, Any]:
    """The answer as JSON. OutcomeUnknown when it breaks off, is empty, is a web page or another's JSON: the
    photo left, and what was answered to it, and what that cost, can't be read.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise OutcomeUnknown(UNREADABLE if text.lstrip().startswith("<") else UNHEARD) from None
    if not _is_response(body):
        raise OutcomeUnknown(UNREADABLE)
    return dict(body)


def _is_response(body: Any) -> bool:
    """Whether it is of the Responses API. Stand-ins leave out one or the other of the two."""
    return isinstance(body, dict) and (body.get("status") in _ENDS or isinstance(body.get("output"), list))


def name_in(body: Mapping[str, Any], field: str) -> str:
    """The answer's id or model, or "" when what it gives is nothing that could be kept."""
    value = body.get(field)
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""


def profile_in(body: Mapping[str, Any], charged_microusd: int) -> Profile:
    """The profile in an answer. Raises Refused or CallFailed, each with what the answer cost, and
    OutcomeUnknown when it tells neither how it ended nor what it used.

    In this order: failed, incomplete, refused, no text, broken JSON, JSON that is no profile.
    """
    _check_status(body, charged_microusd)
    parts = _parts(body)
    if any(part.get("type") == "refusal" for part in parts):
        raise _refused("refusal", charged_microusd)
    text = "".join(str(part.get("text", "")) for part in parts if part.get("type") == "output_text")
    if not text.strip():
        raise _failed("OpenAI answered without a description.", "empty_answer", charged_microusd)
    try:
        content = json.loads(text)
    except ValueError:
        raise _failed("OpenAI's description broke off.", "bad_json", charged_microusd) from None
    try:
        return profile_of_answer(content)
    except ValidationError:
        raise _failed("OpenAI's description has gaps.", "bad_profile", charged_microusd) from None


def _check_status(body: Mapping[str, Any], charged: int) -> None:
    status = body.get("status")
    if status == "failed" or body.get("error"):
        error = answered_error(str(mapping(body.get("error")).get("code") or "failed"), charged)
        raise _refused(error.code, charged) if isinstance(error, Refused) else error
    if status == "incomplete":
        reason = str(mapping(body.get("incomplete_details")).get("reason") or "unknown")
        if reason == "content_filter":
            raise _refused("content_filter", charged)
        raise _failed(f"OpenAI stopped before the end ({reason}).", "incomplete", charged)
    if status not in ("completed", None):  # none is said by stand-ins alone
        if not charged:
            raise OutcomeUnknown(UNREADABLE)
        raise _failed("OpenAI answered in a way we don't know.", "unexpected_answer", charged)


def _refused(code: str, charged: int) -> Refused:
    return Refused(REFUSED, code=code, charged_microusd=charged)


def _failed(sentence: str, code: str, charged: int) -> CallFailed:
    return CallFailed(sentence, code=code, charged_microusd=charged)


def _parts(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every content part of every message in the answer."""
    return [
        mapping(part)
        for item in body.get("output") or []
        if mapping(item).get("type") == "message"
        for part in mapping(item).get("content") or []
    ]
