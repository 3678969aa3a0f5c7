"""Pictures by OpenAI: one POST to `/v1/images/edits`, the photos by value, the picture in the answer.

Two routes were weighed. `/v1/images/edits` is synchronous and has no id: when the connection is cut, or the
worker dies, before the answer is here, the picture is possibly paid and lost. The Responses route
(`background: true` with the `image_generation` tool) gives an id early. Edits it is, because

- that the pair works with the 2.6 models is not documented (gpt-image-2's own page says that it is not
  offered there), and its POST can be lost just the same, without any list to find the id in;
- there a text model, paid besides, writes the prompt anew: not our words, nor twice the same;
- background answers are kept for minutes, stored ones for 30 days; edits keep no application state, which is
  what one wants for photos of children;
- self-hosted servers speak it too (`tasks.providers.inhouse`).

So a lost answer is OutcomeUnknown and never asked for again by a machine. See docs/decisions.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2
import openai

from db.log import Log
from tasks.errors import OutputLost, UsageError
from tasks.providers.model_registry import refuse_after_sunset, sunset_warning
from tasks.providers.openai.client import answer_seconds, named, openai_client
from tasks.providers.openai.delivered import DeliveredOutputs
from tasks.providers.openai.errors import connection_error
from tasks.providers.openai.image_answer import (
    answered_by,
    content_type_of,
    decoded,
    first_picture,
    read_answer,
)
from tasks.providers.openai.image_errors import UNHEARD, UNREADABLE, status_error
from tasks.providers.openai.image_models import ImageUsage, OpenAIImageModel, openai_image_model
from tasks.providers.protocols import ImageOutput, ImageRequest
from tasks.providers.vision_question import scaled_jpeg

log = Log("openai-images")

MOST_PROMPT = 32_000  # characters, by the published specification
LOST = "OpenAI drew the picture, and it was lost before it could be kept: it is paid for, and not to be had."


@dataclass(frozen=True)
class OpenAIImagesSettings:
    """How this installation asks OpenAI for pictures."""

    api_key: str = field(repr=False)
    model: str = "gpt-image-2.6-flare"
    base_url: str = "https://api.openai.com/v1"
    safety_identifier: str = ""  # a hash, at most 64 characters
    read_seconds: float = 300.0  # the answer comes when the picture is done


class OpenAIImages:
    """Draws with an OpenAI model. Implements `tasks.providers.protocols.ImageProvider`. Thread-safe.

    It is no `RequestHistory`: OpenAI keeps no list of such requests. `on_response` is shown every answer as
    it comes.
    """

    name = "openai-images"  # apart from the looks: a rate limit and a breaker of its own
    charges = True

    def __init__(
        self,
        settings: OpenAIImagesSettings,
        *,
        transport: httpx2.BaseTransport | None = None,
        on_response: Callable[[httpx2.Response], None] | None = None,
    ) -> None:
        self._settings = settings
        self._model: OpenAIImageModel = openai_image_model(settings.model)
        self.model = self._model.name
        self.most_photos = self._model.most_photos
        self.draws_for_print = bool(self._model.print_sizes)
        self.answer_seconds = answer_seconds(settings.read_seconds)
        self._client = openai_client(
            api_key=settings.api_key,
            base_url=settings.base_url,
            read_seconds=settings.read_seconds,
            transport=transport,
            on_response=on_response,
        )
        self._delivered = DeliveredOutputs()
        if sunset_warning(self._model):
            log.warning("model will be switched off", provider=self.name, model=self.model)

    def estimate_microusd(self, request: ImageRequest) -> int:
        """About what the picture costs: the real price is only known from the answer's usage."""
        return self._model.estimate_microusd(size=self._size(request), photos=1 + len(request.references))

    def submit(self, request: ImageRequest) -> str:
        """Ask for the picture, with one POST, and keep it; returns a name for it.

        Raises NotSent, Refused, CallFailed, OutcomeUnknown, UsageError (`model_sunset`, `too_much_input`).
        """
        refuse_after_sunset(self._model)
        pictures = [scaled_jpeg(each) for each in (request.photo, *request.references)]
        if len(pictures) > self._model.most_photos or len(request.prompt) > MOST_PROMPT:
            raise UsageError("This is more than OpenAI's model takes for one picture.", code="too_much_input")
        request.last_check()
        began = time.monotonic()
        answer = self._ask(self._fields(request), pictures, request.call_id)
        body = read_answer(answer.text, UNREADABLE)
        usage = ImageUsage.of(body)
        cost = usage.cost_microusd(self._model.price())
        if usage == ImageUsage():  # it was not free
            cost = self.estimate_microusd(request)
        data = decoded(first_picture(body, cost).get("b64_json"), cost)
        output = ImageOutput(
            cost_microusd=cost,
            seconds=time.monotonic() - began,
            data=data,
            content_type=content_type_of(data, cost),
            details=answered_by(body) | {"usage": vars(usage)},
        )
        provider_id = _name_of(answer)
        self._delivered.take(provider_id, output, request)
        return provider_id

    def collect(self, provider_id: str, request: ImageRequest) -> ImageOutput:
        """The picture that came with the answer. Safe to call again after a crash.

        Raises OutputLost, StoreError.
        """
        output = self._delivered.give(provider_id, request)
        if output is None:
            raise OutputLost(LOST, charged_microusd=self.estimate_microusd(request))
        return output

    def _ask(self, fields: dict[str, Any], pictures: list[bytes], call_id: str) -> httpx2.Response:
        """The one paid request."""
        several = "image[]" if len(pictures) > 1 else "image"
        try:
            answer = self._client.post(
                "/images/edits",
                cast_to=httpx2.Response,
                body=fields,
                files=[
                    (several, (f"photo-{number}.jpg", picture, "image/jpeg"))
                    for number, picture in enumerate(pictures, 1)
                ],
                options={"headers": {"Content-Type": "multipart/form-data", **named(call_id)}},
            )
        except openai.APIStatusError as error:
            raise status_error(error) from None
        except openai.APIConnectionError as error:
            raise connection_error(error, UNHEARD) from None
        log.info("provider answered", provider=self.name, model=self.model, status=answer.status_code)
        return answer

    def _fields(self, request: ImageRequest) -> dict[str, Any]:
        """Everything is said: the specification's own defaults name models that are switched off."""
        fields: dict[str, Any] = {
            "model": self.model,
            "prompt": request.prompt,
            "n": 1,
            "size": self._size(request),
            "quality": self._model.quality,
            "output_format": self._model.output_format(str(request.parameters.get("output_format", "png"))),
            "background": "opaque",
            "moderation": self._model.moderation,
        }
        if self._settings.safety_identifier:
            fields["safety_identifier"] = self._settings.safety_identifier
        return fields

    def _size(self, request: ImageRequest) -> str:
        aspect = str(request.parameters.get("aspect_ratio", "4:5"))
        return self._model.size(aspect, for_print=request.parameters.get("resolution") == "print")


def _name_of(answer: httpx2.Response) -> str:
    """OpenAI's name for the request, which its support knows, made one of a kind: a proxy may repeat it."""
    request_id = "".join(
        each for each in answer.headers.get("x-request-id", "") if each.isalnum() or each in "_-"
    )
    return f"{request_id[:80] or 'req'}.{uuid4().hex[:12]}"
