"""Where notices go: from the environment alone, nowhere but to the studio's pages unless it is set."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from db.settings import CONFIG, check_web_address, read_settings
from tasks.notices.signature import NotASecret, key_of
from tasks.proxies import HERE

MOST_WEBHOOKS = 20
_NOT_IN_MAIL = frozenset(' <>"\\()[];:,')  # what would make it a comment, a group or a bare IP address
_PARTS = frozenset({"name", "url", "secret", "kinds"})


@dataclass(frozen=True)
class Webhook:
    """One address that takes notices, and which of them."""

    name: str
    url: str
    secret: SecretStr
    kinds: tuple[str, ...]


class NoticeSettings(BaseSettings):
    """Which notices go where."""

    model_config = CONFIG

    webhooks_setting: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="STORYKIN_NOTICE_WEBHOOKS",
        description='Addresses that notices are posted to, signed by Standard Webhooks, as JSON: [{"name": '
        '"shop", "url": "https://…", "secret": "whsec_…", "kinds": ["character.*", "batch.done"]}]; without '
        "kinds all. `storykin notices secret` makes a secret.",
    )
    mail_to: str = Field(
        default="",
        validation_alias="STORYKIN_NOTICE_MAIL_TO",
        description="Addresses that notices are mailed to, with commas between them; none when empty.",
    )
    mail_from: str = Field(
        default="",
        validation_alias="STORYKIN_NOTICE_MAIL_FROM",
        description="The address that notices are mailed from; the first of those they are mailed to "
        "when empty.",
    )
    mail_kinds: str = Field(
        default="",
        validation_alias="STORYKIN_NOTICE_MAIL_KINDS",
        description="Which notices are mailed, like batch.*,worker.lost; all but character.ready when empty.",
    )
    smtp_host: str = Field(
        default="",
        validation_alias="STORYKIN_SMTP_HOST",
        description="The mail server that notices are handed to.",
    )
    smtp_port: int = Field(
        default=587, ge=1, le=65535, validation_alias="STORYKIN_SMTP_PORT", description="Its port."
    )
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        validation_alias="STORYKIN_SMTP_TLS",
        description="How the way to it is encrypted: starttls; tls from the first byte, usual on port 465; "
        "none, for a server on this machine alone.",
    )
    smtp_user: str = Field(
        default="",
        validation_alias="STORYKIN_SMTP_USER",
        description="The account at the mail server; none is signed in to when empty.",
    )
    smtp_password: SecretStr = Field(
        default=SecretStr(""), validation_alias="STORYKIN_SMTP_PASSWORD", description="Its password."
    )

    @field_validator("webhooks_setting")
    @classmethod
    def _usable(cls, value: SecretStr) -> SecretStr:
        webhooks_of(value.get_secret_value())
        return value

    @field_validator("mail_kinds")
    @classmethod
    def _known(cls, value: str) -> str:
        check_kinds(_listed(value))
        return value

    @field_validator("mail_to", "mail_from")
    @classmethod
    def _addresses(cls, value: str) -> str:
        for each in _listed(value):
            name, at, domain = each.rpartition("@")
            if not (name and at and domain) or not each.isprintable() or set(each) & _NOT_IN_MAIL:
                raise ValueError("write mail addresses alone, like ops@example.org, with commas between")
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        if bool(self.mail_to) != bool(self.smtp_host):
            raise ValueError("STORYKIN_NOTICE_MAIL_TO and STORYKIN_SMTP_HOST go together")
        if self.smtp_tls == "none" and self.smtp_host and self.smtp_host not in HERE:
            raise ValueError("STORYKIN_SMTP_TLS can be none for a mail server on this machine alone")
        return self

    @property
    def webhooks(self) -> tuple[Webhook, ...]:
        """The webhooks that are set."""
        return webhooks_of(self.webhooks_setting.get_secret_value())

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who notices are mailed to."""
        return _listed(self.mail_to)

    @property
    def sender(self) -> str:
        """Who they are mailed from."""
        return self.mail_from or next(iter(self.recipients), "")

    @property
    def mailed(self) -> tuple[str, ...]:
        """The patterns of kinds that are mailed."""
        from db.models import NoticeKind  # noqa: PLC0415 - the tables, which readers of settings do without

        usual = tuple(each.value for each in NoticeKind if each is not NoticeKind.CHARACTER_READY)
        return _listed(self.mail_kinds) or usual


@lru_cache
def notice_settings() -> NoticeSettings:
    """The settings of this process, read once. Raises BadSettings."""
    return read_settings(NoticeSettings)


def is_among(kind: str, patterns: Sequence[str]) -> bool:
    """Whether one of `patterns` ("batch.*") takes in this kind. A test goes everywhere."""
    from db.models import NoticeKind  # noqa: PLC0415 - the tables, which readers of settings do without

    return kind == NoticeKind.TEST or any(fnmatchcase(kind, pattern) for pattern in patterns)


def check_kinds(patterns: Sequence[str]) -> None:
    """ValueError for a pattern that takes in no kind."""
    from db.models import NoticeKind  # noqa: PLC0415 - the tables, which readers of settings do without

    for pattern in patterns:
        if not any(fnmatchcase(kind.value, pattern) for kind in NoticeKind):
            raise ValueError(
                f"no notice is of the kind {pattern[:40]!r}; `storykin notices kinds` lists them"
            )


def webhooks_of(setting: str) -> tuple[Webhook, ...]:
    """The webhooks that `setting` holds as JSON. ValueError says what is wrong, never a secret."""
    if not setting.strip():
        return ()
    try:
        found = json.loads(setting)
    except ValueError:
        raise ValueError("this is no JSON") from None
    if not isinstance(found, list) or len(found) > MOST_WEBHOOKS:
        raise ValueError(f"this must be a list of at most {MOST_WEBHOOKS} webhooks")
    webhooks = tuple(_webhook(each, number) for number, each in enumerate(found, 1))
    if len({each.name for each in webhooks}) < len(webhooks):
        raise ValueError("two webhooks have the same name")
    return webhooks


def _webhook(given: Any, number: int) -> Webhook:
    which = f"webhook {number}"
    if not isinstance(given, dict) or not {"name", "url", "secret"} <= given.keys() <= _PARTS:
        raise ValueError(f"{which} must have a name, a url and a secret, and may have kinds")
    name, url, secret = (given[each] for each in ("name", "url", "secret"))
    kinds = given.get("kinds", ["*"])
    if not isinstance(name, str) or not name.isidentifier() or not name.isascii() or len(name) > 40:
        raise ValueError(f"{which}: its name must be of letters and digits, 40 at most")
    if not isinstance(kinds, list) or not kinds or not all(isinstance(each, str) for each in kinds):
        raise ValueError(f"{which}: its kinds must be a list of words")
    check_kinds(kinds)
    try:
        key_of(secret if isinstance(secret, str) else "")
    except NotASecret as error:
        raise ValueError(f"{which}: {error}") from None
    return Webhook(name, _private_address(url, which), SecretStr(secret), tuple(kinds))


def _private_address(url: Any, which: str) -> str:
    try:
        place = urlsplit(check_web_address(url if isinstance(url, str) else ""))
    except ValueError:
        raise ValueError(f"{which}: its url is no web address") from None
    try:
        (place.hostname or "").encode("idna")  # as it is looked up by
    except UnicodeError:
        raise ValueError(
            f"{which}: the name in its url is no host's: between its dots are 1 to 63 characters"
        ) from None
    if place.scheme != "https" and place.hostname not in HERE:
        raise ValueError(f"{which}: its url must begin with https://, but for a receiver on this machine")
    if "@" in place.netloc or place.fragment:
        raise ValueError(f"{which}: its url must have no user name and no # in it")
    return str(url)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())
