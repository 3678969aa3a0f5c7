"""An S3 account's settings, of the store and of backups alike: from the environment alone."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from db.settings import CONFIG, WebAddress


class S3Account(BaseSettings):
    """Where an S3 server is, and the keys to it. Each use of it names its own variables."""

    model_config = CONFIG

    endpoint_url: WebAddress = ""
    access_key_id: SecretStr = SecretStr("")
    secret_access_key: SecretStr = SecretStr("")
    ca_file: str = ""

    @field_validator("ca_file")
    @classmethod
    def _is_there(cls, value: str) -> str:
        if value and not Path(value).is_file():
            raise ValueError("this names no file")
        return value


class R2Account(S3Account):
    """The account and the bucket of the picture store."""

    endpoint_url: WebAddress = Field(
        default="",
        validation_alias="R2_ENDPOINT_URL",
        description="The bucket's S3 endpoint, such as https://ACCOUNT_ID.r2.cloudflarestorage.com.",
    )
    bucket: str = Field(
        default="", validation_alias="R2_BUCKET", description="The private bucket for photos and pictures."
    )
    access_key_id: SecretStr = Field(
        default=SecretStr(""), validation_alias="R2_ACCESS_KEY_ID", description="R2 access key id."
    )
    secret_access_key: SecretStr = Field(
        default=SecretStr(""), validation_alias="R2_SECRET_ACCESS_KEY", description="R2 secret access key."
    )
    ca_file: str = Field(
        default="",
        validation_alias="R2_CA_FILE",
        description="A PEM file to trust the endpoint by, where an authority of your own signed it.",
    )
