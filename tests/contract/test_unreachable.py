"""A provider that can't be reached: nothing was sent, and the sentence says where to look."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.errors import NotSent
from tasks.providers.openai.vision import OpenAISettings, OpenAIVision
from tasks.providers.replicate.image import ReplicateImage
from tasks.providers.replicate.wire import PredictionRequest, ReplicateWire
from tasks.providers.store.disk import DiskStore
from tasks.storage.persist_output import persist_output
from tests.contract.openai_answers import response
from tests.contract.replicate_answers import done, photo, prediction, request
from tests.support.certificates import Certificate
from tests.support.providers import a_picture
from tests.support.tls_server import reply, tls_server

ORDER = PredictionRequest("google/nano-banana-2.1", {"prompt": "p"}, 300)


def look(url: str) -> object:
    return OpenAIVision(OpenAISettings("sk-test", base_url=f"{url}/v1")).describe(photo())


def order(url: str) -> object:
    return ReplicateWire("r8_test", url).create(ORDER)


@pytest.fixture(params=[look, order], ids=["openai", "replicate"])
def ask(request: pytest.FixtureRequest) -> Callable[[str], object]:
    chosen: Callable[[str], object] = request.param
    return chosen


def reason(ask: Callable[[str], object], url: str) -> str:
    with pytest.raises(NotSent) as caught:
        ask(url)
    assert caught.value.code == "unreachable"
    return caught.value.sentence


def test_a_name_without_an_address(ask: Callable[[str], object], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_address(*_args: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", no_address)
    assert "its name has no address here" in reason(ask, "http://provider.invalid")


def test_nobody_listening(ask: Callable[[str], object]) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    assert "nothing listens at its address" in reason(ask, url)


def test_a_certificate_that_nobody_vouches_for(
    ask: Callable[[str], object], certificate: Certificate
) -> None:
    with tls_server(certificate, reply(b"{}")) as server:
        assert "its certificate is not trusted here" in reason(ask, server.url)
        assert server.asked == []


def test_an_address_that_is_no_web_address(ask: Callable[[str], object]) -> None:
    assert "its address is not http or https" in reason(ask, "provider.invalid")


def test_an_authority_of_ones_own_is_named_in_the_usual_way(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A stand-in with https on this machine: SSL_CERT_FILE is all it takes, for its output too."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    store = DiskStore(tmp_path, "http://127.0.0.1:7860", b"s" * 32)
    with tls_server(certificate, reply(json.dumps(response()).encode())) as server:
        look(server.url)
    with tls_server(certificate, reply(json.dumps(prediction()).encode(), status=201)) as server:
        order(server.url)
    with tls_server(certificate, reply(a_picture())) as files:
        output_url = f"{files.url}/out.png"
        with tls_server(certificate, reply(json.dumps(done(output_url)).encode())) as server:
            provider = ReplicateImage(
                ReplicateWire("r8_test", server.url), slug="google/nano-banana-2.1", store=store
            )
            output = provider.collect("p1", request())
        assert "authorization" not in files.asked[0].headers
    assert persist_output(store, output, "ab" * 32, provider="replicate").width == 82
