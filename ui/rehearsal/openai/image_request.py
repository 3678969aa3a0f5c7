"""What `POST /v1/images/edits` takes as a form, checked as strictly as the real one does or more."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from ui.rehearsal.openai.request import WrongRequest, checked, is_known_picture

MOST_PICTURES = 16
MOST_PICTURE_BYTES = 50 * 1024 * 1024
_PHOTO_FIELDS = ("image", "image[]")
_EDGE = 16  # pixels; what every side is a multiple of
_PIXELS = (655_360, 8_294_400)
_FLATTEST = 3  # times as long as high, at most


class EditsRequest(BaseModel):
    """The fields of the form beside the pictures. The model has no default: the specification's is dying."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str
    prompt: Annotated[str, Field(min_length=1, max_length=32_000)]
    n: Annotated[int, Field(strict=False, ge=1, le=1)] = 1  # a rehearsal draws one
    size: Annotated[str, Field(pattern=r"^\d{2,4}x\d{2,4}$")]
    quality: Literal["low", "medium", "high"]
    output_format: Literal["png", "jpeg", "webp"] = "png"
    background: Literal["opaque", "auto"] = "auto"
    moderation: Literal["auto", "low"] = "auto"
    safety_identifier: Annotated[str, Field(max_length=64)] | None = None
    user: str | None = None

    @property
    def edges(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, _, height = self.size.partition("x")
        return int(width), int(height)


_ADAPTER = TypeAdapter(EditsRequest)


async def edits_request(request: Request) -> tuple[EditsRequest, list[bytes]]:
    """The checked fields and the pictures. Raises WrongRequest."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise WrongRequest("Unsupported content type. This API takes multipart/form-data.")
    fields: dict[str, str] = {}
    pictures: list[bytes] = []
    try:
        async with request.form(max_files=MOST_PICTURES + 1) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    _check_photo_field(name)
                    pictures.append(await value.read())
                else:
                    fields[name] = value
    except HTTPException as error:
        raise WrongRequest(f"We could not parse the form of your request: {error.detail}") from None
    return _checked_fields(fields), _checked_pictures(pictures)


def _check_photo_field(name: str) -> None:
    if name not in _PHOTO_FIELDS:
        raise WrongRequest(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)


def _checked_fields(fields: Mapping[str, str]) -> EditsRequest:
    asked = checked(_ADAPTER, dict(fields))
    width, height = asked.edges
    fits = (
        width % _EDGE == height % _EDGE == 0
        and _PIXELS[0] <= width * height <= _PIXELS[1]
        and max(width, height) <= _FLATTEST * min(width, height)
    )
    if not fits:
        raise WrongRequest(f"Invalid size '{asked.size}'.", code="invalid_value", param="size")
    return asked


def _checked_pictures(pictures: list[bytes]) -> list[bytes]:
    if not pictures:
        raise WrongRequest(
            "Missing required parameter: 'image'.", code="missing_required_parameter", param="image"
        )
    if len(pictures) > MOST_PICTURES:
        raise WrongRequest(
            f"Invalid 'image': array too long, at most {MOST_PICTURES}.",
            code="array_above_max_length",
            param="image",
        )
    if not all(is_known_picture(each) and len(each) < MOST_PICTURE_BYTES for each in pictures):
        raise WrongRequest(
            "Invalid image file or mode for image, please check your image file.",
            code="invalid_image_file",
            param="image",
        )
    return pictures
