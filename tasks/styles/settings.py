"""Where this installation keeps styles of its own."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from db.settings import CONFIG, read_settings


class StyleSettings(BaseSettings):
    """The styles of this installation."""

    model_config = CONFIG

    styles_dir: Path | None = Field(
        default=None,
        validation_alias="STORYKIN_STYLES_DIR",
        description="A folder of style packs of your own, one folder a style; their painters run as code.",
    )


def style_settings() -> StyleSettings:
    """The settings as the environment has them now. Raises BadSettings."""
    return read_settings(StyleSettings)
