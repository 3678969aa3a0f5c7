"""Replicate's settings: from the environment alone."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from db.settings import CONFIG, WebAddress
from tasks.providers.sendable_key import SendableKey


class ReplicateAccount(BaseSettings):
    """Token, address, model, and the secret of the webhooks."""

    model_config = CONFIG

    api_token: SendableKey = Field(
        default=SecretStr(""), validation_alias="REPLICATE_API_TOKEN", description="Replicate API token."
    )
    base_url: WebAddress = Field(
        default="https://api.replicate.com",
        validation_alias="REPLICATE_BASE_URL",
        description="Where Replicate's API is; a rehearsal cloud says what to put here.",
    )
    webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="REPLICATE_WEBHOOK_SECRET",
        description="Signing secret (whsec_...) of Replicate's webhooks; pictures are only polled without.",
    )
    model: str = Field(
        default="google/nano-banana-2.1",
        validation_alias="STORYKIN_IMAGE_MODEL",
        description="The Replicate model that draws: one of tasks/providers/models.toml.",
    )
