"""Where the local engine finds its weights, and which of them it may use."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from db.settings import CONFIG, read_settings, record_settings


class Weights(StrEnum):
    """Which weights an installation uses."""

    ALL = "all"
    PERMISSIVE = "permissive"


class LocalEngineSettings(BaseSettings):
    """The local engine of this installation."""

    model_config = CONFIG

    models_dir: Path | None = Field(
        default=None,
        validation_alias="STORYKIN_MODELS_DIR",
        description="The folder of the local engine's weights; STORYKIN_HOME/models when empty.",
    )
    weights: Weights = Field(
        default=Weights.ALL,
        validation_alias="STORYKIN_WEIGHTS",
        description="all; or permissive: without the weights trained on pictures given for research only "
        "(see NOTICE). Hats are then not seen, ages not guessed, and same faces not told.",
    )


def local_engine_settings() -> LocalEngineSettings:
    """The settings as the environment has them now. Raises BadSettings."""
    return read_settings(LocalEngineSettings)


def models_dir() -> Path:
    """The folder that holds the weights. It need not exist yet."""
    chosen = local_engine_settings().models_dir
    return chosen if chosen and str(chosen) != "." else record_settings().home / "models"
