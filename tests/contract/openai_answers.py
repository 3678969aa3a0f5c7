"""Answers of the Responses API, composed after the published spec."""

from typing import Any

from tasks.profile import Attributes, Profile, Swatch, Trait

USAGE = {
    "input_tokens": 3000,
    "input_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 500},
    "output_tokens": 700,
    "output_tokens_details": {"reasoning_tokens": 200},
    "total_tokens": 3700,
}
# 1500 plain at 0.20, 1000 cached at 0.02, 500 written at 0.25, 700 out at 1.20 dollars per million
COST = 300 + 20 + 125 + 840


def seen_profile() -> Profile:
    words = {name: Trait(value="some", confidence=0.9) for name in Attributes.model_fields}
    return Profile(
        attributes=Attributes.model_validate(words),
        palette=[Swatch(part="skin", name="light", hex="#e0b090")],
        do_not_change=["round face"],
    )


def response(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": "resp_0a1b2c",
        "object": "response",
        "created_at": 1795300000,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": "gpt-5.6-luna-2026-07-09",
        "output": said(text_part(seen_profile().model_dump_json())),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "temperature": 1.0,
        "top_p": 1.0,
        "metadata": {},
        "usage": USAGE,
    }
    return body | changes


def said(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"id": "rs_1", "type": "reasoning", "summary": []},
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": list(parts),
        },
    ]


def text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def refusal_part() -> dict[str, Any]:
    return {"type": "refusal", "refusal": "I can't help with that."}


def error(code: str | None, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": "told", "type": kind, "param": None, "code": code}}


def moderation(*, flagged: bool) -> dict[str, Any]:
    return {
        "id": "modr-1",
        "model": "omni-moderation-2024-09-26",
        "results": [
            {
                "flagged": flagged,
                "categories": {"violence": flagged},
                "category_scores": {"violence": 0.9},
                "category_applied_input_types": {"violence": ["image"]},
            }
        ],
    }
