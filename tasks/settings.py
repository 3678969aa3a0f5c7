"""Which providers and which store this installation uses, and their keys: from the environment alone."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from db.errors import BadSettings
from db.settings import CONFIG, WebAddress, read_settings
from tasks.providers.spec import Kind, ProviderSpec
from tasks.providers.specs import all_specs, specs_for

Own = TypeVar("Own", bound=BaseSettings)

MOST_USD = 1_000_000_000  # what can be counted in micro-dollars on any database
DAY_SECONDS = 86_400
LEAST_MISSED_HOURS = 0.5
MOST_MISSED_HOURS = 24 * 366
MOST_REQUESTS = 100_000  # a minute, or at the same time

_PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+")


class ProviderSettings(BaseSettings):
    """Vision, pictures and store. The embedded default needs no key and no network."""

    model_config = CONFIG
    _own: dict[type[BaseSettings], BaseSettings] = PrivateAttr(default_factory=dict)

    vision: str = Field(
        default="local",
        validation_alias="STORYKIN_VISION",
        description="Who looks at the photo: this machine (local) or OpenAI (openai).",
    )
    image: str = Field(
        default="local",
        validation_alias="STORYKIN_IMAGE",
        description="Who draws the pictures: this machine (local), a model on Replicate (replicate) or at "
        "OpenAI (openai-images), or a server of your own (in-house). Of several, like replicate,local, each "
        "draws while those before it are away; estimates and caps count the dearest.",
    )
    picture_seconds: float = Field(
        default=300.0,
        gt=0,
        le=DAY_SECONDS,
        validation_alias="STORYKIN_PICTURE_SECONDS",
        description="How long a provider may take over one picture before it is called off.",
    )
    store: str = Field(
        default="disk",
        validation_alias="STORYKIN_STORE",
        description="Where bytes are kept: a folder in STORYKIN_HOME, or an R2 (S3) bucket.",
    )
    quarantine_days: int = Field(
        default=30,
        ge=1,
        validation_alias="STORYKIN_QUARANTINE_DAYS",
        description="How long bytes that no row names are kept in quarantine before they are deleted.",
    )
    evidence_days: int = Field(
        default=30,
        ge=1,
        validation_alias="STORYKIN_EVIDENCE_DAYS",
        description="How long after a request without an answer its provider is asked what became of it, "
        "ever more seldom, in days; then a person decides on the page of costs.",
    )
    scrub_percent: int = Field(
        default=10,
        ge=0,
        le=100,
        validation_alias="STORYKIN_SCRUB_PERCENT",
        description="How much of the store is read and verified in a day, in percent.",
    )
    lease_seconds: int = Field(
        default=120,
        ge=5,
        le=DAY_SECONDS,
        validation_alias="STORYKIN_LEASE_SECONDS",
        description="How long a worker may hold a provider call without a sign of life.",
    )
    pictures_at_once: int = Field(
        default=2,
        ge=1,
        validation_alias="STORYKIN_PICTURES_AT_ONCE",
        description="How many pictures of one character are made side by side.",
    )
    compare: Literal["here", "later"] = Field(
        default="here",
        validation_alias="STORYKIN_COMPARE",
        description="Whether this worker compares each picture with its photo itself (here), or leaves that "
        "to the housekeeping of a worker that does (later): it needs no weights and no OpenCV then, and the "
        "picture is held back until it is compared.",
    )
    daily_budget_usd: float | None = Field(
        default=None,
        ge=0,
        le=MOST_USD,
        validation_alias="STORYKIN_DAILY_BUDGET_USD",
        description="What may be spent on providers in one day (STORYKIN_TIMEZONE); no limit when empty.",
    )
    batch_ask_usd: float | None = Field(
        default=20.0,
        ge=0,
        le=MOST_USD,
        validation_alias="STORYKIN_BATCH_ASK_USD",
        description="A batch dearer than this by its plan is begun only by who confirms the price; never "
        "asked when empty.",
    )
    batch_missed_hours: float | None = Field(
        default=None,
        validation_alias="STORYKIN_BATCH_MISSED_HOURS",
        description="A scheduled batch that begins later than this after its hour, because nothing ran, is "
        "left out: at least 0.5; always caught up when empty.",
    )
    provider_paces: str = Field(
        default="",
        validation_alias="STORYKIN_PROVIDER_PACES",
        description="Requests a minute that a provider's account takes, like replicate=600,openai=400; the "
        "others keep what Storykin knows of them.",
    )
    provider_at_once: str = Field(
        default="",
        validation_alias="STORYKIN_PROVIDER_AT_ONCE",
        description="Requests under way at a provider at the same time, of all workers together, like "
        "replicate=40; no limit for those that are not named.",
    )
    timezone: str = Field(
        default="UTC",
        validation_alias="STORYKIN_TIMEZONE",
        description="Whose midnights part the days of budget and costs, and whose hours schedules mean: an "
        "IANA name, like Europe/Berlin. Changed in mid-day, what the old day has spent counts to its end; "
        "schedules change with the next deployment.",
    )
    run_cap_usd: float | None = Field(
        default=None,
        ge=0,
        le=MOST_USD,
        validation_alias="STORYKIN_RUN_CAP_USD",
        description="What one run of one character may cost by its estimate; no limit when empty.",
    )
    assume_paid_below_usd: float = Field(
        default=0.01,
        ge=0,
        le=MOST_USD,
        validation_alias="STORYKIN_ASSUME_PAID_BELOW_USD",
        description=(
            "A look at a photo whose answer was lost, and that can have cost less than this at the most, is "
            "booked as paid and taken again by itself; 0 leaves every one to a person. Never a picture."
        ),
    )
    assume_paid_per_day: int = Field(
        default=20,
        ge=0,
        validation_alias="STORYKIN_ASSUME_PAID_PER_DAY",
        description="How many lost looks are booked as paid in one day at the most; the others wait.",
    )
    public_origin: WebAddress = Field(
        default="http://127.0.0.1:7860",
        validation_alias="STORYKIN_PUBLIC_ORIGIN",
        description="The address at which browsers reach the studio; signed links begin with it.",
    )
    path_prefix: str = Field(
        default="",
        validation_alias="STORYKIN_PATH_PREFIX",
        description="The path before the studio's own, where a proxy does not give it a name of its own: "
        "/storykin for https://example.org/storykin/studio/. The proxy passes it on.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="STORYKIN_SECRET_KEY",
        description="Signs links to photos and pictures; a random key file in STORYKIN_HOME when empty.",
    )

    @field_validator("provider_paces", "provider_at_once")
    @classmethod
    def _numbers(cls, value: str) -> str:
        for provider, number in _pairs(value):
            if provider not in all_specs():
                raise ValueError(f"this is none of {', '.join(all_specs())}: write provider=number")
            if not number.isdigit() or not 1 <= int(number) <= MOST_REQUESTS:
                raise ValueError(f"write provider=number, from 1 to {MOST_REQUESTS}")
        return value

    @field_validator("batch_missed_hours")
    @classmethod
    def _longer_than_a_start(cls, value: float | None) -> float | None:
        """Every run begins some seconds late: with none to spare every night would be left out."""
        if value is not None and not LEAST_MISSED_HOURS <= value <= MOST_MISSED_HOURS:
            raise ValueError(
                f"write hours from {LEAST_MISSED_HOURS} to {MOST_MISSED_HOURS}, or leave it empty: then "
                "every batch is caught up"
            )
        return value

    def pace_of(self, provider: str) -> int | None:
        """The requests a minute that are set for that provider."""
        return _number_of(self.provider_paces, provider)

    def at_once_of(self, provider: str) -> int | None:
        """The requests at the same time that are set for that provider."""
        return _number_of(self.provider_at_once, provider)

    @property
    def compares_here(self) -> bool:
        """Whether this process sees: it compares pictures with photos, and looks at photos again."""
        return self.compare == "here"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that is set."""
        return ZoneInfo(self.timezone)

    @property
    def public_address(self) -> str:
        """What the address of a page begins with, for the outside world: origin and prefix; "" for none."""
        return self.public_origin and self.public_origin.rstrip("/") + self.path_prefix

    @field_validator("path_prefix")
    @classmethod
    def _plain_prefix(cls, value: str) -> str:
        prefix = value.rstrip("/")
        if prefix and not _PREFIX.fullmatch(prefix):
            raise ValueError("this must be a path like /storykin, of letters, digits and - . _ ~")
        return prefix

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value).key
        except (
            KeyError,
            ValueError,
            OSError,
        ):  # no such zone, or a name that is a path, a folder, too long …
            raise ValueError(
                "this must be the IANA name of a time zone, like Europe/Berlin, America/Los_Angeles or UTC"
            ) from None

    @field_validator("vision", "image", "store")
    @classmethod
    def _known_provider(cls, value: str, info: ValidationInfo) -> str:
        kind = Kind(str(info.field_name))
        known = specs_for(kind)
        names = [each.strip() for each in value.split(",")] if kind is Kind.IMAGE else [value]
        if any(each not in known for each in names):
            raise ValueError(f"this is none of {', '.join(known)}")
        if len(set(names)) < len(names):
            raise ValueError("this names a provider twice")
        return ",".join(names)

    @property
    def images(self) -> tuple[str, ...]:
        """Who draws, the first choice first."""
        return tuple(self.image.split(","))

    @property
    def charges(self) -> bool:
        """Whether a look at a photo or a picture may cost money."""
        return any(spec.charges for kind, spec in self.chosen() if kind is not Kind.STORE)

    def of(self, kind: type[Own]) -> Own:
        """The settings of a provider's own."""
        own = self._own[kind]
        assert isinstance(own, kind)
        return own

    def chosen(self) -> Iterator[tuple[Kind, ProviderSpec]]:
        """Who is used for what; of several that draw, the first choice first."""
        yield Kind.VISION, specs_for(Kind.VISION)[self.vision]
        yield from ((Kind.IMAGE, specs_for(Kind.IMAGE)[each]) for each in self.images)
        yield Kind.STORE, specs_for(Kind.STORE)[self.store]


def _pairs(value: str) -> list[tuple[str, str]]:
    parts = [each.partition("=") for each in value.split(",") if each.strip()]
    return [(name.strip(), number.strip()) for name, _, number in parts]


def _number_of(value: str, provider: str) -> int | None:
    found = dict(_pairs(value)).get(provider)
    return None if found is None else int(found)


@lru_cache
def provider_settings() -> ProviderSettings:
    """The settings of this process, read once, with those of every provider. BadSettings says which of them
    are wrong, never a value.
    """
    problems: list[str] = []
    own: dict[type[BaseSettings], BaseSettings] = {}
    chosen = _read(ProviderSettings, problems)
    for each in provider_settings_classes():
        read = _read(each, problems)
        if read is not None:
            own[each] = read
    if chosen is None or problems:
        raise BadSettings(problems)
    chosen._own.update(own)
    for kind, spec in chosen.chosen():
        missing = missing_settings(chosen, kind, spec)
        if missing:
            problems.append(f"{kind.setting}={spec.id} also needs {', '.join(missing)}")
    if problems:
        raise BadSettings(problems)
    return chosen


def provider_settings_classes() -> tuple[type[BaseSettings], ...]:
    """The settings that providers have of their own, each class once."""
    return tuple(dict.fromkeys(spec.settings for spec in all_specs().values() if spec.settings))


def missing_settings(chosen: ProviderSettings, kind: Kind, spec: ProviderSpec) -> list[str]:
    """The settings that `spec` needs for `kind` and that are empty."""
    values = spec.setting_values(chosen)
    return [name for name in spec.needs.get(kind, ()) if not values.get(name)]


def _read(kind: type[Own], problems: list[str]) -> Own | None:
    try:
        return read_settings(kind)
    except BadSettings as error:
        problems += error.problems
        return None
