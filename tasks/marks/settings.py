"""Whether pictures are marked when they leave, and with whose certificate: from the environment alone."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from db.settings import CONFIG, read_settings


class MarkSettings(BaseSettings):
    """The marks on pictures that leave."""

    model_config = CONFIG

    marks: bool = Field(
        default=True,
        validation_alias="STORYKIN_MARKS",
        description="Whether pictures that leave carry content credentials, XMP and an imperceptible "
        "watermark that say a machine made them. The law may ask for them: false is for those that mark "
        "elsewhere.",
    )
    certificate: Path | None = Field(
        default=None,
        validation_alias="STORYKIN_SIGNING_CERTIFICATE",
        description="The certificate chain that signs content credentials, as PEM, the signer's first; the "
        "installation's own, in STORYKIN_HOME, when empty.",
    )
    signing_key: Path | None = Field(
        default=None,
        validation_alias="STORYKIN_SIGNING_KEY",
        description="The private key of STORYKIN_SIGNING_CERTIFICATE, as PEM (EC P-256), readable by its "
        "owner alone.",
    )
    time_authority: str | None = Field(
        default=None,
        validation_alias="STORYKIN_TIME_AUTHORITY",
        pattern=r"^https?://\S+$",
        description="The address of a time-stamp authority (RFC 3161) that dates what is signed, so that it "
        "stays good when the certificate has ended. It is sent digests of signatures alone; while it is away "
        "pictures leave without, and housekeeping asks again.",
    )
    time_authority_roots: Path | None = Field(
        default=None,
        validation_alias="STORYKIN_TIME_AUTHORITY_ROOTS",
        description="The authority's root certificates, as PEM: its stamps are checked against them "
        "when they come, and by `storykin verify`.",
    )


@lru_cache
def mark_settings() -> MarkSettings:
    """The settings of this process, read once. Raises BadSettings."""
    return read_settings(MarkSettings)
