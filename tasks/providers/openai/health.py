"""What OpenAI says, for nothing, of the models in use: whether the account has them, and until when."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx2
import openai

from tasks.errors import CallFailed, OutcomeUnknown, ProviderError
from tasks.providers.model_registry import WARN_DAYS, today
from tasks.providers.openai.client import openai_client
from tasks.providers.openai.errors import connection_error, status_error
from tasks.providers.openai.settings import OpenAIAccount
from tasks.providers.spec import Finding, Setup

NO_LIST = "OpenAI gave no list of its models. Check OPENAI_BASE_URL."
_READ_SECONDS = 5.0


def vision(setup: Setup) -> Iterator[Finding]:
    """Of the model that looks at photos."""
    yield _finding(setup, setup.settings.of(OpenAIAccount).vision_model)


def images(setup: Setup) -> Iterator[Finding]:
    """Of the model that draws."""
    yield _finding(setup, setup.settings.of(OpenAIAccount).image_model)


def _finding(setup: Setup, model: str) -> Finding:
    own = setup.settings.of(OpenAIAccount)
    client = openai_client(
        api_key=own.api_key.get_secret_value(),
        base_url=own.base_url,
        read_seconds=_READ_SECONDS,
        on_response=setup.on_response,
    )
    try:
        with client:
            answer = client.get("/models", cast_to=httpx2.Response)
    except openai.APIStatusError as error:
        return _unheard(status_error(error))
    except openai.APIConnectionError as error:
        return _unheard(connection_error(error))
    listed = _listed(answer.text)
    if not listed:
        return Finding("warning", NO_LIST)
    if model not in listed:
        return Finding("problem", f"This OpenAI account has no {model}.")
    return _judged(model, listed[model])


def _unheard(error: ProviderError) -> Finding:
    if isinstance(error, OutcomeUnknown):  # whose words are about a photo
        return Finding("warning", NO_LIST)
    return Finding("problem" if isinstance(error, CallFailed) else "warning", error.sentence)


def _judged(model: str, end: date | None) -> Finding:
    if end is None:
        return Finding("ok", f"OpenAI has {model}, and has announced no end of it.")
    left = (end - today()).days
    if left <= 0:
        return Finding("problem", f"OpenAI has switched {model} off on {end:%d %B %Y}. Choose another.")
    level = "warning" if left <= WARN_DAYS else "ok"
    return Finding(level, f"OpenAI switches {model} off on {end:%d %B %Y}, in {left} days.")


def _listed(text: str) -> dict[str, date | None]:
    """The models in an answer of `GET /v1/models`, each with its `shutdown_date`."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    models = body.get("data") if isinstance(body, dict) else None
    if not isinstance(models, list):
        return {}
    return {
        str(each.get("id")): _date(each.get("shutdown_date")) for each in models if isinstance(each, dict)
    }


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
