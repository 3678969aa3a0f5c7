"""Pictures by a self-hosted server that speaks `/v1/images/edits`: vLLM-Omni, SGLang-Diffusion, sd.cpp.

A picture costs nothing. Photos stay in the house as far as the address does, which the doctor looks at. The
servers differ: fields they don't know are mostly ignored in silence, so only those that all take or ignore
are sent; `image` is the one name for the photo that all know; the picture comes in base64, or under an
address of the same server.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import httpx2
import openai

from db.log import Log
from tasks.errors import CallFailed, OutcomeUnknown, UsageError
from tasks.providers.inhouse.address import PrivateTransport
from tasks.providers.inhouse.errors import UNREADABLE, connection_error, status_error
from tasks.providers.inhouse.prompt import without_orders
from tasks.providers.openai.client import answer_seconds, openai_client
from tasks.providers.openai.delivered import DeliveredOutputs
from tasks.providers.openai.image_answer import (
    answered_by,
    content_type_of,
    decoded,
    first_picture,
    read_answer,
)
from tasks.providers.protocols import ImageOutput, ImageRequest
from tasks.providers.vision_question import scaled_jpeg

log = Log("in-house")

UNNAMED = "in-house"  # a server's only model, where none is named
# Multiples of 64, which every server takes.
SIZES = {"1:1": "1024x1024", "4:5": "1024x1280", "2:3": "768x1152", "3:4": "768x1024", "9:16": "576x1024"}
NO_KEY = "none"  # the openai package insists on one
LOST = "The in-house picture was lost before it could be kept. Nothing was charged: ask for it again."


@dataclass(frozen=True)
class InHouseSettings:
    """Where the server is, and how it is asked."""

    base_url: str  # ends with /v1
    model: str = ""  # sent by name; "" for a server with one model only
    api_key: str = field(default="", repr=False)
    read_seconds: float = 300.0  # the answer comes when the picture is done
    most_photos: int = 1


class InHouseImages:
    """Draws on a server of the studio's own. Implements `ImageProvider`. Thread-safe.

    No proxy is used, no redirect followed, and plain http only where it does not leave the house.
    """

    name = "in-house"
    charges = False

    def __init__(
        self,
        settings: InHouseSettings,
        *,
        on_response: Callable[[httpx2.Response], None] | None = None,
    ) -> None:
        self._settings = settings
        self.model = settings.model or UNNAMED
        self.most_photos = settings.most_photos
        self.answer_seconds = answer_seconds(settings.read_seconds)
        self._client = openai_client(
            api_key=settings.api_key or NO_KEY,
            base_url=settings.base_url,
            read_seconds=settings.read_seconds,
            by_proxy=False,
            transport=PrivateTransport(),
            on_response=on_response,
        )
        self._delivered = DeliveredOutputs()

    def estimate_microusd(self, request: ImageRequest) -> int:
        """0: a server of one's own charges nothing."""
        return 0

    def submit(self, request: ImageRequest) -> str:
        """Ask for the picture once and keep it; returns a name for it. Raises NotSent, CallFailed."""
        request.last_check()
        began = time.monotonic()
        answer = self._ask(request)
        try:
            body = read_answer(answer.text, UNREADABLE)
            picture = first_picture(body, 0)
        except OutcomeUnknown as error:
            raise CallFailed(error.sentence, code="unexpected_answer") from None
        data = (
            decoded(picture["b64_json"], 0) if picture.get("b64_json") else self._fetched(str(picture["url"]))
        )
        output = ImageOutput(
            cost_microusd=0,
            seconds=time.monotonic() - began,
            data=data,
            content_type=content_type_of(data, 0),
            details=answered_by(body),
        )
        provider_id = f"in-house.{uuid4().hex}"
        self._delivered.take(provider_id, output, request)
        return provider_id

    def collect(self, provider_id: str, request: ImageRequest) -> ImageOutput:
        """The picture that came with the answer. Safe to call again after a crash. Raises CallFailed,
        StoreError.
        """
        output = self._delivered.give(provider_id, request)
        if output is None:
            raise CallFailed(LOST, code="empty_output")
        return output

    def _ask(self, request: ImageRequest) -> httpx2.Response:
        pictures = [scaled_jpeg(each) for each in (request.photo, *request.references)]
        try:
            return self._client.post(
                "/images/edits",
                cast_to=httpx2.Response,
                body=self._fields(request),
                files=[
                    ("image", (f"photo-{number}.jpg", picture, "image/jpeg"))
                    for number, picture in enumerate(pictures, 1)
                ],
                options={"headers": {"Content-Type": "multipart/form-data"}},
            )
        except openai.APIStatusError as error:
            raise status_error(error) from None
        except openai.APIConnectionError as error:
            raise connection_error(error) from None

    def _fields(self, request: ImageRequest) -> dict[str, Any]:
        prompt = without_orders(request.prompt).strip()
        if not prompt:
            raise UsageError("There is nothing in this prompt but orders to a server.", code="empty_prompt")
        wanted = str(request.parameters.get("output_format", "png"))
        fields: dict[str, Any] = {
            "prompt": prompt,
            "n": 1,
            "size": SIZES.get(str(request.parameters.get("aspect_ratio")), SIZES["4:5"]),
            "response_format": "b64_json",
            "output_format": "jpeg" if wanted in ("jpg", "jpeg") else "png",
        }
        if self._settings.model:
            fields["model"] = self._settings.model
        if "seed" in request.parameters:
            fields["seed"] = int(request.parameters["seed"])
        return fields

    def _fetched(self, url: str) -> bytes:
        """The picture at `url`, a path or an address of the same server. Raises CallFailed."""
        base = self._settings.base_url
        if url.startswith("data:"):
            return decoded(url, 0)
        address = _same_server(base, url)
        if address is None:
            raise CallFailed(
                "The in-house image server names an address elsewhere for its picture, which is not fetched.",
                code="unexpected_answer",
            )
        try:
            answer = self._client.get(address, cast_to=httpx2.Response)
        except openai.APIStatusError as error:
            raise status_error(error) from None
        except openai.APIConnectionError as error:
            raise connection_error(error) from None
        return answer.content


def _same_server(base: str, url: str) -> str | None:
    """The whole address of `url`, or None when it leads away from the server at `base`."""
    try:
        address = urljoin(base, url)
        there, here = urlsplit(address), urlsplit(base)
        same = (there.scheme, there.hostname, there.port) == (here.scheme, here.hostname, here.port)
    except ValueError:
        return None
    return address if same else None
