"""OpenAI's response documents."""

import re
import time
from dataclasses import dataclass
from typing import Any

from ui.rehearsal.openai.prices import Usage
from ui.rehearsal.openai.request import PlainFormat, ResponsesRequest
from ui.rehearsal.provider_ids import openai_id

_DATED = re.compile(r".*-\d{4}-\d{2}-\d{2}$")
_CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent",
    "self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence",
    "violence/graphic",
)  # fmt: skip
_SEEN_IN_PICTURES = {
    "self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "violence", "violence/graphic",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """Status and content of a response."""

    status: str = "completed"
    content: dict[str, Any] | None = None  # the one part of its message
    incomplete: str | None = None
    error: dict[str, str] | None = None


def text_part(text: str) -> dict[str, Any]:
    """An output part that is text."""
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def refusal_part(text: str) -> dict[str, Any]:
    """An output part that is a refusal."""
    return {"type": "refusal", "refusal": text}


def dated(model: str) -> str:
    """The model as a response names it: always with a date."""
    return model if _DATED.match(model) else f"{model}-2026-07-01"


def response_document(
    request: ResponsesRequest, id: str, outcome: Outcome, usage: Usage | None
) -> dict[str, Any]:
    """The document of `POST /v1/responses`."""
    now = int(time.time())
    return {
        "id": id,
        "object": "response",
        "created_at": now,
        "status": outcome.status,
        "background": False,
        "billing": {"payer": "developer"},
        "completed_at": now if outcome.status == "completed" else None,
        "error": outcome.error,
        "frequency_penalty": 0.0,
        "incomplete_details": {"reason": outcome.incomplete} if outcome.incomplete else None,
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "max_tool_calls": None,
        "metadata": request.metadata or {},
        "model": dated(request.model),
        "moderation": None,
        "output": _output(outcome, usage),
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "presence_penalty": 0.0,
        "previous_response_id": None,
        "prompt_cache_key": request.prompt_cache_key,
        "prompt_cache_retention": None,
        "reasoning": {"effort": request.reasoning.effort if request.reasoning else None, "summary": None},
        "safety_identifier": request.safety_identifier,
        "service_tier": "default",
        "store": request.store is not False,
        "temperature": 1.0 if request.temperature is None else request.temperature,
        "text": _text(request),
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0 if request.top_p is None else request.top_p,
        "truncation": request.truncation or "disabled",
        "usage": _usage(usage) if usage else None,
        "user": request.user,
    }


def _output(outcome: Outcome, usage: Usage | None) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if usage and usage.reasoning:
        items.append({"id": openai_id("rs"), "type": "reasoning", "content": [], "summary": []})
    if outcome.content is not None:
        items.append(
            {
                "id": openai_id("msg"),
                "type": "message",
                "status": "completed" if outcome.status == "completed" else "incomplete",
                "content": [outcome.content],
                "role": "assistant",
            }
        )
    return items


def _text(request: ResponsesRequest) -> dict[str, Any]:
    asked = request.text.format
    if isinstance(asked, PlainFormat):
        form: dict[str, Any] = {"type": "text"}
    else:
        form = {
            "type": "json_schema",
            "description": asked.description,
            "name": asked.name,
            "schema": asked.schema_,
            "strict": bool(asked.strict),
        }
    return {"format": form, "verbosity": request.text.verbosity or "medium"}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }


def moderation_document(model: str, *, picture: bool, flagged: str | None) -> dict[str, Any]:
    """The document of `POST /v1/moderations`; `flagged` is the category that is flagged, or None."""
    applied = [["image"] if picture and name in _SEEN_IN_PICTURES else [] for name in _CATEGORIES]
    result = {
        "flagged": flagged is not None,
        "categories": {name: name == flagged for name in _CATEGORIES},
        "category_scores": {name: 0.97 if name == flagged else 0.00001 for name in _CATEGORIES},
        "category_applied_input_types": dict(zip(_CATEGORIES, applied, strict=True)),
    }
    return {"id": openai_id("modr"), "model": model, "results": [result]}
