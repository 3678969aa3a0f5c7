"""`POST /v1/images/edits`: the picture is drawn while the caller waits, and billed even if he does not."""

import io
import time
from base64 import b64encode
from hashlib import sha256
from typing import Any

from fastapi import Request
from PIL import Image
from starlette.responses import JSONResponse, Response

from db.digests import digest_of
from db.ids import utc_now
from ui.rehearsal.call_references import find_call_id
from ui.rehearsal.cloud import Cloud
from ui.rehearsal.engine import PictureSpec, picture_size
from ui.rehearsal.faults import Fault
from ui.rehearsal.openai.image_prices import IMAGE_MODELS, ImageUsage, output_tokens
from ui.rehearsal.openai.image_request import EditsRequest, edits_request
from ui.rehearsal.openai.prices import image_tokens, text_tokens
from ui.rehearsal.openai.request import WrongRequest
from ui.rehearsal.photos import InputPhoto
from ui.rehearsal.request_info import RequestInfo
from ui.rehearsal.responses import openai_error, openai_headers
from ui.rehearsal.usage_log import Entry

_ANSWER_FAULTS = ("moderation_blocked", "no_picture", "junk_picture", "no_usage")
_BLOCKED = "Your request was rejected by the safety system. safety_violations=[]."
_RATIOS = {"4:5": 0.8, "1:1": 1.0, "2:3": 2 / 3, "3:4": 0.75, "9:16": 9 / 16}


async def edit_image(cloud: Cloud, request: Request) -> Response:
    """Draw the picture that the form asks for. Raises WrongRequest."""
    asked, pictures = await edits_request(request)
    if asked.model not in IMAGE_MODELS:
        raise WrongRequest(
            f"The model '{asked.model}' does not exist.", code="model_not_found", param="model"
        )
    info: RequestInfo = request.state.info
    headers = openai_headers()
    id = headers["x-request-id"]
    cloud.usage_log.accept(_entry(request, info, asked, pictures, id))
    fault = cloud.faults.answer_fault(info, *_ANSWER_FAULTS)
    picture = await _drawn(cloud, info, asked, pictures)
    usage = _usage(asked, pictures)
    if fault is not None and fault.kind == "moderation_blocked":  # it takes as long as a picture
        cloud.usage_log.finish(id, "blocked")
        _when_sent(cloud, request, id)
        return openai_error(400, _BLOCKED, kind="image_generation_user_error", code="moderation_blocked")
    cloud.usage_log.finish(id, fault.kind if fault else "completed", usage.charge_microusd)
    _when_sent(cloud, request, id)
    return JSONResponse(_document(asked, _spoiled(fault, picture), fault, usage), headers=headers)


def _when_sent(cloud: Cloud, request: Request, id: str) -> None:
    request.state.on_sent += [lambda: cloud.usage_log.deliver(id), lambda: cloud.usage_log.mark_reported(id)]


def _entry(request: Request, info: RequestInfo, asked: EditsRequest, pictures: list[bytes], id: str) -> Entry:
    content = asked.model_dump(mode="json") | {"pictures": [sha256(each).hexdigest() for each in pictures]}
    return Entry(
        id=id,
        at=utc_now().isoformat(),
        provider="openai",
        operation=info.operation,
        model=asked.model,
        digest=digest_of(content),
        call_id=find_call_id(request.headers.get("x-client-request-id")),
        style=info.style,
        photo_sha256=InputPhoto(pictures[0]).sha256,
    )


async def _drawn(cloud: Cloud, info: RequestInfo, asked: EditsRequest, pictures: list[bytes]) -> bytes:
    """The encoded picture, in the size that was asked for."""
    width, height = asked.edges
    spec = PictureSpec(
        style=info.style,
        seed=int(sha256(asked.prompt.encode()).hexdigest()[:7], 16),
        aspect_ratio=min(_RATIOS, key=lambda each: abs(_RATIOS[each] - width / height)),
    )
    drawn = await cloud.engine.draw(InputPhoto(pictures[0]), spec)
    file = io.BytesIO()
    with Image.open(io.BytesIO(drawn)) as picture:
        fitted = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        fitted.save(file, asked.output_format.upper())
    return file.getvalue()


def _usage(asked: EditsRequest, pictures: list[bytes]) -> ImageUsage:
    return ImageUsage(
        text=text_tokens(asked.prompt),
        image=sum(image_tokens(*picture_size(each), "high") for each in pictures),
        output=output_tokens(*asked.edges, asked.quality),
    )


def _spoiled(fault: Fault | None, picture: bytes) -> list[dict[str, Any]]:
    if fault is not None and fault.kind == "no_picture":
        return []
    junk = fault is not None and fault.kind == "junk_picture"
    return [{"b64_json": b64encode(b"<html>no picture</html>" if junk else picture).decode()}]


def _document(
    asked: EditsRequest, data: list[dict[str, Any]], fault: Fault | None, usage: ImageUsage
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "created": int(time.time()),
        "background": "opaque",
        "data": data,
        "output_format": asked.output_format,
        "quality": asked.quality,
        "size": asked.size,
    }
    if fault is None or fault.kind != "no_usage":
        document["usage"] = {
            "input_tokens": usage.text + usage.image,
            "input_tokens_details": {"text_tokens": usage.text, "image_tokens": usage.image},
            "output_tokens": usage.output,
            "output_tokens_details": {"text_tokens": 0, "image_tokens": usage.output},
            "total_tokens": usage.text + usage.image + usage.output,
        }
    return document
