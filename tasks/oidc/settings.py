"""Which OpenID provider people may sign in by: from the environment alone, none unless it is set."""

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from db.settings import CONFIG, WebAddress, read_settings
from tasks.proxies import HERE

if TYPE_CHECKING:
    from db.models import Role


class OidcSettings(BaseSettings):
    """The OpenID provider, what we are to it, and whom it may bring."""

    model_config = CONFIG

    issuer: WebAddress = Field(
        default="",
        validation_alias="STORYKIN_OIDC_ISSUER",
        description="The address of an OpenID provider that people may sign in by, exactly as it writes "
        "itself, like https://login.example.org/realms/house; by passwords alone when empty.",
    )
    client_id: str = Field(
        default="",
        validation_alias="STORYKIN_OIDC_CLIENT_ID",
        description="What the studio is called there (client id).",
    )
    client_secret: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="STORYKIN_OIDC_CLIENT_SECRET",
        description="The studio's secret there; empty for a public client, which PKCE alone guards.",
    )
    label: str = Field(
        default="",
        max_length=40,
        validation_alias="STORYKIN_OIDC_LABEL",
        description="What the button of the sign-in page calls the provider; its host when empty.",
    )
    new_people: Literal["", "operator", "reviewer", "auditor"] = Field(
        default="",
        validation_alias="STORYKIN_OIDC_NEW_PEOPLE",
        description="The role that somebody gets whom the provider knows and the studio doesn't: operator, "
        "reviewer or auditor; empty lets in only who has an account.",
    )

    @field_validator("issuer")
    @classmethod
    def _private(cls, value: str) -> str:
        place = urlsplit(value)
        if value and place.scheme != "https" and place.hostname not in HERE:
            raise ValueError("this must begin with https://, but for a provider on this machine")
        if place.query or place.fragment:
            raise ValueError("an issuer has neither ? nor # in it")
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        if bool(self.issuer) != bool(self.client_id):
            raise ValueError("STORYKIN_OIDC_ISSUER and STORYKIN_OIDC_CLIENT_ID go together")
        return self

    @property
    def name(self) -> str:
        """What people call the provider."""
        return self.label or (urlsplit(self.issuer).hostname or "")

    @property
    def role_of_new_people(self) -> "Role | None":
        """What somebody becomes who has no account here; None: nothing."""
        from db.models import Role  # noqa: PLC0415 - the tables, which readers of settings do without

        return Role(self.new_people) if self.new_people else None


@lru_cache
def oidc_settings() -> OidcSettings:
    """The settings of this process, read once. Raises BadSettings."""
    return read_settings(OidcSettings)
