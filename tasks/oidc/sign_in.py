"""Signing in by the OpenID provider: the way there, with what only this browser can bring back; the answer.

What has to be known when the answer comes (state, nonce, PKCE's verifier) lies sealed in a cookie of the
browser that has begun: strangers who begin and never end leave nothing behind here.
"""

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError

from db.engine import Record
from db.errors import UserFacingError
from db.log import Log
from db.repositories import clock
from tasks.accounts import limits
from tasks.accounts.person import STUDIO
from tasks.accounts.sealing import seal, unseal
from tasks.accounts.sign_in import Browser, CodeNeeded, SignedIn, enter_locked, let_in
from tasks.audit.acts import AuditAct
from tasks.audit.append import append
from tasks.oidc.accounts import account_of
from tasks.oidc.errors import BadAnswer, BeginAgain, NotConfirmed, NotLetIn, ProviderAway
from tasks.oidc.id_token import Claims, claims_of, verified
from tasks.oidc.provider import OidcClient, OidcProvider

LIFE = timedelta(minutes=10)  # somebody may take so long to sign in over there
LONGEST_WANTED = 1000  # characters of the page that was asked for: a cookie holds no more than 4 KB
WITH = "openid"  # by what somebody signed in, in the audit log
_PURPOSE = "sign-in by openid"
_FOR_COOKIES = str.maketrans("+/", "-_")
_ERROR_CODE = re.compile(r"[a-z_]{1,40}")

log = Log("sign-in")


@dataclass(frozen=True)
class Begun:
    """A sign-in that was begun: where the browser goes, and what it keeps until it comes back."""

    address: str
    sealed: str


@dataclass(frozen=True)
class _Way:
    """What is sealed."""

    state: str
    nonce: str
    verifier: str
    wanted: str
    device: str
    began: str


@dataclass(frozen=True)
class Entered:
    """Who came back, and the page that they had wanted."""

    entered: SignedIn | CodeNeeded
    wanted: str


def begin(provider: OidcProvider, record: Record, *, redirect_uri: str, wanted: str, device: str) -> Begun:
    """Send a browser to the provider. `device`: the token it is known by here. ProviderAway, StoreError."""
    with record.reading() as session:
        began = clock.steady(session).isoformat()
    wanted = wanted if len(wanted) <= LONGEST_WANTED else ""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    way = _Way(state, nonce, verifier, wanted, device, began)
    with provider.client(redirect_uri) as client:
        address, _state = client.create_authorization_url(
            provider.metadata().authorization_endpoint,
            state=way.state,
            nonce=way.nonce,
            code_verifier=way.verifier,
        )
    return Begun(address, seal(json.dumps(vars(way)), purpose=_PURPOSE).translate(_FOR_COOKIES))


def finish(
    provider: OidcProvider,
    record: Record,
    *,
    sealed: str,
    said: Mapping[str, str],
    redirect_uri: str,
    browser: Browser,
) -> Entered:
    """The browser is back; `said`: what stands in the address. A session, or the second factor's step.

    BeginAgain, NotConfirmed, BadAnswer, NotOfNow, NotLetIn, ProviderAway, TooManyTries.
    """
    way = _way(record, sealed, said.get("state", ""))
    _check_issuer(provider, said)
    if "error" in said or not said.get("code"):
        code = said.get("error", "no_code")
        log.warning("the sign-in service said no", code=code if _ERROR_CODE.fullmatch(code) else "other")
        raise NotConfirmed
    last = _count(record, browser)
    browser = replace(browser, device=way.device)
    try:
        claims = _claims(provider, record, way, said["code"], redirect_uri)
        with record.writing() as session:
            user, account = account_of(session, provider.settings, claims)
            limits.give_back(session, limits.address(browser.address))
            entered = let_in(session, user, account, browser, WITH)
    except UserFacingError as error:
        with record.writing() as session:
            if isinstance(error, NotLetIn):
                append(session, AuditAct.SIGN_IN_FAILED, by=None, via=STUDIO, data={"with": WITH})
            enter_locked(session, ["address"] if last else [], None)
        raise
    return Entered(entered, way.wanted)


def _way(record: Record, sealed: str, state: str) -> _Way:
    """What this browser has begun, within the time that there is. BeginAgain."""
    opened = unseal(sealed, purpose=_PURPOSE) if sealed else None
    if opened is None:
        raise BeginAgain
    way = _Way(**json.loads(opened))
    with record.reading() as session:
        now = clock.steady(session)
    age = now - now.fromisoformat(way.began)
    if abs(age) >= LIFE or not hmac.compare_digest(way.state.encode(), state.encode()):
        raise BeginAgain
    return way


def _check_issuer(provider: OidcProvider, said: Mapping[str, str]) -> None:
    """An answer that another provider has given is not for this one (RFC 9207)."""
    named = said.get("iss")
    missing = named is None and provider.metadata().names_itself
    if missing or (named is not None and named != provider.settings.issuer):
        log.warning("the answer is of another sign-in service", code="iss")
        raise BadAnswer


def _count(record: Record, browser: Browser) -> bool:
    """Each answer has the provider asked: no address does that for ever. Whether it was the last one, so that
    the address is locked if it fails. TooManyTries.
    """
    last = False
    refusal: limits.TooManyTries | None = None
    with record.writing() as session:
        try:
            last = limits.take(session, limits.address(browser.address), limits.OF_ADDRESS)
        except limits.TooManyTries as error:
            refusal = error  # raised once what was counted is written
    if refusal is not None:
        raise refusal
    return last


def _claims(provider: OidcProvider, record: Record, way: _Way, code: str, redirect_uri: str) -> Claims:
    """What the provider says of whoever was given this code."""
    with provider.client(redirect_uri) as client:
        token = _exchanged(client, provider, way, code, redirect_uri)
        access_token = token.get("access_token")
        with record.reading() as session:
            now = int(clock.now(session).timestamp())
        said = dict(
            verified(
                provider,
                token.get("id_token"),
                nonce=way.nonce,
                access_token=access_token if isinstance(access_token, str) else "",
                now=now,
            )
        )
        if "email" not in said and access_token and provider.metadata().userinfo_endpoint:
            said = _user_info(client, provider, said) | said
    return claims_of(provider.settings.issuer, said)


def _exchanged(
    client: OidcClient, provider: OidcProvider, way: _Way, code: str, redirect_uri: str
) -> Mapping[str, Any]:
    """The tokens for a code. A code that was used already is refused over there. BeginAgain, ProviderAway."""
    try:
        token: Mapping[str, Any] = client.fetch_token(
            provider.metadata().token_endpoint,
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=way.verifier,
        )
    except AuthlibBaseError as error:
        known = str(error.error or "")
        log.warning(
            "the sign-in service gave no tokens", code=known if _ERROR_CODE.fullmatch(known) else "other"
        )
        raise (BeginAgain if known == "invalid_grant" else ProviderAway) from None
    except (httpx2.HTTPError, ValueError, TypeError, KeyError) as error:
        log.warning("the sign-in service does not answer", code=type(error).__name__)
        raise ProviderAway from None
    return token


def _user_info(client: OidcClient, provider: OidcProvider, said: Mapping[str, Any]) -> dict[str, Any]:
    """What a provider tells apart from its ID token, of the same subject. ProviderAway."""
    try:
        answer = client.get(provider.metadata().userinfo_endpoint)
        answer.raise_for_status()
        more = answer.json()
    except (AuthlibBaseError, httpx2.HTTPError, ValueError) as error:
        log.warning("the sign-in service does not answer", code=type(error).__name__)
        raise ProviderAway from None
    if not isinstance(more, dict) or more.get("sub") != said["sub"]:
        log.warning("what the sign-in service tells is of another person", code="sub")
        raise BadAnswer
    return more
