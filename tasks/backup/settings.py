"""Where backups go, and the key that they are encrypted with: from the environment alone."""

from functools import lru_cache

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from db.settings import CONFIG, WebAddress, read_settings
from tasks.providers.store.settings import S3Account


class BackupSettings(BaseSettings):
    """Where daily backups go, how many are kept, and what encrypts them."""

    model_config = CONFIG

    to: str = Field(
        default="",
        validation_alias="STORYKIN_BACKUP_TO",
        description="A folder or s3://bucket/path that housekeeping backs up to daily; never when empty.",
    )
    keep: int = Field(
        default=14,
        ge=1,
        validation_alias="STORYKIN_BACKUP_KEEP",
        description="How many generations of the daily backup are kept.",
    )
    key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="STORYKIN_BACKUP_KEY",
        description="Encrypts backups: a pass phrase or random text. Who loses it loses the backups.",
    )


class BackupAccount(S3Account):
    """The account of an s3:// backup, its own: who can delete pictures should not reach the backups."""

    endpoint_url: WebAddress = Field(
        default="",
        validation_alias="STORYKIN_BACKUP_S3_ENDPOINT_URL",
        description="The S3 endpoint of an s3:// backup.",
    )
    access_key_id: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="STORYKIN_BACKUP_S3_ACCESS_KEY_ID",
        description="Its access key id.",
    )
    secret_access_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="STORYKIN_BACKUP_S3_SECRET_ACCESS_KEY",
        description="Its secret access key.",
    )
    ca_file: str = Field(
        default="",
        validation_alias="STORYKIN_BACKUP_S3_CA_FILE",
        description="A PEM file to trust that endpoint by, where an authority of your own signed it.",
    )


@lru_cache
def backup_settings() -> BackupSettings:
    """The settings of this process, read once. BadSettings says which one is wrong, never its value."""
    return read_settings(BackupSettings)


@lru_cache
def backup_account() -> BackupAccount:
    """The account's settings, read once. BadSettings says which one is wrong, never its value."""
    return read_settings(BackupAccount)
