"""Validation of OpenAI requests, at least as strict as the real API's."""

import base64
import binascii
import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ui.rehearsal.loopback import is_loopback
from ui.rehearsal.openai.strict_schema import strict_schema_problem


class WrongRequest(Exception):
    """A request that OpenAI would refuse: message, code and parameter as in its error document."""

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.param = message, code, param


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class InputText(_Strict):
    """A text part of a message."""

    type: Literal["input_text"]
    text: str


class InputImage(_Strict):
    """An image part: a data URL, or an address on this machine."""

    type: Literal["input_image"]
    image_url: str
    detail: Literal["low", "high", "auto", "original"] = "auto"


Part = Annotated[InputText | InputImage, Field(discriminator="type")]


class Message(_Strict):
    """One message of `input`."""

    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[Part]

    def parts(self) -> list[InputText | InputImage]:
        """Its parts; a plain string is one text part."""
        if isinstance(self.content, str):
            return [InputText(type="input_text", text=self.content)]
        return list(self.content)


class PlainFormat(_Strict):
    """`text.format` for free text."""

    type: Literal["text"]


class SchemaFormat(_Strict):
    """`text.format` for JSON that fits a schema."""

    type: Literal["json_schema"]
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = False
    description: str | None = None


class Text(_Strict):
    """`text`: format and verbosity of the output."""

    format: Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")] = PlainFormat(type="text")
    verbosity: Literal["low", "medium", "high"] | None = None


class Reasoning(_Strict):
    """`reasoning`: how much the model reasons."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None


class ResponsesRequest(_Strict):
    """POST /v1/responses, without tools, streams and conversations."""

    model: str
    input: str | list[Message]
    instructions: str | None = None
    text: Text = Text()
    max_output_tokens: int | None = Field(default=None, ge=16)
    store: bool | None = True
    stream: Literal[False] | None = None
    background: Literal[False] | None = None
    metadata: dict[str, Annotated[str, Field(max_length=512)]] | None = Field(default=None, max_length=16)
    safety_identifier: str | None = Field(default=None, max_length=64)
    prompt_cache_key: str | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    reasoning: Reasoning | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority"] | None = None
    parallel_tool_calls: bool | None = None
    truncation: Literal["auto", "disabled"] | None = None
    user: str | None = None

    def messages(self) -> list[Message]:
        """The input as messages."""
        if isinstance(self.input, str):
            return [Message(role="user", content=self.input)]
        return self.input

    def images(self) -> list[InputImage]:
        """Every image part of `input`."""
        parts = [part for message in self.messages() for part in message.parts()]
        return [part for part in parts if isinstance(part, InputImage)]

    def words(self) -> str:
        """Instructions and text parts, joined by newlines."""
        parts = [part for message in self.messages() for part in message.parts()]
        texts = [part.text for part in parts if isinstance(part, InputText)]
        return "\n".join([self.instructions or "", *texts])


class _ImageUrl(_Strict):
    url: str


class ModerationImage(_Strict):
    """An image to moderate."""

    type: Literal["image_url"]
    image_url: _ImageUrl


class ModerationText(_Strict):
    """A text to moderate."""

    type: Literal["text"]
    text: str


class ModerationRequest(_Strict):
    """POST /v1/moderations."""

    model: str = "omni-moderation-latest"
    input: str | list[str] | list[Annotated[ModerationImage | ModerationText, Field(discriminator="type")]]

    def images(self) -> list[str]:
        """The URL of every image in `input`."""
        given = [] if isinstance(self.input, str) else self.input
        return [each.image_url.url for each in given if isinstance(each, ModerationImage)]


Request = TypeVar("Request", bound=BaseModel)
_RESPONSES, _MODERATIONS = TypeAdapter(ResponsesRequest), TypeAdapter(ModerationRequest)
_TAGS = {"input_text", "input_image", "json_schema", "text", "image_url"}


def responses_request(body: Any) -> ResponsesRequest:
    """The validated request. Raises WrongRequest."""
    request = checked(_RESPONSES, body)
    if isinstance(request.text.format, SchemaFormat) and request.text.format.strict:
        problem = strict_schema_problem(request.text.format.schema_)
        if problem:
            raise WrongRequest(
                f"Invalid schema for response_format '{request.text.format.name}': {problem}",
                code="invalid_json_schema",
                param="text.format.schema",
            )
    return request


def moderation_request(body: Any) -> ModerationRequest:
    """The validated request. Raises WrongRequest."""
    return checked(_MODERATIONS, body)


def picture_bytes(url: str) -> bytes:
    """The picture in a data URL. Raises WrongRequest as OpenAI would for one that it can't read."""
    head, _, data = url.partition(",")
    if not re.fullmatch(r"data:image/[a-z+.-]+;base64", head):
        raise WrongRequest(
            "Invalid 'input[0].content[1].image_url'. Expected a base64-encoded data URL with an image MIME"
            " type, but got unsupported MIME type.",
            code="invalid_value",
            param="input",
        )
    try:
        picture = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise WrongRequest("Invalid base64 image.", code="invalid_base64_image", param="input") from None
    if not is_known_picture(picture):
        raise WrongRequest(
            "You uploaded an unsupported image. Please make sure your image has of one the following"
            " formats: ['png', 'jpeg', 'gif', 'webp'].",
            code="invalid_image_format",
            param="input",
        )
    return picture


def checked_address(url: str) -> str:
    """An http address on this machine. Raises WrongRequest: a rehearsal fetches nothing from elsewhere."""
    if not is_loopback(url):
        raise WrongRequest(
            "Error while downloading the image.", code="failed_to_download_image", param="input"
        )
    return url


def is_known_picture(data: bytes) -> bool:
    """Whether it begins as a JPEG, PNG, GIF or WebP does."""
    starts = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
    return data.startswith(starts) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def checked(adapter: TypeAdapter[Request], body: Any) -> Request:
    """`body` as the adapter's model. Raises WrongRequest in OpenAI's words."""
    try:
        return adapter.validate_python(body)
    except ValidationError as error:
        raise _as_openai_error(error) from None


def _as_openai_error(error: ValidationError) -> WrongRequest:
    problems = error.errors(include_url=False)
    problem = max(problems, key=lambda each: len(each["loc"]))  # the deepest is the one that was meant
    param = _parameter(problem["loc"])
    context = problem.get("ctx", {})
    match problem["type"]:
        case "extra_forbidden":
            return WrongRequest(f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)
        case "missing":
            return WrongRequest(
                f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param
            )
        case "literal_error" | "union_tag_invalid":
            expected = context.get("expected") or context.get("expected_tags")
            return WrongRequest(
                f"Invalid value for '{param}'. Supported values are: {expected}.",
                code="invalid_value",
                param=param,
            )
        case "greater_than_equal" | "less_than_equal":
            return WrongRequest(
                f"Invalid '{param}': {problem['msg'].lower()}.", code="integer_below_min_value", param=param
            )
        case "string_too_long":
            return WrongRequest(
                f"Invalid '{param}': string too long.", code="string_above_max_length", param=param
            )
        case _:
            return WrongRequest(
                f"Invalid type for '{param}': {problem['msg']}.", code="invalid_type", param=param
            )


def _parameter(loc: tuple[int | str, ...]) -> str:
    """The path of a value, like `input[0].content[1].detail`, without pydantic's names of union members."""
    path, before = "", ""
    for each in (str(part) if isinstance(part, str) else part for part in loc):
        if isinstance(each, int):
            path += f"[{each}]"
        elif not (
            each == "str" or each.startswith("list[") or (each in _TAGS and before in ("index", "format"))
        ):
            path += f".{each}"
        before = "index" if isinstance(each, int) else each
    return path.removeprefix(".")
