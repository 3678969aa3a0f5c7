"""The OpenID provider as it describes itself, and the keys that it signs with: asked, checked, remembered."""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.httpx_client import OAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from db.log import Log
from tasks.oidc.errors import ProviderAway
from tasks.oidc.settings import OidcSettings, oidc_settings
from tasks.providers.http.bounded_client import BoundedClient2
from tasks.proxies import HERE

SCOPE = "openid email profile"
# Signed with a key pair: with HS256 whoever has the client's secret could make tokens, with none anybody.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"})
OTHER_ISSUER = "issuer"  # the cause where it calls itself otherwise than it is set
_TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
_BELIEVED = 3600.0  # seconds, of what the provider says of itself
_KEYS_AGAIN = 60.0  # seconds between two looks for a key that is not known
_AWAY = 30.0  # seconds that nobody has it asked again after it has failed
_PATIENCE = 0.25  # seconds that somebody waits for another who asks: strangers may begin sign-ins at will

log = Log("sign-in")
Kept = TypeVar("Kept")


class OidcClient(OAuth2Client, BoundedClient2):  # type: ignore[misc]
    """Authlib's client, whose every exchange ends."""


@dataclass(frozen=True)
class Metadata:
    """What is needed of the provider's description of itself (OpenID Connect Discovery)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str  # "" for none
    auth_method: str  # how we prove who we are at the token endpoint
    algorithms: frozenset[str]
    names_itself: bool  # in its answers as well (RFC 9207)


@dataclass
class OidcProvider:
    """The provider that is set: one for the process, asked when somebody first signs in by it."""

    settings: OidcSettings
    clock: Callable[[], float] = time.monotonic
    _metadata: Metadata | None = field(default=None, init=False)
    _metadata_at: float = field(default=0.0, init=False)
    _keys: KeySet | None = field(default=None, init=False)
    _keys_at: float = field(default=0.0, init=False)
    _failed_at: float | None = field(default=None, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def metadata(self) -> Metadata:
        """Its description, at most an hour old, or a little more while another asks for it. ProviderAway."""
        kept = self._metadata
        if kept is not None and self._is_fresh(self._metadata_at):
            return kept
        with self._turn() as ours:
            if not ours:
                return _or_away(kept)
            if self._metadata is None or not self._is_fresh(self._metadata_at):
                address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
                self._metadata = self._described(self._asked(address))
                self._metadata_at = self.clock()
            return self._metadata

    def keys(self, kid: str | None = None) -> KeySet:
        """Its keys; asked anew where none of those known is called `kid`. ProviderAway."""
        where, kept = self.metadata().jwks_uri, self._keys
        if kept is not None and not self._are_dated(kid):
            return kept
        with self._turn() as ours:
            if not ours:
                return _or_away(kept if kept and _has(kept, kid) else None)
            if self._keys is None or self._are_dated(kid):
                try:
                    self._keys = KeySet.import_key_set({"keys": self._asked(where)["keys"]})
                except (JoseError, KeyError, TypeError, ValueError) as error:
                    log.warning("the sign-in service's keys can't be read", code=type(error).__name__)
                    raise ProviderAway(cause="keys") from None
                self._keys_at = self.clock()
            return self._keys

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Whether it is the caller's turn to ask: one asks at a time, and nobody for a while after a failure.
        Nobody queues behind one who asks, so that a provider that hangs holds up a single thread.
        """
        if not self._lock.acquire(timeout=_PATIENCE):
            yield False
            return
        try:
            if self._failed_at is not None and self.clock() - self._failed_at < _AWAY:
                raise ProviderAway
            try:
                yield True
            except ProviderAway:
                self._failed_at = self.clock()
                raise
            self._failed_at = None
        finally:
            self._lock.release()

    def _is_fresh(self, asked_at: float) -> bool:
        return self.clock() - asked_at <= _BELIEVED

    def _are_dated(self, kid: str | None) -> bool:
        """Whether the keys are to be asked for again: too old, or without one that is called so."""
        unknown = self._keys is not None and not _has(self._keys, kid)
        return not self._is_fresh(self._keys_at) or (unknown and self.clock() - self._keys_at > _KEYS_AGAIN)

    def client(self, redirect_uri: str) -> OidcClient:
        """A client of it, to be closed after use. ProviderAway."""
        chosen = self.settings
        return OidcClient(  # type: ignore[call-arg]  # Authlib tells no types
            client_id=chosen.client_id,
            client_secret=chosen.client_secret.get_secret_value() or None,
            token_endpoint_auth_method=self.metadata().auth_method,
            code_challenge_method="S256",
            scope=SCOPE,
            redirect_uri=redirect_uri,
            timeout=_TIMEOUT,
            verify=_trusted(),
            follow_redirects=False,
        )

    def _asked(self, address: str) -> dict[str, Any]:
        try:
            with BoundedClient2(timeout=_TIMEOUT, verify=_trusted(), follow_redirects=False) as http:
                answer = http.get(address, headers={"Accept": "application/json"})
            answer.raise_for_status()
            said = answer.json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            log.warning("the sign-in service does not answer", code=type(error).__name__)
            raise ProviderAway(cause=type(error).__name__) from None
        if not isinstance(said, dict):
            log.warning("the sign-in service does not answer", code="no_object")
            raise ProviderAway(cause="no_object")
        return said

    def _described(self, said: Mapping[str, Any]) -> Metadata:
        """What it says of itself, where that can be believed: of this very issuer, and over https."""
        if said.get("issuer") != self.settings.issuer:
            log.warning("the sign-in service calls itself otherwise than STORYKIN_OIDC_ISSUER")
            raise ProviderAway(cause=OTHER_ISSUER)
        needed = {name: said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        userinfo = said.get("userinfo_endpoint") or ""
        for name, address in {**needed, "userinfo_endpoint": userinfo or self.settings.issuer}.items():
            if not _is_private(address):
                log.warning("an address of the sign-in service is not https", code=name)
                raise ProviderAway(cause=name)
        offered = said.get("id_token_signing_alg_values_supported")
        algorithms = ALGORITHMS & frozenset(map(str, offered if isinstance(offered, list) else ["RS256"]))
        return Metadata(
            **{name: str(address) for name, address in needed.items()},
            userinfo_endpoint=str(userinfo),
            auth_method=self._auth_method(said.get("token_endpoint_auth_methods_supported")),
            algorithms=algorithms,
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        )

    def _auth_method(self, offered: object) -> str:
        if not self.settings.client_secret.get_secret_value():
            return "none"
        basic = not isinstance(offered, list) or "client_secret_basic" in offered
        return "client_secret_basic" if basic else "client_secret_post"


@lru_cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted here: reading them takes longer than asking."""
    return httpx2.create_ssl_context()


def set_provider() -> OidcProvider | None:
    """The provider that this installation is set up with; None for none. Nothing is asked yet."""
    return OidcProvider(oidc_settings()) if oidc_settings().issuer else None


def _or_away(kept: Kept | None) -> Kept:
    if kept is None:
        raise ProviderAway
    return kept


def _has(keys: KeySet, kid: str | None) -> bool:
    return not kid or kid in {each.kid for each in keys.keys}


def _is_private(address: object) -> bool:
    """Whether nobody on the way reads what is sent there."""
    if not isinstance(address, str):
        return False
    try:
        place = urlsplit(address)
    except ValueError:
        return False
    return bool(place.hostname) and (place.scheme == "https" or place.hostname in HERE)
