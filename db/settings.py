"""Where the record lives."""

from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from db import database_url
from db.errors import BadSettings

# Empty is not set: the defaults say "when empty", and .env files hold empty lines.
CONFIG = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)
Settings = TypeVar("Settings", bound=BaseSettings)

PROJECT = Path(__file__).resolve().parents[1]


def _usual_home() -> Path:
    """Beside the code in a checkout; a folder of the user's where Storykin is installed as a package."""
    if (PROJECT / "pyproject.toml").is_file():
        return PROJECT / ".storykin"
    return platformdirs.user_data_path("storykin")


class RecordSettings(BaseSettings):
    """The data folder and the database of this installation."""

    model_config = CONFIG

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

    @field_validator("database_url_setting")
    @classmethod
    def _database(cls, value: str) -> str:
        return database_url.usable(value) if value.strip() else ""

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the record."""
        return self.database_url_setting or database_url.of_file(self.home / "storykin.db")


@lru_cache
def record_settings() -> RecordSettings:
    """The settings of this process, read once. Raises BadSettings."""
    return read_settings(RecordSettings)


def read_settings(kind: type[Settings]) -> Settings:
    """The settings of `kind`. BadSettings says what is wrong with which of them, never a value."""
    try:
        return kind()
    except ValidationError as error:
        raise BadSettings(problems_of(error)) from None


def problems_of(error: ValidationError) -> list[str]:
    """One line a setting: its name, and what is wrong."""
    return [
        f"{'.'.join(map(str, each['loc'])) or 'settings'}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_input=False, include_url=False)
    ]
