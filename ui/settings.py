"""Where the studio listens and what it keeps for itself."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from db.settings import record_settings


class StudioSettings(BaseSettings):
    """The studio's own settings; links and keys are `tasks.settings`, the data folder `db.settings`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", populate_by_name=True)

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

    @property
    def scratch(self) -> Path:
        """A private folder for Gradio's temporary files: no photo enters it, and it is emptied at start."""
        return record_settings().home.resolve() / "studio-scratch"


@lru_cache
def studio_settings() -> StudioSettings:
    """The settings of this process, read once."""
    return StudioSettings()
