"""A machine that reaches the world through a proxy: providers, outputs, and whom the sentences blame."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tasks.providers.store.s3_client as s3_client_module
from tasks.errors import NotReady, NotSent, StoreError
from tasks.providers.http.guarded_fetch import FetchRules, fetch
from tasks.providers.openai.vision import OpenAISettings, OpenAIVision
from tasks.providers.replicate.wire import PredictionRequest, ReplicateWire
from tasks.providers.store.s3_client import s3_client, s3_errors_as_sentences
from tasks.proxies import tidy_proxy_environment
from tests.contract.openai_answers import response
from tests.contract.replicate_answers import photo, prediction
from tests.support.certificates import Certificate, make_certificate
from tests.support.forward_proxies import ForwardProxy, forward_proxy
from tests.support.providers import a_picture
from tests.support.tls_server import TlsServer, reply, tls_server

NAME = "provider.example"  # no name of this machine's: only the proxy leads there
ORDER = PredictionRequest("google/nano-banana-2.1", {"prompt": "p"}, 300)


@pytest.fixture(autouse=True)
def no_other_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        for spelling in (name, name.upper()):
            monkeypatch.setenv(spelling, "")  # so that it is put back, whatever the tidying sets
            monkeypatch.delenv(spelling)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"), (NAME, "localhost"))


@pytest.fixture
def server(certificate: Certificate) -> Iterator[TlsServer]:
    with tls_server(certificate, reply(b"{}")) as running:
        yield running


@pytest.fixture(params=["socks5", "http"])
def proxy(
    request: pytest.FixtureRequest, server: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ForwardProxy]:
    with forward_proxy(request.param, server.port) as running:
        monkeypatch.setenv("ALL_PROXY", running.url)
        monkeypatch.setenv("NO_PROXY", "::1,[fe80::1]:80,*.corp.example")
        tidy_proxy_environment()
        yield running


def test_openai_is_asked_through_it(
    proxy: ForwardProxy, server: TlsServer, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    server.answer = reply(json.dumps(response()).encode())
    OpenAIVision(OpenAISettings("sk-test", base_url=f"https://{NAME}/v1")).describe(photo())
    assert proxy.asked == [f"{NAME}:443"]
    assert [each.path for each in server.asked] == ["/v1/responses"]


def test_replicate_is_asked_through_it(
    proxy: ForwardProxy, server: TlsServer, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    server.answer = reply(json.dumps(prediction()).encode(), status=201)
    ReplicateWire("r8_test", f"https://{NAME}").create(ORDER)
    assert proxy.asked == [f"{NAME}:443"]


def test_a_finished_picture_is_fetched_through_it(
    proxy: ForwardProxy, server: TlsServer, certificate: Certificate
) -> None:
    server.answer = reply(a_picture())
    rules = FetchRules(
        hosts=(NAME,),
        tls=lambda: ssl.create_default_context(cafile=str(certificate.certificate)),
    )
    assert fetch(f"https://{NAME}/out.png", rules) == a_picture()
    assert proxy.asked == [f"{NAME}:443"]


def test_the_proxy_can_not_pass_for_the_delivery_host(proxy: ForwardProxy, server: TlsServer) -> None:
    server.answer = reply(a_picture())
    with pytest.raises(NotReady):
        fetch("https://a.replicate.delivery/out.png", FetchRules(("replicate.delivery",)))
    assert server.asked == []


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed.getsockname()[1]}")
    tidy_proxy_environment()


@pytest.mark.parametrize(
    "ask",
    [
        lambda: OpenAIVision(OpenAISettings("sk-test", base_url="https://api.example/v1")).describe(photo()),
        lambda: ReplicateWire("r8_test", "https://api.example").create(ORDER),
    ],
    ids=["openai", "replicate"],
)
@pytest.mark.usefixtures("dead")
def test_a_dead_proxy_is_blamed_and_not_the_provider(ask: Callable[[], object]) -> None:
    with pytest.raises(NotSent, match="the proxy that HTTPS_PROXY names is not there") as caught:
        ask()
    assert "NO_PROXY" in caught.value.sentence


@pytest.mark.usefixtures("dead")
def test_a_dead_proxy_before_the_bucket_is_blamed() -> None:
    with pytest.raises(StoreError, match="the proxy that HTTPS_PROXY names"), s3_errors_as_sentences():
        bucket().list_buckets()


def test_a_bucket_behind_socks_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
    tidy_proxy_environment()
    with pytest.raises(StoreError, match="SOCKS"), s3_errors_as_sentences():
        bucket().list_buckets()


def test_nothing_on_this_machine_is_asked_through_it(
    proxy: ForwardProxy, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    with tls_server(certificate, reply(json.dumps(response()).encode())) as here:
        OpenAIVision(OpenAISettings("sk-test", base_url=f"{here.url}/v1")).describe(photo())
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_PROFILE", "missing"),
        ("AWS_CONFIG_FILE", "{broken}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "{broken}"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ("AWS_ENDPOINT_URL", "http://elsewhere.invalid"),
        ("AWS_MAX_ATTEMPTS", "many"),
        ("AWS_RETRY_MODE", "nonsense"),
        ("AWS_DEFAULTS_MODE", "nonsense"),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "nonsense"),
    ],
)
def test_somebodys_aws_account_has_no_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, name: str, value: str
) -> None:
    broken = tmp_path_factory.mktemp("aws") / "config"
    broken.write_text("[not a file of settings")
    monkeypatch.setenv(name, value.format(broken=broken))
    s3_client_module._session.cache_clear()
    link = bucket().generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    assert link.startswith("https://store.example/b/k?")
    s3_client_module._session.cache_clear()


def bucket() -> Any:
    return s3_client(
        endpoint_url="https://store.example", access_key_id="key", secret_access_key="s" * 40, region="auto"
    )
