"""Vision by OpenAI: one request of the Responses API, the photo by value, a strict schema back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
from openai.types import ModerationImageURLInputParam

from db.log import Log
from tasks.errors import Refused
from tasks.profile import Profile
from tasks.providers.model_registry import (
    MILLION,
    VisionModel,
    refuse_after_sunset,
    sunset_warning,
    vision_model,
)
from tasks.providers.openai.answer import Usage, bill, name_in, parse_response, profile_in
from tasks.providers.openai.client import answer_seconds, named, openai_client
from tasks.providers.openai.errors import connection_error, status_error
from tasks.providers.openai.moderation import before_payment, flagged_in
from tasks.providers.protocols import Photo, VisionAnswer, nothing_to_check
from tasks.providers.vision_question import (
    INSTRUCTIONS,
    data_url,
    image_tokens,
    profile_format,
    scaled_jpeg,
)

log = Log("openai")

MODERATION_MODEL = "omni-moderation-latest"
MOST_OUTPUT_TOKENS = 4_000  # reasoning included
QUESTION_TOKENS = 1_200  # instructions and schema, measured generously


@dataclass(frozen=True)
class OpenAISettings:
    """How this installation talks to OpenAI."""

    api_key: str = field(repr=False)
    model: str = "gpt-5.6-luna"
    base_url: str = "https://api.openai.com/v1"
    moderation: bool = False  # ask the free moderation endpoint about the photo first
    safety_identifier: str = ""  # a hash, at most 64 characters
    read_seconds: float = 90.0


class OpenAIVision:
    """Looks at photos with an OpenAI model. Implements `tasks.providers.protocols.VisionProvider`.

    `color_check(profile, photo)` puts measured colors beside the model's claims; `on_response` is shown
    every answer as it comes. Thread-safe.
    """

    name = "openai"
    charges = True

    def __init__(
        self,
        settings: OpenAISettings,
        *,
        color_check: Callable[[Profile, Photo], Profile] = lambda profile, _photo: profile,
        transport: httpx2.BaseTransport | None = None,
        on_response: Callable[[httpx2.Response], None] | None = None,
    ) -> None:
        self._settings = settings
        self._model: VisionModel = vision_model(settings.model)
        self._color_check = color_check
        self.model = self._model.name
        self.answer_seconds = answer_seconds(settings.read_seconds)
        self._client = openai_client(
            api_key=settings.api_key,
            base_url=settings.base_url,
            read_seconds=settings.read_seconds,
            transport=transport,
            on_response=on_response,
        )
        if sunset_warning(self._model):
            log.warning("model will be switched off", provider=self.name, model=self.model)

    def estimate_microusd(self, photo: Photo) -> int:
        """The most that `describe` can cost: every output token used, nothing cached."""
        price = self._model.price()
        asked = QUESTION_TOKENS + image_tokens(photo, self._model.image_token_factor)
        return -(-(asked * price.input + MOST_OUTPUT_TOKENS * price.output) // MILLION)

    def describe(
        self, photo: Photo, call_id: str = "", last_check: Callable[[], None] = nothing_to_check
    ) -> VisionAnswer:
        """Look at the photo. Raises NotSent, Refused, CallFailed or OutcomeUnknown."""
        refuse_after_sunset(self._model)
        picture = data_url(scaled_jpeg(photo))
        if self._settings.moderation:
            self._moderate(picture, call_id)
        last_check()
        body = self._ask(picture, call_id)
        usage = Usage.of(body)
        cost = bill(body, usage, self._model.price(), self.estimate_microusd(photo))
        profile = profile_in(body, cost)
        return VisionAnswer(
            profile=self._color_check(profile, photo),
            model=name_in(body, "model") or self.model,
            cost_microusd=cost,
            usage=vars(usage),
            provider_id=name_in(body, "id"),
        )

    def _ask(self, picture: str, call_id: str) -> dict[str, Any]:
        """The one paid request; its answer as JSON."""
        try:
            answer = self._client.responses.with_raw_response.create(
                **self._question(picture), extra_headers=named(call_id)
            )
        except openai.APIStatusError as error:
            raise status_error(error) from None
        except openai.APIConnectionError as error:
            raise connection_error(error) from None
        log.info("provider answered", provider=self.name, model=self.model, status=answer.status_code)
        return parse_response(answer.http_response.text)

    def _question(self, picture: str) -> dict[str, Any]:
        question: dict[str, Any] = {
            "model": self.model,
            "instructions": INSTRUCTIONS,
            "input": [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "Describe the main person of this photo."},
                        # "auto" is "original" on newer models: five times the tokens.
                        {"type": "input_image", "image_url": picture, "detail": "high"},
                    ],
                }
            ],
            "text": {"format": profile_format()},
            "store": False,
            "max_output_tokens": MOST_OUTPUT_TOKENS,
        }
        if self._model.reasoning_effort:
            question["reasoning"] = {"effort": self._model.reasoning_effort}
        if self._settings.safety_identifier:
            question["safety_identifier"] = self._settings.safety_identifier
        return question

    def _moderate(self, picture: str, call_id: str) -> None:
        """Refused (`moderation`) when the photo is flagged. It is free, so any lost answer is NotSent."""
        try:
            asked: ModerationImageURLInputParam = {"type": "image_url", "image_url": {"url": picture}}
            answer = self._client.moderations.with_raw_response.create(
                model=MODERATION_MODEL, input=[asked], extra_headers=named(call_id)
            )
            flagged = flagged_in(answer.http_response.text)
        except openai.APIStatusError as error:
            raise before_payment(status_error(error)) from None
        except openai.APIConnectionError as error:
            raise before_payment(connection_error(error)) from None
        if flagged:
            raise Refused(
                "OpenAI's moderation flagged this photo, so it was not sent on.",
                code="moderation",
                charged_microusd=0,
            )
