"""Every exchange ends, and what it held on to is free again."""

import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import httpx2
import pytest

from tasks.providers.http import bounded_client
from tasks.providers.http.bounded_client import BoundedClient, BoundedClient2
from tests.support.certificates import Certificate
from tests.support.scripted_server import Answer, ScriptedServer, scripted_server
from tests.support.tls_server import tls_server

Client = BoundedClient | BoundedClient2
CLIENTS: dict[str, Callable[[], Client]] = {
    "httpx": lambda: BoundedClient(
        timeout=httpx.Timeout(60), trust_env=False, limits=httpx.Limits(max_connections=1)
    ),
    "httpx2": lambda: BoundedClient2(
        timeout=httpx2.Timeout(60), trust_env=False, limits=httpx2.Limits(max_connections=1)
    ),
}
BROKEN_OFF = (httpx.RemoteProtocolError, httpx2.RemoteProtocolError, httpx.ReadError, httpx2.ReadError)


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    with CLIENTS[request.param]() as made:
        yield made


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        running.on("GET", "/fine", Answer(body={"fine": True}))
        yield running


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_slow_drip_is_cut_off(client: Client, server: ScriptedServer, part: str) -> None:
    server.on("GET", "/slow", Answer(drip=part))
    with pytest.raises(BROKEN_OFF):
        client.get(f"{server.url}/slow", timeout=0.5)
    assert client.get(f"{server.url}/fine").json() == {"fine": True}  # over the one connection there may be


def test_a_slow_drip_over_tls_is_cut_off_too(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.05)

    with tls_server(certificate, drip) as server:
        for client in (BoundedClient(timeout=0.5), BoundedClient2(timeout=0.5)):
            with client, pytest.raises(BROKEN_OFF):
                client.get(server.url)


def test_an_endless_answer_is_not_read_to_its_end(
    client: Client, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_client, "MOST_BYTES", 1000)
    server.on("GET", "/long", Answer(body="x" * 100_000))
    with pytest.raises(BROKEN_OFF):
        client.get(f"{server.url}/long")
    assert client.get(f"{server.url}/fine").json() == {"fine": True}


def test_an_answer_that_breaks_off_frees_its_connection(client: Client, server: ScriptedServer) -> None:
    server.on("GET", "/torn", Answer(body="x" * 1000, sent=10))
    with pytest.raises(BROKEN_OFF):
        client.get(f"{server.url}/torn")
    assert client.get(f"{server.url}/fine").json() == {"fine": True}


def test_an_answer_in_time_is_whole(client: Client, server: ScriptedServer) -> None:
    body: Any = {"numbers": list(range(20_000))}
    server.on("GET", "/whole", Answer(body=body))
    assert client.get(f"{server.url}/whole").json() == body
