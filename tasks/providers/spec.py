"""What a vendor package says of itself: everything that the rest of Storykin must know of a provider.

Nothing outside a vendor's package names the vendor. Settings, pace, labels, webhooks, the hosts that outputs
are fetched from and the doctor's checks all iterate over `tasks.providers.specs.all_specs()`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from db.rate_limit import RateLimit
from tasks.errors import UsageError
from tasks.providers.protocols import Store
from tasks.providers.request_history import ProviderRecord

Own = TypeVar("Own", bound=BaseSettings)

# Stored with every call and profile (32 characters there), and part of URLs and work keys.
_ID = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_RESERVED = frozenset({"human"})  # the source of a profile that a person has corrected
_HOST = re.compile(r"(?=.{4,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+")


class Kind(StrEnum):
    """What a provider can be chosen for; the value ends the setting that chooses it: STORYKIN_IMAGE …"""

    VISION = "vision"
    IMAGE = "image"
    STORE = "store"

    @property
    def setting(self) -> str:
        """The environment variable that chooses it."""
        return f"STORYKIN_{self.value.upper()}"


class SettingsForProviders(Protocol):
    """What a provider may read of this installation's settings (`tasks.settings.ProviderSettings`)."""

    @property
    def picture_seconds(self) -> float:
        """How long one picture may take."""
        ...

    @property
    def public_origin(self) -> str:
        """The studio's own address for the outside world, "" where it has none."""
        ...

    @property
    def public_address(self) -> str:
        """Where the studio's own paths begin for the outside world: the origin, and a proxy's prefix."""
        ...

    def of(self, kind: type[Own]) -> Own:
        """The settings of a provider's own."""
        ...


@dataclass(frozen=True)
class Setup:
    """What a factory, a webhook receiver and a health check are given.

    The settings of the provider's own are `settings.of(TheirSettings)`. `store` and `secret` are made when
    they are called; `on_response` is to be shown every answer of the provider as it comes.
    """

    settings: SettingsForProviders
    home: Path
    store: Callable[[], Store]
    secret: Callable[[], bytes]  # of this installation, to derive keys from
    on_response: Callable[[Any], None] | None = None


class WebhookReceiver(Protocol):
    """Reads what a provider delivers to `POST /hooks/<id>/<call>`."""

    def check(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Raise `NotGenuine` unless the provider has signed `body`, a short while ago."""
        ...

    def read(self, body: bytes) -> ProviderRecord | None:
        """What a genuine delivery says of a request, or None where it says nothing of one."""
        ...


@dataclass(frozen=True)
class Finding:
    """What a health check has seen: `level` is "ok", "warning" or "problem"."""

    level: str
    sentence: str


@dataclass(frozen=True)
class KeyShape:
    """How a key that the provider hands out looks: a whole-string pattern, and the same for people."""

    setting: str  # the environment variable
    pattern: str
    looks_like: str


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do beside its main job; told before anything is asked of it."""

    request_history: bool = False  # its image provider implements `RequestHistory`: lost answers can be found
    every_style: bool = True  # it draws from the prompt; False: only styles that bring a painter (painter.py)


@dataclass(frozen=True)
class ProviderSpec:
    """One provider, whole. Paths are "package.module:name" and imported at first use; ValueError for a spec
    that can't be one.
    """

    id: str  # in settings, calls, URLs and work keys: never changes
    label: str  # as people call it
    factories: Mapping[Kind, str]  # each `(Setup) -> VisionProvider | ImageProvider | Store`
    install_hint: str = ""  # what to do when a factory can't be imported
    charges: bool = True  # whether a call may cost money
    delivery_hosts: tuple[str, ...] = ()  # with their subdomains: where outputs may be fetched from
    rate_limit: RateLimit | None = None  # None is the usual one
    described: str = ""  # of a profile: "described by …"
    drawn: str = ""  # of a picture, where people shall be told: "drawn in …"
    settings: type[BaseSettings] | None = None
    needs: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)  # settings that must not be empty
    keys: tuple[KeyShape, ...] = ()
    api: Mapping[Kind, str] = field(default_factory=dict)  # the setting that holds the API's address
    models: str = ""  # `(Setup, Kind) -> Iterable[Model]`: those that the settings choose. UsageError
    webhook: str = ""  # `(Setup) -> WebhookReceiver | None`
    in_house: bool = False  # whether what it is given stays with us: a consent need not name it then
    keeps: str = ""  # what is known of how long it keeps what it is given: a sentence for people
    keeps_in: Mapping[str, str] = field(default_factory=dict)  # the same by language: consent texts say it
    health: str = ""  # `(Setup) -> Iterable[Finding]`: asked over the network, free of charge
    capabilities: Capabilities = field(default_factory=Capabilities)

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id) or self.id in _RESERVED:
            raise ValueError(f"{self.id!r} can't be a provider's id: it takes a-z, 0-9, - and _, at most 32.")
        if not self.label or not self.factories:
            raise ValueError(f"The provider {self.id} has no label, or no factory.")
        strange = [host for host in self.delivery_hosts if not _HOST.fullmatch(host)]
        if strange:
            raise ValueError(f"The provider {self.id} names delivery hosts that are none: {strange}.")

    def build(self, kind: Kind, setup: Setup) -> Any:
        """The provider or store for `kind`. UsageError (`provider_not_installed`) with the install hint."""
        return self.load(self.factories[kind])(setup)

    def load(self, path: str) -> Any:
        """What `path` names. UsageError (`provider_not_installed`) when it can't be imported."""
        module, _, name = path.partition(":")
        try:
            return getattr(import_module(module), name)
        except ImportError as error:
            why = f"{self.label} can't be used: {error.name or module} is not installed. {self.install_hint}"
            raise UsageError(why.strip(), code="provider_not_installed") from None

    def setting(self, settings: SettingsForProviders, name: str) -> str:
        """The value of the provider's setting `name` (an environment variable), "" where there is none."""
        return self.setting_values(settings).get(name, "")

    def setting_values(self, settings: SettingsForProviders) -> dict[str, str]:
        """Every setting of the provider's own by its environment variable, keys in the open."""
        if self.settings is None:
            return {}
        own = settings.of(self.settings)
        values = {}
        for field_name, info in self.settings.model_fields.items():
            value = getattr(own, field_name)
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            values[str(info.validation_alias)] = "" if plain is None else str(plain)
        return values

    def secrets(self, settings: SettingsForProviders) -> list[str]:
        """The values that must never be shown or recorded."""
        if self.settings is None:
            return []
        own = settings.of(self.settings)
        values = (getattr(own, name) for name in self.settings.model_fields)
        return [each.get_secret_value() for each in values if isinstance(each, SecretStr)]

    def findings(self, setup: Setup) -> Iterable[Finding]:
        """What the health check sees; nothing where there is none."""
        return self.load(self.health)(setup) if self.health else ()
