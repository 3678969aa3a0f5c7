"""Where the record lives."""

import stat
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import platformdirs
from pydantic import AfterValidator, Field, ValidationError, field_validator
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

    log_to: str = Field(
        default="stderr",
        validation_alias="STORYKIN_LOG_TO",
        description="Where every part writes its log, a JSON document a line: stderr, stdout, or a file, "
        "which may be moved away at any time; one without a leading / is in STORYKIN_HOME.",
    )
    log_days: int = Field(
        default=30,
        ge=1,
        validation_alias="STORYKIN_LOG_DAYS",
        description="How many days log files are kept. They are put aside every day (UTC).",
    )
    log_mb: int = Field(
        default=1000,
        ge=0,
        validation_alias="STORYKIN_LOG_MB",
        description="How large a log file may become with all that was put aside of it, in MB: at a tenth of "
        "that it is put aside, and the oldest go. 0: all of this is left to logrotate.",
    )

    @field_validator("home")
    @classmethod
    def _folder(cls, value: Path) -> Path:
        try:
            home = value.expanduser().absolute()  # .env files have no shell to read ~
        except RuntimeError:
            raise ValueError("there is no such account as the one after the ~") from None
        for place in (home, *home.parents):
            with suppress(OSError):  # not there yet, or not to be looked at: the start says so
                if not stat.S_ISDIR(place.stat().st_mode):
                    raise ValueError("this is, or leads through, something that is no folder; name a folder")
                break
        return home

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


def check_web_address(value: str) -> str:
    """`value`. ValueError if it is no http or https address."""
    try:
        place = urlsplit(value)
        fits = place.scheme in ("http", "https") and bool(place.hostname) and (place.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or not value.isprintable() or " " in value:
        raise ValueError("this must be a web address, like https://api.example.com/v1")
    return value


WebAddress = Annotated[str, AfterValidator(lambda value: check_web_address(value) if value else "")]


def problems_of(error: ValidationError) -> list[str]:
    """One line a setting: its name, and what is wrong."""
    return [
        f"{'.'.join(map(str, each['loc'])) or 'settings'}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_input=False, include_url=False)
    ]
