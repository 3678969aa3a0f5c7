"""The paid models, read from `models.toml`: names, prices, limits, and until when they live."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field

from tasks.errors import UsageError

WARN_DAYS = 60  # before a model's sunset
MILLION = 1_000_000


class RegistryData(BaseModel):
    """An entry of the registry, or a part of one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TokenPrice(RegistryData):
    """Micro-dollars per million tokens, from `since` on."""

    since: date
    input: int
    cached: int  # input tokens that were read from the provider's cache
    cache_write: int  # input tokens that were written to it
    output: int  # reasoning tokens included


class Model(Protocol):
    """What every paid model has: until when it lives, and the setting that names it."""

    setting: ClassVar[str]

    @property
    def called(self) -> str:
        """The name a person configures it by."""
        ...

    @property
    def sunset(self) -> date | None:
        """The day on which it is switched off, if one is announced."""
        ...

    @property
    def successor(self) -> str:
        """What to use instead, or ""."""
        ...


class VisionModel(RegistryData):
    """A model that looks at photos."""

    setting: ClassVar[str] = "STORYKIN_OPENAI_MODEL"
    name: str
    licence: str
    reasoning_effort: str = ""
    image_token_factor: float
    prices: tuple[TokenPrice, ...]
    sunset: date | None = None
    successor: str = ""

    @property
    def called(self) -> str:
        """The name a person configures it by."""
        return self.name

    def price(self, on: date | None = None) -> TokenPrice:
        """The price that holds on that day (today): the latest that has begun, else the earliest known."""
        day = on or today()
        begun = [each for each in self.prices if each.since <= day]
        return max(begun, key=lambda each: each.since) if begun else self.prices[0]


class PrintSize(RegistryData):
    """How a model is asked for a picture for print, and what one costs."""

    fixed: dict[str, Any]  # in place of what is sent with a draft
    price_microusd: int


class ImageModel(RegistryData):
    """A model that draws, and how it wants to be asked: its input fields by their names."""

    setting: ClassVar[str] = "STORYKIN_IMAGE_MODEL"
    slug: str = Field(pattern=r"^[a-z0-9_.-]+/[a-z0-9_.-]+$")
    licence: str
    price_microusd: int  # one picture
    price_source: str
    photo_field: str
    photo_is_list: bool
    most_photos: int
    formats: tuple[str, ...]  # the first is taken when the style's own is not among them
    aspects: tuple[str, ...]
    prompt_field: str = "prompt"
    aspect_field: str = ""
    format_field: str = ""
    seed_field: str = ""
    fixed: dict[str, Any] = Field(default_factory=dict)  # sent with every request as it stands
    print: PrintSize | None = None  # where it draws larger pictures, too
    sunset: date | None = None
    successor: str = ""

    @property
    def called(self) -> str:
        """The name a person configures it by."""
        return self.slug


def larger_of(model: ImageModel, parameters: Mapping[str, Any]) -> PrintSize | None:
    """The print size that a request's `parameters` ask for, where the model has one; None for a draft."""
    return model.print if parameters.get("resolution") == "print" else None


@lru_cache
def registry_contents() -> dict[str, Any]:
    """The registry as it is written."""
    return tomllib.loads((files("tasks") / "providers" / "models.toml").read_text("utf-8"))


@lru_cache
def vision_models() -> dict[str, VisionModel]:
    """Every vision model by name."""
    return {each["name"]: VisionModel.model_validate(each) for each in registry_contents()["vision"]}


@lru_cache
def image_models() -> dict[str, ImageModel]:
    """Every image model by slug."""
    return {each["slug"]: ImageModel.model_validate(each) for each in registry_contents()["image"]}


def vision_model(name: str) -> VisionModel:
    """The vision model called `name`; UsageError naming the known ones otherwise."""
    known = vision_models()
    if name not in known:
        raise UsageError(
            f"STORYKIN_OPENAI_MODEL is not a known model. Known are: {', '.join(known)}.",
            code="unknown_model",
        )
    return known[name]


def image_model(slug: str) -> ImageModel:
    """The image model `slug`; UsageError naming the known ones otherwise."""
    known = image_models()
    if slug not in known:
        raise UsageError(
            f"STORYKIN_IMAGE_MODEL is not a known model. Known are: {', '.join(known)}.",
            code="unknown_model",
        )
    return known[slug]


def refuse_after_sunset(model: Model, on: date | None = None) -> None:
    """UsageError (`model_sunset`) with the successor's name once the model's last day is over."""
    if model.sunset is not None and (on or today()) >= model.sunset:
        raise UsageError(
            f"{model.called} was switched off on {model.sunset:%d %B %Y}. {_instead(model)}",
            code="model_sunset",
        )


def sunset_warning(model: Model, on: date | None = None) -> str | None:
    """A sentence when the model will be switched off within 60 days, or was; None otherwise."""
    if model.sunset is None:
        return None
    left = (model.sunset - (on or today())).days
    if left > WARN_DAYS:
        return None
    when = f"in {left} days, on" if left > 0 else "on"
    verb = "will be" if left > 0 else "was"
    return f"{model.called} {verb} switched off {when} {model.sunset:%d %B %Y}. {_instead(model)}"


def registry_checked_on() -> date:
    """The day on which someone last compared the registry with the providers' pages."""
    checked: date = registry_contents()["checked"]
    return checked


def today() -> date:
    """The UTC date."""
    return datetime.now(UTC).date()


def _instead(model: Model) -> str:
    return (
        f"Set {model.setting}={model.successor}." if model.successor else f"Choose another {model.setting}."
    )
