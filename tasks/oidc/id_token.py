"""Whether an ID token is true: signed by the provider, for us, for this sign-in, and of now."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import KeySet
from joserfc.util import urlsafe_b64decode

from db.log import Log
from db.repositories.accounts import address_of
from tasks.oidc.errors import BadAnswer, NotOfNow
from tasks.oidc.provider import OidcProvider

SKEW = 120  # seconds that the two clocks may be apart
_LONGEST = 64 * 1024  # characters
_SUBJECT = 255  # characters at most, says OpenID Connect Core
_TIMES = frozenset({"exp", "iat", "nbf"})

log = Log("sign-in")


@dataclass(frozen=True)
class Claims:
    """What the provider says of a person. `email` is one that it has confirmed; "" for none."""

    issuer: str
    subject: str
    email: str
    name: str


def verified(
    provider: OidcProvider, token: object, *, nonce: str, access_token: str, now: int
) -> Mapping[str, Any]:
    """The claims of an ID token; `now` in seconds, by the calendar. BadAnswer, NotOfNow, ProviderAway."""
    if not isinstance(token, str) or len(token) > _LONGEST:
        raise _refused("no_id_token")
    header = _header(token)
    algorithm = header.get("alg")
    if algorithm not in provider.metadata().algorithms:
        raise _refused("algorithm")
    kid = header.get("kid")
    decoded = _decoded(token, provider.keys(kid if isinstance(kid, str) else None), kid, str(algorithm))
    issuer, client_id = provider.settings.issuer, provider.settings.client_id
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
        params={"nonce": nonce, "client_id": client_id, "access_token": access_token},
    )
    try:
        claims.validate(now=now, leeway=SKEW)
        if not isinstance(claims["iat"], int | float) or claims["iat"] > now + SKEW:
            raise InvalidClaimError("iat")
    except ExpiredTokenError:
        raise _not_of_now("exp") from None
    except ClaimError as error:
        name = str(error.claim)
        raise _not_of_now(name) if name in _TIMES else _refused(name) from None
    except (JoseError, TypeError, ValueError):
        raise _refused("claims") from None
    if not 0 < len(claims["sub"]) <= _SUBJECT:
        raise _refused("sub")
    return decoded.claims


def claims_of(issuer: str, said: Mapping[str, Any]) -> Claims:
    """Who it is, by verified claims. An address that the provider has not confirmed is none."""
    confirmed = said.get("email_verified") in (True, "true")  # some providers write it as a word
    email, name = said.get("email"), said.get("name")
    return Claims(
        issuer=issuer,
        subject=str(said["sub"]),
        email=_address(email) if confirmed and isinstance(email, str) else "",
        name=" ".join(name.split()) if isinstance(name, str) else "",
    )


def _address(email: str) -> str:
    """An address as it is kept; "" for one with blanks, or letters that some program takes for others: it may
    have been confirmed as another address than it is read as here.
    """
    is_plain = unicodedata.normalize("NFKC", email) == email and not any(each.isspace() for each in email)
    return address_of(email) if is_plain else ""


def _header(token: str) -> dict[str, Any]:
    try:
        said = json.loads(urlsafe_b64decode(token.partition(".")[0].encode()))
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise _refused("no_id_token")
    return said


def _decoded(token: str, keys: KeySet, kid: object, algorithm: str) -> jwt.Token:
    """The token as the first of the keys that fit has signed it: one without a name may be of any."""
    for key in keys.keys:
        if kid and key.kid and key.kid != kid:
            continue
        try:
            return jwt.decode(token, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            continue  # a key of another kind, or not the one
    raise _refused("signature")


def _refused(what: str) -> BadAnswer:
    log.warning("an ID token was refused", code=what)
    return BadAnswer()


def _not_of_now(what: str) -> NotOfNow:
    log.warning("an ID token is of another time", code=what)
    return NotOfNow()
