"""A small OpenID provider on this machine: discovery, keys, codes and tokens as published, or as it lies."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "storykin-studio", "a secret of the tests & more"
Key = RSAKey | ECKey


@dataclass
class OpenIdProvider:
    """What it says, and what it was asked. `claims` go over those of an honest ID token."""

    port: int
    keys: dict[str, Key]  # that it publishes, and signs with
    subject: str = "248289761001"
    email: str = "anna@example.org"
    signing_keys: dict[str, Key] = field(default_factory=dict)  # others that it signs with
    signs_with: str = "one"
    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)
    token: str = ""  # instead of an ID token
    userinfo: dict[str, Any] | None = None
    describes: dict[str, Any] = field(default_factory=dict)  # over its honest description
    answers: dict[str, str] = field(default_factory=dict)  # over what stands in the address that leads back
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_away: bool = False

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realms/house"

    def description(self) -> dict[str, Any]:
        honest = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "none", "HS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return honest | self.describes

    def authorize(self, address: str) -> str:
        """Somebody signs in at `address`, where a browser was sent; the address that leads back."""
        said = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?"), address
        assert said["response_type"] == "code" and said["client_id"] == CLIENT_ID
        assert said["scope"].split()[0] == "openid"
        assert said["code_challenge_method"] == "S256" and len(said["code_challenge"]) == 43
        code = secrets.token_urlsafe(16)
        self.codes[code] = said
        back = {"code": code, "state": said["state"], "iss": self.issuer} | self.answers
        return f"{said['redirect_uri']}?{urlencode({k: v for k, v in back.items() if v})}"

    def exchange(self, authorization: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The token endpoint (RFC 6749, RFC 7636): a code is good once, and for who has its verifier."""
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if authorization not in (f"Basic {expected}", f"Basic {_form_encoded()}"):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = _letters(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        tokens = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
        return 200, tokens | {"id_token": self.token or self.id_token(asked["nonce"], access)}

    def id_token(self, nonce: str, access: str) -> str:
        now = int(time.time())
        half = hashlib.sha256(access.encode()).digest()[:16]
        honest = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "at_hash": _letters(half),
            "email": self.email,
            "email_verified": True,
            "name": "Anna from Elsewhere",
        }
        said = {name: value for name, value in (honest | self.claims).items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.signs_with}
        if self.algorithm == "none":
            parts = (_part(header), _part(said), "")
            return ".".join(parts)
        if self.algorithm == "HS256":  # the key that everybody has, taken for a secret
            signed = f"{_part(header)}.{_part(said)}"
            secret = self.keys[self.signs_with].as_pem(private=False)
            return f"{signed}.{_letters(hmac.digest(secret, signed.encode(), 'sha256'))}"
        key = (self.keys | self.signing_keys)[self.signs_with]
        return jwt.encode(header, said, key, algorithms=[self.algorithm])


def _part(document: dict[str, Any]) -> str:
    return _letters(json.dumps(document).encode())


def _letters(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _form_encoded() -> str:
    """As RFC 6749 wants it: both form-encoded first."""
    pair = ":".join(urlencode({"": each})[1:] for each in (CLIENT_ID, CLIENT_SECRET))
    return base64.b64encode(pair.encode()).decode()


@contextmanager
def openid_provider(keys: dict[str, Key]) -> Iterator[OpenIdProvider]:
    """One that listens on a free port until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path.removeprefix("/realms/house")
            told.asked.append(path)
            if path == "/.well-known/openid-configuration":
                self.answer(200, told.description())
            elif path == "/keys":
                public = [each.as_dict(private=False) | {"use": "sig"} for each in told.keys.values()]
                self.answer(200, {"keys": public})
            elif path == "/userinfo" and told.userinfo is not None:
                assert self.headers["Authorization"].startswith("Bearer ")
                self.answer(200, told.userinfo)
            else:
                self.answer(404, {"error": "not_found"})

        def do_POST(self) -> None:
            told.asked.append("/token")
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.answer(*told.exchange(self.headers["Authorization"] or "", form))

        def answer(self, status: int, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(503 if told.is_away else status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = OpenIdProvider(server.server_address[1], keys)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
