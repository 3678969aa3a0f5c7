"""OpenAI's models that draw, read from `models.toml`, and what their tokens cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar, Literal

from pydantic import Field

from tasks.errors import UsageError
from tasks.providers.model_registry import MILLION, RegistryData, registry_contents, today
from tasks.providers.openai.usage_fields import count, mapping

PROMPT_TOKENS = 1_000  # measured generously
_SQUARE_PIXELS = 1024 * 1024


class ImageTokenPrice(RegistryData):
    """Micro-dollars per million tokens, from `since` on."""

    since: date
    text: int  # of the prompt
    cached_text: int
    image: int  # of the pictures that go along
    cached_image: int
    output: int


class OpenAIImageModel(RegistryData):
    """A model that draws, and how it is asked."""

    setting: ClassVar[str] = "STORYKIN_OPENAI_IMAGE_MODEL"
    name: str
    licence: str
    quality: Literal["low", "medium", "high"]
    moderation: Literal["auto", "low"]
    most_photos: int
    formats: tuple[str, ...]  # the first is taken when the style's own is not among them
    photo_tokens: int  # of one picture that goes along, at the most
    square_microusd: dict[str, int]  # one picture of 1024x1024, by quality
    sizes: dict[str, str]  # "WIDTHxHEIGHT" by aspect ratio
    print_sizes: dict[str, str] = Field(default_factory=dict)  # the same for print, where it can
    prices: tuple[ImageTokenPrice, ...]
    sunset: date | None = None
    successor: str = ""

    @property
    def called(self) -> str:
        """The name a person configures it by."""
        return self.name

    def price(self, on: date | None = None) -> ImageTokenPrice:
        """The price that holds on that day (today): the latest that has begun, else the earliest known."""
        day = on or today()
        begun = [each for each in self.prices if each.since <= day]
        return max(begun, key=lambda each: each.since) if begun else self.prices[0]

    def size(self, aspect: str, *, for_print: bool = False) -> str:
        """The size ("1024x1280") whose shape comes nearest to `aspect` ("4:5")."""
        sizes = (for_print and self.print_sizes) or self.sizes
        return sizes[min(sizes, key=lambda each: abs(_ratio(each) / _ratio(aspect) - 1))]

    def output_format(self, wanted: str) -> str:
        """`wanted` ("png", "jpg" …) as OpenAI calls it, if the model can, else the model's first."""
        name = {"jpg": "jpeg"}.get(wanted, wanted)
        return name if name in self.formats else self.formats[0]

    def estimate_microusd(self, *, size: str, photos: int) -> int:
        """About what one picture costs: the published price of a square one by its pixels, and what goes
        along. An estimate: the bill goes by the tokens that the answer tells.
        """
        width, _, height = size.partition("x")
        drawn = -(-self.square_microusd[self.quality] * int(width) * int(height) // _SQUARE_PIXELS)
        price = self.price()
        along = photos * self.photo_tokens * price.image + PROMPT_TOKENS * price.text
        return drawn - (-along // MILLION)


@dataclass(frozen=True)
class ImageUsage:
    """Tokens of one answer. What was cached is part of `text` and `image`."""

    text: int = 0
    cached_text: int = 0
    image: int = 0
    cached_image: int = 0
    output: int = 0

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "ImageUsage":
        """Read leniently: what is missing is 0, and input that is not told apart counts as picture, which is
        dearer.
        """
        usage = mapping(body.get("usage"))
        inputs = mapping(usage.get("input_tokens_details"))
        cached = mapping(inputs.get("cached_tokens_details"))
        text = count(inputs.get("text_tokens"))
        image = max(count(inputs.get("image_tokens")), count(usage.get("input_tokens")) - text)
        return cls(
            text=text,
            cached_text=min(text, count(cached.get("text_tokens"))),
            image=image,
            cached_image=min(image, count(cached.get("image_tokens"))),
            output=count(usage.get("output_tokens")),
        )

    def cost_microusd(self, price: ImageTokenPrice) -> int:
        """What these tokens cost, rounded up to a micro-dollar."""
        total = (
            (self.text - self.cached_text) * price.text
            + self.cached_text * price.cached_text
            + (self.image - self.cached_image) * price.image
            + self.cached_image * price.cached_image
            + self.output * price.output
        )
        return -(-total // MILLION)


@lru_cache
def openai_image_models() -> dict[str, OpenAIImageModel]:
    """Every model by name."""
    return {
        each["name"]: OpenAIImageModel.model_validate(each) for each in registry_contents()["openai_image"]
    }


def openai_image_model(name: str) -> OpenAIImageModel:
    """The model called `name`; UsageError naming the known ones otherwise."""
    known = openai_image_models()
    if name not in known:
        raise UsageError(
            f"{OpenAIImageModel.setting} is not a known model. Known are: {', '.join(known)}.",
            code="unknown_model",
        )
    return known[name]


def _ratio(aspect: str) -> float:
    width, _, height = aspect.partition(":")
    return float(width) / float(height)
