"""Which providers and which store this installation uses, and their keys: from the environment alone."""

from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from db.settings import CONFIG, check_web_address, read_settings

MOST_USD = 1_000_000_000  # what can be counted in micro-dollars on any database
DAY_SECONDS = 86_400


class ProviderSettings(BaseSettings):
    """Vision, pictures and store. The embedded default needs no key and no network."""

    model_config = CONFIG

    vision: Literal["local", "openai"] = Field(
        default="local",
        validation_alias="STORYKIN_VISION",
        description="Who looks at the photo: this machine (local) or OpenAI (openai).",
    )
    image: Literal["local", "replicate"] = Field(
        default="local",
        validation_alias="STORYKIN_IMAGE",
        description="Who draws the pictures: this machine (local) or a model on Replicate (replicate).",
    )
    openai_api_key: SecretStr = Field(
        default=SecretStr(""), validation_alias="OPENAI_API_KEY", description="OpenAI API key."
    )
    openai_base_url: str = Field(
        default="https://api.openai.com/v1",
        validation_alias="OPENAI_BASE_URL",
        description="Where OpenAI's API is; a rehearsal cloud says what to put here.",
    )
    openai_model: str = Field(
        default="gpt-5.6-luna",
        validation_alias="STORYKIN_OPENAI_MODEL",
        description="The OpenAI model that looks at photos: one of tasks/providers/models.toml.",
    )
    moderation: bool = Field(
        default=False,
        validation_alias="STORYKIN_MODERATION",
        description="Have OpenAI's free moderation look at the photo before the paid request.",
    )
    replicate_api_token: SecretStr = Field(
        default=SecretStr(""), validation_alias="REPLICATE_API_TOKEN", description="Replicate API token."
    )
    replicate_base_url: str = Field(
        default="https://api.replicate.com",
        validation_alias="REPLICATE_BASE_URL",
        description="Where Replicate's API is; a rehearsal cloud says what to put here.",
    )
    replicate_webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="REPLICATE_WEBHOOK_SECRET",
        description="Signing secret (whsec_...) of Replicate's webhooks; pictures are only polled without.",
    )
    image_model: str = Field(
        default="google/nano-banana-2.1",
        validation_alias="STORYKIN_IMAGE_MODEL",
        description="The Replicate model that draws: one of tasks/providers/models.toml.",
    )
    picture_seconds: float = Field(
        default=300.0,
        gt=0,
        le=DAY_SECONDS,
        validation_alias="STORYKIN_PICTURE_SECONDS",
        description="How long a provider may take over one picture before it is called off.",
    )
    store: Literal["disk", "r2"] = Field(
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
    daily_budget_usd: float | None = Field(
        default=None,
        ge=0,
        le=MOST_USD,
        validation_alias="STORYKIN_DAILY_BUDGET_USD",
        description="What may be spent on providers in one day (STORYKIN_TIMEZONE); no limit when empty.",
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
    public_origin: str = Field(
        default="http://127.0.0.1:7860",
        validation_alias="STORYKIN_PUBLIC_ORIGIN",
        description="The address at which browsers reach the studio; signed links begin with it.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="STORYKIN_SECRET_KEY",
        description="Signs links to photos and pictures; a random key file in STORYKIN_HOME when empty.",
    )
    r2_endpoint_url: str = Field(
        default="",
        validation_alias="R2_ENDPOINT_URL",
        description="The bucket's S3 endpoint, such as https://ACCOUNT_ID.r2.cloudflarestorage.com.",
    )
    r2_bucket: str = Field(
        default="", validation_alias="R2_BUCKET", description="The private bucket for photos and pictures."
    )
    r2_access_key_id: SecretStr = Field(
        default=SecretStr(""), validation_alias="R2_ACCESS_KEY_ID", description="R2 access key id."
    )
    r2_secret_access_key: SecretStr = Field(
        default=SecretStr(""), validation_alias="R2_SECRET_ACCESS_KEY", description="R2 secret access key."
    )
    r2_ca_file: str = Field(
        default="",
        validation_alias="R2_CA_FILE",
        description="A PEM file to trust the endpoint by, where an authority of your own signed it.",
    )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that is set."""
        return ZoneInfo(self.timezone)

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

    @field_validator("openai_base_url", "replicate_base_url", "public_origin", "r2_endpoint_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        return check_web_address(value) if value else ""

    @field_validator("openai_api_key", "replicate_api_token")
    @classmethod
    def _sendable(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value().strip()
        if not key.isascii() or not key.isprintable():
            raise ValueError("this has characters that no key has; copy it again")
        return SecretStr(key)

    @model_validator(mode="after")
    def _whole(self) -> "ProviderSettings":
        if self.vision == "openai":
            _need("STORYKIN_VISION=openai", OPENAI_API_KEY=self.openai_api_key.get_secret_value())
        if self.image == "replicate":
            token = self.replicate_api_token.get_secret_value()
            _need("STORYKIN_IMAGE=replicate", REPLICATE_API_TOKEN=token)
        if self.store == "r2":
            _need(
                "STORYKIN_STORE=r2",
                R2_ENDPOINT_URL=self.r2_endpoint_url,
                R2_BUCKET=self.r2_bucket,
                R2_ACCESS_KEY_ID=self.r2_access_key_id.get_secret_value(),
                R2_SECRET_ACCESS_KEY=self.r2_secret_access_key.get_secret_value(),
            )
            if self.r2_ca_file and not Path(self.r2_ca_file).is_file():
                raise ValueError("R2_CA_FILE names no file")
        return self


def _need(choice: str, **needed: str) -> None:
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise ValueError(f"{choice} also needs {', '.join(missing)}")


@lru_cache
def provider_settings() -> ProviderSettings:
    """The settings of this process, read once. BadSettings says which one is wrong, never its value."""
    return read_settings(ProviderSettings)
