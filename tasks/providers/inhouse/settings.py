"""The settings of a self-hosted image server: from the environment alone."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from db.settings import CONFIG, WebAddress
from tasks.providers.sendable_key import SendableKey


class InHouseServer(BaseSettings):
    """Address, model and key."""

    model_config = CONFIG

    base_url: WebAddress = Field(
        default="",
        validation_alias="STORYKIN_INHOUSE_URL",
        description=(
            "Your own image server (vLLM-Omni, SGLang-Diffusion, sd.cpp …), up to /v1: by https, or by http "
            "at an address of your own network."
        ),
    )
    model: str = Field(
        default="",
        validation_alias="STORYKIN_INHOUSE_MODEL",
        max_length=120,
        description="The model of your own image server, by name; may be empty where it has only one.",
    )
    most_photos: int = Field(
        default=1,
        ge=1,
        le=16,
        validation_alias="STORYKIN_INHOUSE_PHOTOS",
        description=(
            "How many pictures your own image server's model takes at once: from 2 on, the favourite goes "
            "along with the photo."
        ),
    )
    api_key: SendableKey = Field(
        default=SecretStr(""),
        validation_alias="STORYKIN_INHOUSE_API_KEY",
        description="The key of your own image server, if it wants one.",
    )
