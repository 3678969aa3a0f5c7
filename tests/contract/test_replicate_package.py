"""Why the `replicate` package is not our transport: each defect that we step around, held here.

When one of these fails, the package has changed: look again whether it can do more for us.
"""

import time
import warnings
from collections.abc import Iterator

import httpx
import pytest

from tests.contract.replicate_answers import page, prediction
from tests.contract.test_replicate import CREATE, GET
from tests.support.scripted_server import Answer, ScriptedServer, scripted_server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from replicate.client import Client
    from replicate.helpers import FileOutput

TOKEN = "r8_thetokenofthetest"
MODEL = "google/nano-banana-2.1"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        running.on("GET", r"/v1/predictions\?", Answer(body=page()))
        yield running


@pytest.fixture
def package(server: ScriptedServer) -> Iterator[Client]:
    client = Client(api_token=TOKEN, base_url=server.url, timeout=httpx.Timeout(60))
    yield client
    client._client.close()


def test_the_package_waits_for_ever_for_a_create(server: ScriptedServer) -> None:
    package, slow_seconds = Client(api_token=TOKEN, base_url=server.url, timeout=httpx.Timeout(0.3)), 0.8

    def slowly(_seen: object) -> Answer:
        time.sleep(slow_seconds)  # what is measured: longer than the timeout that the package was given
        return Answer(201, prediction())

    server.on("POST", CREATE, slowly)
    assert package.models.predictions.create(model=MODEL, input={"prompt": "p"}).id == "p1"
    package._client.close()


def test_the_package_dies_of_aborted(server: ScriptedServer, package: Client) -> None:
    server.on("GET", GET, Answer(body=prediction("aborted")))
    with pytest.raises(ValueError, match="status"):
        package.predictions.get("p1")


def test_the_package_drops_wait(server: ScriptedServer, package: Client) -> None:
    server.on("POST", CREATE, Answer(201, prediction()))
    package.predictions.create(model=MODEL, input={"prompt": "p"}, wait=7)
    assert "prefer" not in server.requests[0].headers


def test_the_package_sends_the_token_to_the_host_of_an_output(
    server: ScriptedServer, package: Client
) -> None:
    server.on("GET", "/out.png$", Answer(200, b"PNG"))
    FileOutput(f"{server.url}/out.png", package).read()
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_the_package_takes_a_webhook_of_any_age_unless_it_is_told() -> None:
    import hmac
    from base64 import b64encode

    from replicate.webhook import Webhooks, WebhookSigningSecret

    key, at = b"k" * 32, int(time.time()) - 2 * 86_400
    signed = b64encode(hmac.digest(key, f"m.{at}.{{}}".encode(), "sha256")).decode()
    headers = {"webhook-id": "m", "webhook-timestamp": str(at), "webhook-signature": f"v1,{signed}"}
    secret = WebhookSigningSecret(key="whsec_" + b64encode(key).decode())
    Webhooks.validate(headers=headers, body="{}", secret=secret)
    with pytest.raises(ValueError, match="tolerance"):
        Webhooks.validate(headers=headers, body="{}", secret=secret, tolerance=300)
