"""OpenAI's routes: /v1/responses, /v1/moderations, /v1/images/edits, /v1/models."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from db.ids import utc_now
from ui.rehearsal.call_references import content_digest, find_call_id
from ui.rehearsal.cloud import Cloud
from ui.rehearsal.engine import picture_size
from ui.rehearsal.faults import Fault
from ui.rehearsal.json_body import json_body
from ui.rehearsal.openai.document import (
    Outcome,
    moderation_document,
    refusal_part,
    response_document,
    text_part,
)
from ui.rehearsal.openai.image_prices import IMAGE_MODELS, SHUTDOWN_DATES
from ui.rehearsal.openai.images import edit_image
from ui.rehearsal.openai.prices import PRICES, Usage, charge_microusd, image_tokens, price_of, text_tokens
from ui.rehearsal.openai.request import (
    ResponsesRequest,
    SchemaFormat,
    WrongRequest,
    checked_address,
    moderation_request,
    picture_bytes,
    responses_request,
)
from ui.rehearsal.photos import InputPhoto, PhotoUnreachable, photo_at
from ui.rehearsal.provider_ids import openai_id
from ui.rehearsal.request_info import RequestInfo
from ui.rehearsal.responses import openai_error, openai_headers
from ui.rehearsal.schema_filler import fill_schema
from ui.rehearsal.usage_log import Entry

_MODELS = (*PRICES, *IMAGE_MODELS, *SHUTDOWN_DATES)
_ANSWER_FAULTS = ("refusal", "incomplete", "failed", "truncated_json", "no_text", "usage")
_REFUSAL = "I'm sorry, but I can't help with describing this person."


def openai_router(cloud: Cloud) -> APIRouter:
    """Every route of OpenAI's API that Storykin uses."""
    router = APIRouter(prefix="/v1")

    @router.post("/responses")
    async def responses(request: Request) -> Response:
        """Fill the request's JSON schema with the profile of its photo."""
        return await _guarded(cloud, request, _respond)

    @router.post("/moderations")
    async def moderations(request: Request) -> Response:
        """Moderate a photo; flagged only when a fault says so."""
        return await _guarded(cloud, request, _moderate)

    @router.post("/images/edits")
    async def edits(request: Request) -> Response:
        """Draw a picture after the photos and the prompt."""
        return await _guarded(cloud, request, edit_image)

    @router.get("/models")
    async def models(request: Request) -> Response:
        """The list of models."""
        return _key_refused(request) or JSONResponse(
            {"object": "list", "data": [_model(name) for name in _MODELS]}, headers=openai_headers()
        )

    @router.get("/models/{name}")
    async def model(name: str, request: Request) -> Response:
        """One model."""
        refused = _key_refused(request)
        if refused:
            return refused
        if price_of(name) is None and name not in _MODELS:
            return _no_model(name, 404)
        return JSONResponse(_model(name), headers=openai_headers())

    return router


async def _guarded(
    cloud: Cloud, request: Request, handler: Callable[[Cloud, Request], Awaitable[Response]]
) -> Response:
    """What `handler` answers; 401 without a key, 400 for a request that it finds wrong."""
    refused = _key_refused(request)
    if refused:
        return refused
    try:
        return await handler(cloud, request)
    except WrongRequest as wrong:
        return _rejected(cloud, request, wrong)


async def _json_body(request: Request) -> Any:
    try:
        return await json_body(request)
    except ValueError:
        raise WrongRequest("We could not parse the JSON body of your request.") from None


def _key_refused(request: Request) -> Response | None:
    """401 without a key or with one that ends in "wrong"; else None."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme == "Bearer" and key and not key.endswith("wrong"):
        return None
    return openai_error(401, "Incorrect API key provided.", code="invalid_api_key")


def _rejected(cloud: Cloud, request: Request, wrong: WrongRequest) -> Response:
    cloud.usage_log.reject(_request_info(request).operation, 400)
    return openai_error(400, wrong.message, code=wrong.code, param=wrong.param)


def _no_model(name: str, status: int) -> Response:
    return openai_error(
        status, f"The requested model '{name}' does not exist.", code="model_not_found", param="model"
    )


def _model(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": int(time.time()),
        "owned_by": "system",
        "shutdown_date": SHUTDOWN_DATES.get(name),
    }


def _request_info(request: Request) -> RequestInfo:
    info: RequestInfo = request.state.info
    return info


async def _respond(cloud: Cloud, request: Request) -> Response:
    asked = responses_request(await _json_body(request))
    price = price_of(asked.model)
    if price is None:
        cloud.usage_log.reject("responses", 400)
        return _no_model(asked.model, 400)
    photo = await _photo(cloud, asked)
    fault = cloud.faults.answer_fault(_request_info(request), *_ANSWER_FAULTS)
    id = openai_id("resp")
    cloud.usage_log.accept(_entry(request, asked, id, photo))
    outcome, usage = _outcome(fault, asked, await _text(cloud, asked, photo), _input_tokens(asked, photo))
    charged = charge_microusd(price, usage) if usage else 0
    cloud.usage_log.finish(id, fault.kind if fault else outcome.status, charged)
    request.state.on_sent += [lambda: cloud.usage_log.deliver(id), lambda: cloud.usage_log.mark_reported(id)]
    return JSONResponse(response_document(asked, id, outcome, usage), headers=openai_headers())


def _entry(request: Request, asked: ResponsesRequest, id: str, photo: InputPhoto | None) -> Entry:
    notes = " ".join((asked.metadata or {}).values())
    return Entry(
        id=id,
        at=utc_now().isoformat(),
        provider="openai",
        operation="responses",
        model=asked.model,
        digest=content_digest(asked.model_dump(mode="json", exclude={"metadata"})),
        call_id=find_call_id(notes, request.headers.get("x-client-request-id")),
        photo_sha256=photo.sha256 if photo else None,
    )


async def _photo(cloud: Cloud, asked: ResponsesRequest) -> InputPhoto | None:
    images = asked.images()
    for image in images:
        if image.image_url.startswith("data:"):
            picture_bytes(image.image_url)
        else:
            checked_address(image.image_url)
    if not images:
        return None
    try:
        return await photo_at(images[0].image_url, cloud.client)
    except PhotoUnreachable:
        raise WrongRequest(
            "Error while downloading the image.", code="failed_to_download_image", param="input"
        ) from None


async def _text(cloud: Cloud, asked: ResponsesRequest, photo: InputPhoto | None) -> str:
    form = asked.text.format
    if not isinstance(form, SchemaFormat):
        return "This is a rehearsal: nobody was asked."
    return json.dumps(fill_schema(form.schema_, await cloud.engine.describe(photo)), separators=(",", ":"))


def _input_tokens(asked: ResponsesRequest, photo: InputPhoto | None) -> int:
    form = asked.text.format
    schema = json.dumps(form.schema_) if isinstance(form, SchemaFormat) else ""
    tokens = 10 + text_tokens(asked.words() + schema)
    if photo:
        tokens += image_tokens(*picture_size(photo.data), asked.images()[0].detail)
    return tokens


def _outcome(
    fault: Fault | None, asked: ResponsesRequest, text: str, input_tokens: int
) -> tuple[Outcome, Usage | None]:
    """Outcome and token counts of a response: whole, cut off at max_output_tokens, or as `fault` says."""
    thought = 64 if asked.model.startswith(("gpt-5", "gpt-6")) else 0
    usage = Usage(input_tokens, text_tokens(text) + thought, reasoning=thought)
    if fault is not None:
        return _faulty_outcome(fault, text, usage)
    limit = asked.max_output_tokens
    if limit is not None and usage.output > limit:
        return _cut_off(text, usage, max(0, (limit - thought) * 4), "max_output_tokens")
    return Outcome(content=text_part(text)), usage


def _faulty_outcome(fault: Fault, text: str, usage: Usage) -> tuple[Outcome, Usage | None]:
    match fault.kind:
        case "refusal":
            spent = replace(usage, output=usage.reasoning + text_tokens(_REFUSAL))
            result: tuple[Outcome, Usage | None] = Outcome(content=refusal_part(_REFUSAL)), spent
        case "failed":
            error = {"code": fault.code, "message": "The request could not be completed."}
            result = Outcome("failed", error=error), None
        case "incomplete":
            result = _cut_off(text, usage, len(text) // 2, fault.reason)
        case "truncated_json":
            result = Outcome(content=text_part(text[: len(text) // 2])), usage
        case "no_text":
            result = Outcome(), usage
        case _:
            result = Outcome(content=text_part(text)), _altered_usage(usage, fault.usage)
    return result


def _cut_off(text: str, usage: Usage, chars: int, reason: str) -> tuple[Outcome, Usage]:
    """An incomplete response with the first `chars` characters of `text`; none after a content filter."""
    kept = "" if reason == "content_filter" else text[:chars]
    usage = replace(usage, output=usage.reasoning + text_tokens(kept))
    return Outcome("incomplete", text_part(kept) if kept else None, incomplete=reason), usage


def _altered_usage(usage: Usage, altered: dict[str, int]) -> Usage:
    reasoning = altered.get("reasoning_tokens", usage.reasoning)
    return Usage(
        input=altered.get("input_tokens", usage.input),
        output=altered.get("output_tokens", usage.output - usage.reasoning + reasoning),
        cached=altered.get("cached_tokens", 0),
        cache_write=altered.get("cache_write_tokens", 0),
        reasoning=reasoning,
    )


async def _moderate(cloud: Cloud, request: Request) -> Response:
    asked = moderation_request(await _json_body(request))
    pictures = asked.images()
    for url in pictures:
        picture_bytes(url)
    flagged = cloud.faults.answer_fault(_request_info(request), "flagged")
    document = moderation_document(
        asked.model, picture=bool(pictures), flagged=flagged.code if flagged else None
    )
    cloud.usage_log.accept(
        Entry(
            id=document["id"],
            at=utc_now().isoformat(),
            provider="openai",
            operation="moderations",
            model=asked.model,
            digest=content_digest(asked.model_dump(mode="json")),
            call_id=find_call_id(request.headers.get("x-client-request-id")),
        )
    )
    cloud.usage_log.finish(document["id"], "flagged" if flagged else "completed")
    request.state.on_sent.append(lambda: cloud.usage_log.deliver(document["id"]))
    return JSONResponse(document, headers=openai_headers())
