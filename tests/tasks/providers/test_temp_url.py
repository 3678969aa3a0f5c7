"""Copying a provider's picture: from its own hosts, within bounds, and from nowhere else."""

import gzip
import io
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tasks.errors import NotReady, OutputLost, ProviderError, StoreError
from tasks.providers.http.guarded_fetch import FetchRules, OutputRefused, OutputWithheld, fetch
from tasks.providers.http.public_addresses import is_public
from tasks.providers.http.temp_url import copy_from_temp_url
from tasks.providers.protocols import ImageOutput
from tasks.providers.specs import delivery_hosts
from tasks.providers.store.disk import DiskStore
from tasks.storage.persist_output import persist_output
from tests.support.certificates import Certificate, make_certificate
from tests.support.fuzz import quick
from tests.support.tls_server import Answer, TlsServer, reply, tls_server

HOST = "cdn.replicate.delivery"
REPLICATE = FetchRules(delivery_hosts("replicate"))


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("certificate")
    return make_certificate(folder, ("replicate.delivery", HOST, "localhost"))


@pytest.fixture(scope="module")
def server(certificate: Certificate) -> Iterator[TlsServer]:
    with tls_server(certificate, reply()) as running:
        yield running


@pytest.fixture
def rules(server: TlsServer, certificate: Certificate) -> FetchRules:
    """The real rules, but for where the name leads: a server of ours on this machine."""
    server.asked.clear()
    return replace(
        REPLICATE,
        ports=(server.port,),
        deadline_seconds=10,
        resolve=lambda host, port: ["127.0.0.1"],
        address_allowed=lambda address: address == "127.0.0.1",
        tls=certificate.client_context,
    )


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "store", "http://studio.test", b"a secret of thirty-two bytes.....")


@pytest.fixture
def copy(server: TlsServer, rules: FetchRules, store: DiskStore) -> Callable[..., str]:
    """Serve `answer` and copy it; returns the content type it was kept with."""

    def copied(answer: Answer, **changed: object) -> str:
        server.answer = answer
        url = f"https://{HOST}:{server.port}/xyz/out-0.png?sig=1"
        changed_rules = replace(rules, **changed)  # type: ignore[arg-type]
        return copy_from_temp_url(url, "pictures/one", store, rules=changed_rules).content_type

    return copied


class TestWhatIsKept:
    @pytest.mark.parametrize(
        ("kind", "content_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
    )
    def test_a_picture_is_kept_with_the_type_of_its_bytes(
        self, copy: Callable[..., str], store: DiskStore, kind: str, content_type: str
    ) -> None:
        assert copy(reply(picture(kind), content_type="text/plain")) == content_type
        assert store.get("pictures/one") == picture(kind)

    def test_the_request_carries_no_credentials_and_asks_for_plain_bytes(
        self, copy: Callable[..., str], server: TlsServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_secret")

        copy(reply(picture()))

        (asked,) = server.asked
        assert (asked.method, asked.path) == ("GET", "/xyz/out-0.png?sig=1")
        assert asked.headers == {
            "host": f"{HOST}:{server.port}",
            "accept": "image/*",
            "accept-encoding": "identity",
        }

    def test_a_second_copy_needs_no_network(
        self, copy: Callable[..., str], server: TlsServer, store: DiskStore
    ) -> None:
        copy(reply(picture()))
        copy(reply(status=410))

        assert len(server.asked) == 1
        assert store.get("pictures/one") == picture()

    def test_a_chunked_answer_is_fine(self, copy: Callable[..., str]) -> None:
        def chunked(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            data = picture()
            for at in range(0, len(data), 50):
                part = data[at : at + 50]
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            handler.wfile.write(b"0\r\n\r\n")

        assert copy(chunked) == "image/png"


class TestWhatIsRefusedForGood:
    @pytest.mark.parametrize(
        "url",
        [
            f"http://{HOST}/a.png",
            f"ftp://{HOST}/a.png",
            "file:///etc/passwd",
            "//cdn.replicate.delivery/a.png",
            "cdn.replicate.delivery/a.png",
            "https://evil.test/a.png",
            "https://replicate.delivery.evil.test/a.png",
            "https://evilreplicate.delivery/a.png",
            "https://replicate.delivery@evil.test/a.png",
            f"https://user@{HOST}/a.png",
            f"https://user:secret@{HOST}/a.png",
            f"https://{HOST}:8443/a.png",
            f"https://{HOST}:99999/a.png",
            f"https://{HOST}.:443/a.png",
            "https://127.0.0.1/a.png",
            "https://[::1]/a.png",
            "https://[::ffff:127.0.0.1]/a.png",
            "https://2130706433/a.png",
            "https://0x7f.1/a.png",
            "https://[::1/a.png",
            "https://evil.test\\@replicate.delivery/a.png",
            "https://evil.test#@replicate.delivery/a.png",
            f"https://{HOST}/a.png\r\nHost: evil.test",
            f"https://{HOST}/a b.png",
            "https://replicate。delivery/a.png",
            "https://",
            "",
            f"https://{HOST}/{'a' * 5000}",
        ],
    )
    def test_an_address_that_is_not_the_provider_s(
        self, store: DiskStore, rules: FetchRules, url: str
    ) -> None:
        def never(host: str, port: int) -> list[str]:
            raise AssertionError("nothing may be looked up")

        with pytest.raises(OutputWithheld) as error:
            copy_from_temp_url(url, "pictures/one", store, rules=replace(REPLICATE, resolve=never))
        assert error.value.code == "source_refused"
        assert HOST not in error.value.sentence

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_even_to_a_good_place(
        self, copy: Callable[..., str], server: TlsServer, status: int
    ) -> None:
        good_place = f"https://{HOST}:{server.port}/elsewhere.png"

        with pytest.raises(OutputWithheld) as error:
            copy(reply(status=status, Location=good_place))

        assert error.value.code == "source_refused"
        assert len(server.asked) == 1

    @pytest.mark.parametrize("told", [True, False], ids=["told length", "no length"])
    def test_more_bytes_than_a_picture_has(self, copy: Callable[..., str], told: bool) -> None:
        sent = [0]

        def endless(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            if told:
                handler.send_header("Content-Length", "1000")  # a lie, too
            else:
                handler.send_header("Connection", "close")
            handler.end_headers()
            while sent[0] < 400:
                handler.wfile.write(bytes(65536))
                sent[0] += 1
            handler.close_connection = True

        with pytest.raises((OutputRefused, NotReady)) as error:
            copy(endless, max_bytes=200_000)
        assert error.value.code == ("output_not_an_image" if told else "output_too_large")

    def test_a_gzip_bomb_stays_packed(self, copy: Callable[..., str]) -> None:
        bomb = gzip.compress(bytes(50_000_000))

        with pytest.raises(OutputWithheld) as error:
            copy(reply(bomb, Content_Encoding="gzip"), max_bytes=1_000_000)
        assert error.value.code == "output_not_an_image"

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"<html><script>alert(1)</script></html>",
            b"\x89PNG\r\n\x1a\n but no picture",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"GIF89a",
        ],
    )
    def test_what_is_not_a_picture(self, copy: Callable[..., str], store: DiskStore, data: bytes) -> None:
        with pytest.raises(NotReady):  # a page of a delivery in trouble: the picture may come yet
            copy(reply(data))
        assert store.head("pictures/one") is None

    @pytest.mark.parametrize("status", [204, 206, 400, 418])
    def test_an_odd_answer(self, copy: Callable[..., str], status: int) -> None:
        with pytest.raises(OutputWithheld):
            copy(reply(status=status))


class TestPrivateNetworks:
    @pytest.mark.parametrize(
        "addresses",
        [
            ["127.0.0.1"],
            ["10.0.0.7"],
            ["169.254.169.254"],
            ["::1"],
            ["93.184.216.34", "192.168.1.1"],
            ["junk"],
        ],
    )
    def test_a_name_that_leads_into_one_is_refused_before_connecting(
        self, store: DiskStore, server: TlsServer, rules: FetchRules, addresses: list[str]
    ) -> None:
        real = replace(rules, resolve=lambda host, port: addresses, address_allowed=is_public)

        with pytest.raises(OutputWithheld) as error:
            copy_from_temp_url(f"https://{HOST}:{server.port}/a.png", "one", store, rules=real)

        assert error.value.code == "source_refused"
        assert server.asked == []

    def test_a_name_that_changes_its_mind_is_looked_up_only_once(
        self, copy: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked_up = []

        def rebinding(host: str, port: int) -> list[str]:
            looked_up.append(host)
            return ["127.0.0.1"] if len(looked_up) == 1 else ["127.66.66.66"]

        connected = []
        real_connect = socket.create_connection

        def watched(address: tuple[str, int], *args: object, **options: object) -> socket.socket:
            connected.append(address[0])
            return real_connect(address, *args, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "create_connection", watched)

        copy(reply(picture()), resolve=rebinding)

        assert looked_up == [HOST]
        assert connected == ["127.0.0.1"]

    def test_the_next_checked_address_is_tried_when_one_is_dead(self, copy: Callable[..., str]) -> None:
        def two(host: str, port: int) -> list[str]:
            return ["127.0.0.2", "127.0.0.1"]

        def either(address: str) -> bool:
            return address.startswith("127.")

        assert copy(reply(picture()), resolve=two, address_allowed=either) == "image/png"

    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.0",
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "169.254.169.254",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::7f00:1",
            "2002:7f00:1::",
            "2002:a00:1::",
            "2001:0:4136:e378:8000:63bf:f5ff:fffe",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "localhost",
            "",
        ],
    )
    def test_no_inner_address_passes_for_public(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize(
        "address", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"]
    )
    def test_a_public_address_is_public(self, address: str) -> None:
        assert is_public(address)


class TestWithheld:
    @pytest.mark.parametrize("status", [401, 403, 404, 410])
    def test_one_word_of_the_delivery_host_loses_nothing(
        self, copy: Callable[..., str], store: DiskStore, status: int
    ) -> None:
        with pytest.raises(OutputWithheld) as error:
            copy(reply(status=status))
        assert error.value.code == "output_gone"
        assert store.head("pictures/one") is None

    @pytest.mark.parametrize("url", ["https://elsewhere.test/a.png", "http://replicate.delivery/a.png"])
    @pytest.mark.parametrize(
        ("age", "raised"),
        [
            (timedelta(0), OutputWithheld),
            (timedelta(minutes=69), OutputWithheld),
            (timedelta(minutes=71), OutputLost),
        ],
    )
    def test_it_is_lost_once_the_provider_has_deleted_it(
        self, store: DiskStore, url: str, age: timedelta, raised: type[ProviderError]
    ) -> None:
        output = ImageOutput(cost_microusd=67_000, seconds=1.0, url=url, age=lambda: age)
        with pytest.raises(raised) as error:
            persist_output(store, output, "ab" * 32, provider="replicate")
        if isinstance(error.value, OutputLost):
            assert error.value.charged_microusd == 67_000


class TestWorthAnotherTry:
    @pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
    def test_a_busy_server(self, copy: Callable[..., str], status: int) -> None:
        with pytest.raises(NotReady) as error:
            copy(reply(status=status, Retry_After="7"))
        assert (error.value.code, error.value.retry_after) == ("output_unreachable", 7.0)

    def test_a_wish_to_wait_for_days_is_cut(self, copy: Callable[..., str]) -> None:
        with pytest.raises(NotReady) as error:
            copy(reply(status=503, Retry_After="99999999"))
        assert error.value.retry_after == 600.0

    @pytest.mark.parametrize("part", ["head", "body"])
    def test_a_slow_drip_ends_at_the_deadline(self, copy: Callable[..., str], part: str) -> None:
        drops: list[float] = []

        def drip(handler: BaseHTTPRequestHandler) -> None:
            if part == "body":
                handler.send_response(200)
                handler.end_headers()
            else:
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while len(drops) < 400:  # each well within any timeout of its own
                handler.wfile.write(b"x")
                drops.append(time.monotonic())
                time.sleep(0.02)

        with pytest.raises(NotReady) as error:
            copy(drip, deadline_seconds=0.3)
        assert error.value.code == "output_unreachable"
        assert len(drops) < 400

    def test_a_server_that_says_nothing(self, copy: Callable[..., str]) -> None:
        def silent(handler: BaseHTTPRequestHandler) -> None:
            handler.rfile.read(1)  # until the client gives up
            handler.close_connection = True

        with pytest.raises(NotReady):
            copy(silent, deadline_seconds=0.2)

    def test_an_answer_that_breaks_off(self, copy: Callable[..., str]) -> None:
        def half(handler: BaseHTTPRequestHandler) -> None:
            data = picture()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data[: len(data) // 2])
            handler.close_connection = True

        with pytest.raises(NotReady):
            copy(half)

    def test_half_a_picture_that_claims_to_be_whole(self, copy: Callable[..., str]) -> None:
        data = picture(size=(400, 400))
        with pytest.raises(NotReady):
            copy(reply(data[: len(data) // 2]))

    def test_no_server_at_all(self, copy: Callable[..., str], certificate: Certificate) -> None:
        with tls_server(certificate, reply()) as gone:
            port = gone.port
        rules = replace(
            REPLICATE,
            ports=(port,),
            resolve=lambda host, port: ["127.0.0.1"],
            address_allowed=lambda address: True,
        )
        with pytest.raises(NotReady):
            fetch(f"https://{HOST}:{port}/a.png", rules)

    def test_a_name_without_an_address(self, rules: FetchRules, server: TlsServer) -> None:
        def unknown(host: str, port: int) -> list[str]:
            raise OSError("no such name")

        with pytest.raises(NotReady):
            fetch(f"https://{HOST}:{server.port}/a.png", replace(rules, resolve=unknown))

    def test_a_certificate_of_someone_else(self, rules: FetchRules, server: TlsServer) -> None:
        with pytest.raises(NotReady):
            fetch(f"https://other.replicate.delivery:{server.port}/a.png", rules)
        with pytest.raises(NotReady):
            fetch(f"https://{HOST}:{server.port}/a.png", replace(rules, tls=ssl.create_default_context))
        assert server.asked == []


class TestDataUrls:
    def url(self, data: bytes, kind: str = "image/png") -> str:
        return f"data:{kind};base64,{b64encode(data).decode()}"

    def test_a_picture_in_the_url_is_kept(self, store: DiskStore) -> None:
        kept = copy_from_temp_url(self.url(picture("WEBP")), "pictures/one", store, rules=REPLICATE)

        assert (kept.content_type, store.get("pictures/one")) == ("image/webp", picture("WEBP"))

    @pytest.mark.parametrize(
        "url",
        [
            "data:,hello",
            "data:text/html;base64,PGI+",
            "data:image/png,raw",
            "data:image/png;base64",
            "data:image/png;base64,",
            "data:image/png;base64,####",
            "data:image/png;base64,aGVsbG8=",
        ],
    )
    def test_anything_else_is_refused(self, store: DiskStore, url: str) -> None:
        with pytest.raises(OutputWithheld):
            copy_from_temp_url(url, "pictures/one", store, rules=REPLICATE)

    def test_its_length_is_capped_before_it_is_decoded(self, store: DiskStore) -> None:
        with pytest.raises(OutputRefused) as error:
            copy_from_temp_url(self.url(bytes(3000)), "one", store, rules=replace(REPLICATE, max_bytes=2000))
        assert error.value.code == "output_too_large"


@quick
@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z@:.\[\]0-9/\\#?-]{1,40}", fullmatch=True))
def test_no_made_up_address_reaches_the_network(url: str) -> None:
    def never(host: str, port: int) -> list[str]:
        assert host == "replicate.delivery" or host.endswith(".replicate.delivery")
        return []

    with pytest.raises((ProviderError, StoreError)):
        fetch(url, replace(REPLICATE, resolve=never))


def test_the_rules_for_replicate_are_the_strict_ones() -> None:
    assert tuple(REPLICATE.hosts) == ("replicate.delivery",)
    assert tuple(REPLICATE.ports) == (443,)
    assert REPLICATE.address_allowed is is_public
    assert REPLICATE.tls().verify_mode is ssl.CERT_REQUIRED
    assert REPLICATE.tls().check_hostname
