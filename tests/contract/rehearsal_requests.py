"""A photo and a question for the rehearsal cloud, as the SDKs send them."""

import io
from base64 import b64encode
from typing import Any

from PIL import Image
from pydantic import BaseModel, ConfigDict


class Seen(BaseModel):
    """What the tests ask to be told."""

    model_config = ConfigDict(extra="forbid")

    hair_colour: str
    do_not_change: list[str]
    monochrome: bool


def photo_url(kind: str = "JPEG") -> str:
    file = io.BytesIO()
    Image.new("RGB", (320, 400), "tan").save(file, kind)
    return f"data:image/{kind.lower()};base64,{b64encode(file.getvalue()).decode()}"


def question(**image: Any) -> list[Any]:
    picture = {"type": "input_image", "image_url": photo_url(), "detail": "high", **image}
    return [{"role": "user", "content": [{"type": "input_text", "text": "Describe the person."}, picture]}]


def plain_format(**changes: Any) -> dict[str, Any]:
    """`text` with a small strict schema."""
    schema = {
        "type": "object",
        "properties": {"monochrome": {"type": "boolean"}},
        "required": ["monochrome"],
        "additionalProperties": False,
    }
    return {"format": {"type": "json_schema", "name": "seen", "schema": schema, "strict": True, **changes}}
