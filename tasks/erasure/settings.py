"""How long what is kept of a person is kept: from the environment alone."""

from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings

from db.settings import CONFIG, read_settings

MOST_DAYS = 36_500


class RetentionSettings(BaseSettings):
    """A period for each class of what is kept; an empty one has no end."""

    model_config = CONFIG

    uploads_hours: int = Field(
        default=1,
        ge=1,
        le=24 * 30,
        validation_alias="STORYKIN_KEEP_UPLOADS_HOURS",
        description="How long an uploaded photo is kept that no character was made of, in hours.",
    )
    photo_days: int | None = Field(
        default=None,
        ge=0,
        le=MOST_DAYS,
        validation_alias="STORYKIN_KEEP_PHOTO_DAYS",
        description="How long the photo is kept once a picture of it is approved or locked, in days; for as "
        "long as the character when empty. Without its photo a character is not drawn again.",
    )
    rejected_days: int | None = Field(
        default=None,
        ge=0,
        le=MOST_DAYS,
        validation_alias="STORYKIN_KEEP_REJECTED_DAYS",
        description="How long a rejected picture is kept, in days; for as long as the character when empty.",
    )
    everything_days: int | None = Field(
        default=None,
        ge=0,
        le=MOST_DAYS,
        validation_alias="STORYKIN_KEEP_EVERYTHING_DAYS",
        description="How long a character is kept at all, in days; then it is erased. No end when empty.",
    )
    results_days: int = Field(
        default=30,
        ge=1,
        le=MOST_DAYS,
        validation_alias="STORYKIN_KEEP_RESULTS_DAYS",
        description="How long Prefect's results of steps are kept on a worker's machine, in days. They hold "
        "ids only, and save a step that is asked for again; what was bought is found without them.",
    )
    steps_days: int = Field(
        default=180,
        ge=30,
        le=MOST_DAYS,
        validation_alias="STORYKIN_KEEP_STEPS_DAYS",
        description="How long the single steps of a run (began, done, how long it took) stand in the "
        "timeline of a character, in days; those of its newest run, and of runs that did not end well, "
        "longer. What was asked for, made, decided and paid stays.",
    )
    withdrawn_days: int = Field(
        default=7,
        ge=0,
        le=MOST_DAYS,
        validation_alias="STORYKIN_KEEP_AFTER_WITHDRAWAL_DAYS",
        description="How long after its consent was withdrawn a character is erased, in days.",
    )


@lru_cache
def retention_settings() -> RetentionSettings:
    """The settings of this process, read once. BadSettings says which one is wrong."""
    return read_settings(RetentionSettings)
