"""Where the studio listens and what it keeps for itself."""

from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class StudioSettings(BaseSettings):
    """The studio's own settings; links and keys are in `tasks.settings`, the data folder in `db.settings`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    host: str = Field(
        default="127.0.0.1",
        validation_alias="STORYKIN_HOST",
        description="The address the studio listens on. It has no login yet: keep it on this machine.",
    )
    port: int = Field(
        default=7860,
        ge=0,
        le=65535,
        validation_alias="STORYKIN_PORT",
        description="The port the studio listens on; 0 takes any free one.",
    )


@lru_cache
def studio_settings() -> StudioSettings:
    """The settings of this process, read once."""
    return StudioSettings()
