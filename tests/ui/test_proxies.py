"""Who is asking, and by which address, behind proxies."""

import pytest
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from tests.support.studio import StandInStudio
from ui.authentication import Authenticator
from ui.hosts import HostMiddleware
from ui.proxies import ForwardedMiddleware, networks


async def _seen(request: Request) -> Response:
    client = request.client.host if request.client else ""
    return JSONResponse({"client": client, "scheme": request.url.scheme, "host": request.headers["host"]})


APP = Router([Route("/", _seen)])
DIRECT = {"client": "10.0.0.2", "scheme": "http", "host": "studio"}


def _ask(
    headers: dict[str, str], peer: str = "10.0.0.2", trusted: str = "10.0.0.0/24, ::1"
) -> dict[str, str]:
    app = ForwardedMiddleware(APP, networks(trusted))
    client = TestClient(app, base_url="http://studio", client=(peer, 5000))
    seen: dict[str, str] = client.get("/", headers=headers).json()
    return seen


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ({}, DIRECT),
        ({"X-Forwarded-For": "192.0.2.7"}, DIRECT | {"client": "192.0.2.7"}),
        (
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "a.example"},
            DIRECT | {"scheme": "https", "host": "a.example"},
        ),
        ({"X-Forwarded-For": "6.6.6.6, 192.0.2.7, 10.0.0.9"}, DIRECT | {"client": "192.0.2.7"}),
        (
            {"Forwarded": 'for="[2001:db8::1]:4711";host="a.example:8443"'},
            DIRECT | {"client": "2001:db8::1", "host": "a.example:8443"},
        ),
        ({"Forwarded": "for=192.0.2.7", "X-Forwarded-For": "6.6.6.6"}, DIRECT | {"client": "192.0.2.7"}),
        ({"X-Forwarded-Proto": "javascript"}, DIRECT),
        ({"Forwarded": 'for="_hidden;;;==", nonsense'}, DIRECT),
    ],
)
def test_a_trusted_proxy_is_believed(headers: dict[str, str], seen: dict[str, str]) -> None:
    assert _ask(headers) == seen


def test_nobody_else_is_believed() -> None:
    lies = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": "evil.example", "Forwarded": "for=192.0.2.8"}
    assert _ask(lies, peer="10.0.1.2") == DIRECT | {"client": "10.0.1.2"}
    assert _ask(lies, trusted="") == DIRECT


def test_an_ipv4_client_of_a_socket_for_both_families_is_known_by_its_own_address() -> None:
    assert _ask({}, peer="::ffff:192.0.2.7") == DIRECT | {"client": "192.0.2.7"}
    told = _ask({"X-Forwarded-For": "::ffff:192.0.2.8"}, peer="::ffff:10.0.0.2")
    assert told == DIRECT | {"client": "192.0.2.8"}
    assert _ask({"X-Forwarded-For": "192.0.2.8"}, trusted="::ffff:10.0.0.2") == DIRECT | {
        "client": "192.0.2.8"
    }
    assert _ask({}, peer="2001:db8::1") == DIRECT | {"client": "2001:db8::1"}


@pytest.mark.parametrize(
    ("headers", "version", "is_open"),
    [
        ({}, "1.1", True),
        ({"Origin": "http://127.0.0.1:7860", "Referer": "http://localhost:7860/studio/today"}, "1.1", True),
        ({"Referer": "http://[::1]:7860/", "Origin": "null"}, "1.1", True),
        ({}, "1.0", False),  # as nginx speaks where nobody has told it otherwise
        ({"X-Forwarded-Proto": "https"}, "1.1", False),
        ({"X-Forwarded-Server": "a"}, "1.1", False),
        ({"CF-Ray": "1"}, "1.1", False),
        ({"True-Client-IP": "192.0.2.7"}, "1.1", False),
        ({"X-Client-IP": "192.0.2.7"}, "1.1", False),
        ({"X-Original-Host": "studio.example"}, "1.1", False),
        ({"Via": "1.1 a"}, "1.1", False),
        ({"Referer": "https://studio.example/studio/today"}, "1.1", False),
        ({"Origin": "https://studio.example"}, "1.1", False),
        ({"Origin": "http://["}, "1.1", False),
    ],
)
def test_before_anybody_has_an_account_what_a_proxy_passes_on_has_to_sign_in(
    studio: StandInStudio, headers: dict[str, str], version: str, is_open: bool
) -> None:
    authenticator = Authenticator(studio.services.record)

    async def who(scope: Scope, receive: Receive, send: Send) -> None:
        person = authenticator.authenticate(HTTPConnection(scope))
        await JSONResponse(person is not None)(scope, receive, send)

    behind = ForwardedMiddleware(who, networks(""))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await behind({**scope, "http_version": version}, receive, send)

    client = TestClient(app, base_url="http://127.0.0.1:7860", client=("127.0.0.1", 5000))
    assert client.get("/", headers=headers).json() is is_open


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="addresses or networks"):
        networks("10.0.0.2, proxy.example")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("[::1]:7860", 200),
        ("[::1]", 200),
        ("Studio.example:80", 200),
        ("evil.example", 400),
        ("[::1", 400),
        ("", 400),
    ],
)
def test_hosts_are_known_by_name_and_by_ipv6_literal(host: str, status: int) -> None:
    client = TestClient(HostMiddleware(APP, ["::1", "studio.example"]), base_url="http://studio.example")
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == status
    if status == 400:
        assert "STORYKIN_PUBLIC_ORIGIN" in answer.text
