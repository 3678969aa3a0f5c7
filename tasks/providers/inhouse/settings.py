"""The settings of a self-hosted image server: from the environment alone."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from db.settings import CONFIG, check_web_address
from tasks.providers.sendable_key import check_sendable


class InHouseServer(BaseSettings):
    """Address, model and key."""

    model_config = CONFIG

    base_url: str = Field(
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
    api_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="STORYKIN_INHOUSE_API_KEY",
        description="The key of your own image server, if it wants one.",
    )

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        return check_web_address(value) if value else ""

    @field_validator("api_key")
    @classmethod
    def _sendable(cls, value: SecretStr) -> SecretStr:
        return check_sendable(value)
