"""Where the record lives."""

from functools import lru_cache
from pathlib import Path

import platformdirs
from pydantic import Field, computed_field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parents[1]


def _usual_home() -> Path:
    """Beside the code in a checkout; a folder of the user's where Storykin is installed as a package."""
    if (PROJECT / "pyproject.toml").is_file():
        return PROJECT / ".storykin"
    return platformdirs.user_data_path("storykin")


class RecordSettings(BaseSettings):
    """The data folder and the database of this installation."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    home: Path = Field(  # STORYKIN_HOME alone: HOME means something else
        default_factory=_usual_home,
        validation_alias="STORYKIN_HOME",
        description="The folder that holds everything Storykin keeps: database, pictures, weights, logs.",
    )
    database_url_setting: str = Field(
        default="",
        validation_alias="DATABASE_URL",
        repr=False,  # it may hold a password
        description="The record: sqlite:///… or postgresql://…; a SQLite file in STORYKIN_HOME when empty.",
    )

    @computed_field(repr=False)  # type: ignore[prop-decorator]
    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the record."""
        return with_driver(self.database_url_setting or f"sqlite:///{self.home.resolve() / 'storykin.db'}")


def with_driver(url: str) -> str:
    """A database's URL as people write it, with the driver that we use."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return url.replace(scheme, "postgresql+psycopg://", 1)
    return url


@lru_cache
def record_settings() -> RecordSettings:
    """The settings of this process, read once."""
    return RecordSettings()
