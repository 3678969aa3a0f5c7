"""OpenAI's settings: from the environment alone."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from db.settings import CONFIG, WebAddress
from tasks.providers.sendable_key import SendableKey


class OpenAIAccount(BaseSettings):
    """Key, address and models."""

    model_config = CONFIG

    api_key: SendableKey = Field(
        default=SecretStr(""), validation_alias="OPENAI_API_KEY", description="OpenAI API key."
    )
    base_url: WebAddress = Field(
        default="https://api.openai.com/v1",
        validation_alias="OPENAI_BASE_URL",
        description="Where OpenAI's API is; a rehearsal cloud says what to put here.",
    )
    vision_model: str = Field(
        default="gpt-5.6-luna",
        validation_alias="STORYKIN_OPENAI_MODEL",
        description="The OpenAI model that looks at photos: one of tasks/providers/models.toml.",
    )
    image_model: str = Field(
        default="gpt-image-2.6-flare",
        validation_alias="STORYKIN_OPENAI_IMAGE_MODEL",
        description="The OpenAI model that draws: one of tasks/providers/models.toml.",
    )
    moderation: bool = Field(
        default=False,
        validation_alias="STORYKIN_MODERATION",
        description="Have OpenAI's free moderation look at the photo before the paid request.",
    )
