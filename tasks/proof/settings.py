"""How long a customer's link is good, and how often a change may be asked for: from the environment alone."""

from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings

from db.settings import CONFIG, read_settings


class ProofSettings(BaseSettings):
    """What holds for links that are made from now on."""

    model_config = CONFIG

    link_days: int = Field(
        default=14,
        ge=1,
        le=365,
        validation_alias="STORYKIN_LINK_DAYS",
        description="How long a link for a customer is good, in days. It can be renewed.",
    )
    link_changes: int = Field(
        default=2,
        ge=0,
        le=20,
        validation_alias="STORYKIN_LINK_CHANGES",
        description="How often a customer may ask for a change before a picture has to be approved.",
    )


@lru_cache
def proof_settings() -> ProofSettings:
    """The settings of this process, read once. BadSettings says which one is wrong."""
    return read_settings(ProofSettings)
