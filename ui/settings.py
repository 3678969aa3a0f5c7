"""Where the studio listens and what it keeps for itself."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import lru_cache

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from db.called import NameSettings, name_settings
from db.errors import BadSettings
from db.settings import CONFIG, RecordSettings, read_settings, record_settings
from flows.settings import FlowSettings, flow_settings
from tasks.backup.settings import BackupAccount, BackupSettings, backup_account, backup_settings
from tasks.canary.settings import CanarySettings, canary_settings
from tasks.erasure.settings import RetentionSettings, retention_settings
from tasks.errors import UsageError
from tasks.marks.settings import MarkSettings, mark_settings
from tasks.notices.settings import NoticeSettings, notice_settings
from tasks.oidc.settings import OidcSettings, oidc_settings
from tasks.perception.weights.settings import LocalEngineSettings, local_engine_settings
from tasks.proof.settings import ProofSettings, proof_settings
from tasks.providers import registry
from tasks.proxies import proxy_problems
from tasks.settings import ProviderSettings, provider_settings, provider_settings_classes
from tasks.styles.settings import StyleSettings, style_settings
from tasks.traces.settings import TraceSettings, trace_settings
from ui.i18n import languages
from ui.proxies import networks

OTHERS = frozenset({"STORYKIN_DEBUG", "STORYKIN_CHROMIUM"})


class StudioSettings(BaseSettings):
    """The studio's own settings; links and keys are in `tasks.settings`, the data folder in `db.settings`."""

    model_config = CONFIG

    host: str = Field(
        default="127.0.0.1",
        validation_alias="STORYKIN_HOST",
        description="The address the studio listens on. Any but this machine's own needs people with "
        "accounts: `storykin user add`.",
    )
    port: int = Field(
        default=7860,
        ge=0,
        le=65535,
        validation_alias="STORYKIN_PORT",
        description="The port the studio listens on; 0 takes any free one.",
    )
    trusted_proxies: str = Field(
        default="",
        validation_alias="STORYKIN_TRUSTED_PROXIES",
        description="Addresses or networks of proxies whose Forwarded and X-Forwarded-* headers are "
        "believed, like 127.0.0.1,10.0.0.0/24; empty believes none.",
    )
    language: str = Field(
        default="",
        validation_alias="STORYKIN_LANGUAGE",
        description="The studio's language (en or de) for browsers that have not chosen one; "
        "empty: as the browser asks.",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, trusted: str) -> str:
        networks(trusted)
        return trusted

    @field_validator("language")
    @classmethod
    def _known(cls, language: str) -> str:
        if language and language not in languages():
            raise ValueError(f"has to be one of {', '.join(languages())}, or empty")
        return language


@lru_cache
def studio_settings() -> StudioSettings:
    """The settings of this process, read once."""
    return read_settings(StudioSettings)


SETTINGS: tuple[type[BaseSettings], ...] = (
    RecordSettings,
    ProviderSettings,
    *provider_settings_classes(),
    LocalEngineSettings,
    StyleSettings,
    MarkSettings,
    FlowSettings,
    StudioSettings,
    BackupSettings,
    RetentionSettings,
    ProofSettings,
    NameSettings,
    OidcSettings,
    TraceSettings,
    NoticeSettings,
    CanarySettings,
    BackupAccount,
)
_READERS: tuple[Callable[[], BaseSettings], ...] = (
    record_settings,
    provider_settings,
    local_engine_settings,
    style_settings,
    mark_settings,
    backup_settings,
    retention_settings,
    proof_settings,
    name_settings,
    oidc_settings,
    trace_settings,
    notice_settings,
    canary_settings,
    backup_account,
    flow_settings,
    studio_settings,
)


def check_settings() -> None:
    """Read every setting of Storykin. BadSettings names all that can't be used, in one report."""
    problems = proxy_problems()
    for read in _READERS:
        try:
            read()
        except BadSettings as error:
            problems += error.problems
    if not problems:
        problems = _unknown_models()
    if problems:
        raise BadSettings(problems)


def _unknown_models() -> list[str]:
    try:
        list(registry.chosen_models())
    except UsageError as error:
        return [error.sentence]
    return []


def unknown_settings(environ: Mapping[str, str]) -> dict[str, str | None]:
    """Variables that look like ours and are none, each with the one that may be meant."""
    known = {str(info.validation_alias) for kind in SETTINGS for info in kind.model_fields.values()}
    strange = [name for name in environ if name.startswith("STORYKIN_") and name not in known | OTHERS]
    return {name: next(iter(get_close_matches(name, known, n=1)), None) for name in sorted(strange)}
