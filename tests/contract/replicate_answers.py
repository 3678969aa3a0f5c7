"""Predictions as Replicate tells of them, composed after the published spec and the recorded ones."""

import io
from base64 import b64encode
from datetime import datetime
from functools import cache
from typing import Any

from PIL import Image

from db.ids import utc_now
from tasks.providers.protocols import ImageRequest, Photo
from tests.contract.openai_answers import seen_profile

CALL_ID = "0197a1b2-0000-7000-8000-0123456789ab"
OTHER_CALL = "0197a1b2-0000-7000-8000-ba9876543210"


@cache
def photo(side: int = 120) -> Photo:
    """A photo full of noise, which JPEG makes no smaller."""
    file = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(file, "JPEG", quality=95)
    return Photo(data=file.getvalue(), sha256="cd" * 32, width=side, height=side)


def request(call_id: str = CALL_ID, **parameters: Any) -> ImageRequest:
    return ImageRequest(
        call_id=call_id,
        photo=photo(),
        profile=seen_profile(),
        style="storybook",
        prompt="Redraw the person in the photo.",
        parameters={"aspect_ratio": "4:5", "output_format": "png", "seed": 7} | parameters,
    )


def input_of(call_id: str | None) -> dict[str, Any]:
    link = f"https://bucket.example/inputs/{call_id}.jpg?X-Amz-Expires=3600"
    return {"prompt": "p", "image_input": [link] if call_id else []}


def prediction(
    status: str = "starting",
    *,
    id: str = "p1",
    call_id: str | None = CALL_ID,
    created_at: datetime | None = None,
    **changes: Any,
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": id,
        "model": "google/nano-banana-2.1",
        "version": "hidden",
        "input": input_of(call_id),
        "logs": "",
        "output": None,
        "data_removed": False,
        "error": None,
        "source": "api",
        "status": status,
        "created_at": (created_at or utc_now()).isoformat(),
        "urls": {
            "get": f"https://api.replicate.com/v1/predictions/{id}",
            "cancel": f"https://api.replicate.com/v1/predictions/{id}/cancel",
            "web": f"https://replicate.com/p/{id}",
        },
    }
    return body | changes


def done(output: Any = "https://replicate.delivery/x/out.png", **changes: Any) -> dict[str, Any]:
    return prediction("succeeded", output=output, metrics={"predict_time": 7.1, "total_time": 7.5}, **changes)


def failed(error: str, **changes: Any) -> dict[str, Any]:
    return prediction("failed", error=error, **changes)


def page(*predictions: dict[str, Any], next: str | None = None) -> dict[str, Any]:
    return {"next": next, "previous": None, "results": list(predictions)}


def picture_url() -> str:
    file = io.BytesIO()
    Image.new("RGB", (82, 102), (90, 60, 30)).save(file, "PNG")
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
