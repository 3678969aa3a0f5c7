"""Which photos and styles the canary draws: from the environment alone."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from db.settings import CONFIG, read_settings


class CanarySettings(BaseSettings):
    """The canary's fixed set."""

    model_config = CONFIG

    photos: Path | None = Field(
        default=None,
        validation_alias="STORYKIN_CANARY_PHOTOS",
        description="A folder of photos for the drift canary, on each worker's machine: ten or more, of "
        "people who have agreed, or in the public domain. No canary when empty.",
    )
    styles: str = Field(
        default="",
        validation_alias="STORYKIN_CANARY_STYLES",
        description="The styles that the canary draws, by comma; every one that the image provider can "
        "when empty.",
    )


@lru_cache
def canary_settings() -> CanarySettings:
    """The settings of this process, read once."""
    return read_settings(CanarySettings)
