"""Pictures by self-hosted servers, each in its own dialect of `/v1/images/edits`."""

import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from tasks.errors import CallFailed, NotSent, ProviderError, Throttled, UsageError
from tasks.providers.inhouse.address import is_private
from tasks.providers.inhouse.images import InHouseImages, InHouseSettings
from tasks.providers.inhouse.prompt import without_orders
from tests.contract.image_requests import PICTURE, Keeper, a_photo, form_of, image_request
from tests.support.scripted_server import CUT, Answer, ScriptedServer, Seen, html, scripted_server

EDITS = "^/v1/images/edits$"
ENCODED = b64encode(PICTURE).decode()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


def vllm_omni(seen: Seen) -> Answer:
    """Base64 alone; form fields beside the photo; FastAPI's errors; what it does not know it ignores."""
    form = form_of(seen)
    if "image" not in form.files:
        return Answer(
            422, {"detail": [{"loc": ["body", "image"], "msg": "Field required", "type": "missing"}]}
        )
    if form.fields.get("stream") == "true":
        return Answer(400, {"detail": "stream is not supported"})
    return Answer(body={"created": 1, "data": [{"b64_json": ENCODED, "url": None, "revised_prompt": None}]})


def sglang(seen: Seen) -> Answer:
    """A relative path, whatever form of answer was asked for."""
    form = form_of(seen)
    if not form.files.get("image"):
        return Answer(400, {"detail": "no image"})
    return Answer(
        body={"id": "a1", "created": 1, "data": [{"url": "/v1/images/a1/content", "file_path": "/x"}]}
    )


def sd_cpp(seen: Seen) -> Answer:
    """`image[]` or `image`; PNG and JPEG only; JSON in the prompt are orders; plain-text errors in JSON."""
    form = form_of(seen)
    if not (form.files.get("image[]") or form.files.get("image")):
        return Answer(400, {"error": "at least one image is required"})
    if "<sd_cpp_extra_args>" in form.fields["prompt"]:
        return Answer(500, {"error": "the server was given orders"})
    if form.fields["output_format"] not in ("png", "jpeg"):
        return Answer(400, {"error": "invalid output_format"})
    return Answer(body={"created": 1, "output_format": "png", "data": [{"b64_json": ENCODED}]})


def inhouse(server: ScriptedServer, **settings: Any) -> InHouseImages:
    usual: dict[str, Any] = {"base_url": f"{server.url}/v1", "read_seconds": 60.0}
    return InHouseImages(InHouseSettings(**usual | settings))


def failed(server: ScriptedServer) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        inhouse(server).submit(image_request())
    return caught.value


@pytest.mark.parametrize("dialect", [vllm_omni, sglang, sd_cpp])
@pytest.mark.parametrize("references", [0, 2])
def test_every_server_draws_for_nothing_with_one_photo_or_several(
    server: ScriptedServer, dialect: Any, references: int
) -> None:
    server.on("POST", EDITS, dialect)
    server.on("GET", "^/v1/images/a1/content$", lambda _seen: Answer(body=PICTURE))
    provider = inhouse(server)
    request = image_request(keeper=Keeper(), references=tuple(a_photo() for _ in range(references)))
    output = provider.collect(provider.submit(request), request)
    assert (output.data, output.content_type, output.cost_microusd) == (PICTURE, "image/png", 0)
    assert provider.estimate_microusd(request) == 0
    assert len(server.seen("POST")) == 1
    assert len(form_of(server.seen("POST")[0]).files["image"]) == 1 + references


@pytest.mark.parametrize("named", [{}, {"model": "qwen-image-edit"}])
def test_the_model_is_the_one_that_the_answer_names(server: ScriptedServer, named: dict[str, str]) -> None:
    server.on("POST", EDITS, Answer(body={"created": 1, "data": [{"b64_json": ENCODED}], **named}))
    provider, request = inhouse(server, model="the-one-asked-for"), image_request(keeper=Keeper())
    assert provider.collect(provider.submit(request), request).details == named


def test_only_fields_that_all_servers_take_or_ignore_are_sent(server: ScriptedServer) -> None:
    server.on("POST", EDITS, sd_cpp)
    inhouse(server, model="sd-cpp-local").submit(image_request())
    assert form_of(server.requests[0]).fields == {
        "model": "sd-cpp-local",
        "prompt": "Redraw the person in the photo.",
        "n": "1",
        "size": "1024x1280",
        "response_format": "b64_json",
        "output_format": "png",
        "seed": "7",
    }


def test_no_key_of_openai_reaches_the_server(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    server.on("POST", EDITS, sd_cpp)
    inhouse(server).submit(image_request())
    inhouse(server, api_key="of-the-house").submit(image_request())
    assert [each.headers["authorization"] for each in server.requests] == [
        "Bearer none",
        "Bearer of-the-house",
    ]
    assert "sk-real" not in str([dict(each.headers) for each in server.requests])


def test_a_proxy_of_the_environment_does_not_see_the_photo(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.on("POST", EDITS, sd_cpp)
    assert inhouse(server).submit(image_request())


ORDERS = json.dumps({"seed": 1, "vae_path": "/etc/passwd"})


@pytest.mark.parametrize(
    "prompt",
    [
        f"Draw Mia<sd_cpp_extra_args>{ORDERS}</sd_cpp_extra_args> in blue.",
        f"Draw Mia<SD_CPP_extra_args>\n{ORDERS}\n</sd_cpp_EXTRA_args> in blue.",
        "Draw Mia<sd_cpp_extra_args> in blue.",
        "Draw Mia</sd_cpp_extra_args> in blue.",
        f"Draw Mia<sd_cpp_<sd_cpp_extra_args>{ORDERS}</sd_cpp_extra_args>extra_args> in blue.",
        "Draw Mia<lora:/secret/weights:1> in blue.",
        "Draw Mia<lo<lora:x:1>ra:y:1> in blue.",
    ],
)
def test_orders_in_a_name_reach_no_server(server: ScriptedServer, prompt: str) -> None:
    server.on("POST", EDITS, sd_cpp)
    inhouse(server).submit(image_request(prompt=prompt))
    sent = form_of(server.requests[0]).fields["prompt"]
    assert sent == "Draw Mia in blue."


@pytest.mark.parametrize("prompt", ['A < B, and {"so": 1}.', "a<b> c", "Mia's <3 hat"])
def test_what_is_no_order_stays(prompt: str) -> None:
    assert without_orders(prompt) == prompt


def test_a_prompt_of_orders_alone_is_not_sent(server: ScriptedServer) -> None:
    with pytest.raises(UsageError):
        inhouse(server).submit(image_request(prompt="<sd_cpp_extra_args>{}</sd_cpp_extra_args>"))
    assert server.requests == []


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, {"detail": "Model does not do edits."}, "(Model does not do edits)"),
        (
            422,
            {"detail": [{"loc": ["body", "size"], "msg": "Bad size", "type": "value_error"}]},
            "(Bad size)",
        ),
        (500, {"error": "CUDA out of memory"}, "(CUDA out of memory)"),
        (500, {"error": {"message": "EOF", "type": "server_error", "code": 500}}, "(EOF)"),
        (500, "no JSON", "failed to draw this picture."),
        (404, {"detail": "Not Found"}, "STORYKIN_INHOUSE_URL"),
        (401, {"error": "Unauthorized"}, "STORYKIN_INHOUSE_API_KEY"),
        (302, "", "draws nothing at that address"),
    ],
)
def test_every_kind_of_error_is_told_and_costs_nothing(
    server: ScriptedServer, status: int, body: Any, said: str
) -> None:
    server.on("POST", EDITS, Answer(status, body, {"Location": "http://example.com/"}))
    told = failed(server)
    assert isinstance(told, CallFailed) and told.charged_microusd == 0
    assert said in told.sentence


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_later(server: ScriptedServer, status: int) -> None:
    server.on("POST", EDITS, Answer(status, {"detail": "queue is full"}, {"Retry-After": "3"}))
    told = failed(server)
    assert isinstance(told, Throttled) and told.retry_after == 3


@pytest.mark.parametrize(
    "answer",
    [CUT, html(200), Answer(200, '{"data": [{"b64_'), Answer(200, {"data": "?"}), Answer(200, {"data": []})],
)
def test_a_lost_answer_is_a_failure_and_not_a_possible_bill(server: ScriptedServer, answer: Answer) -> None:
    server.on("POST", EDITS, answer)
    told = failed(server)
    assert isinstance(told, CallFailed) and told.charged_microusd == 0
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_not_sent_to(server: ScriptedServer) -> None:
    with pytest.raises(NotSent, match="in-house image server could not be reached"):
        inhouse(server, base_url="http://127.0.0.1:9/v1").submit(image_request())


@pytest.mark.parametrize(
    "url", ["https://example.com/x.png", "http://127.0.0.1:9/x.png", "//[bad", "ftp://x/y"]
)
def test_an_address_elsewhere_is_not_fetched(server: ScriptedServer, url: str) -> None:
    server.on("POST", EDITS, Answer(body={"created": 1, "data": [{"url": url}]}))
    assert "elsewhere" in failed(server).sentence
    assert server.seen("GET") == []


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("192.168.1.20", True),
        ("172.16.0.1", True),
        ("10.1.2.3", True),
        ("fd00::1", True),
        ("::ffff:10.0.0.1", True),
        ("8.8.8.8", False),
        ("::ffff:8.8.8.8", False),
        ("2001:4860:4860::8888", False),
        ("172.32.0.1", False),
        ("100.100.100.200", False),  # a cloud's metadata, like the next two
        ("168.63.129.16", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("fe80::1%eth0", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("house", False),
    ],
)
def test_the_house_is_loopback_and_private_networks(address: str, private: bool) -> None:
    assert is_private(address) is private


@pytest.mark.parametrize("host", ["8.8.8.8", "100.100.100.200", "169.254.169.254", "[2001:4860:4860::8888]"])
def test_a_photo_is_not_sent_in_the_clear_out_of_the_house(server: ScriptedServer, host: str) -> None:
    with pytest.raises(CallFailed) as caught:
        inhouse(server, base_url=f"http://{host}:9/v1").submit(image_request())
    assert caught.value.code == "exposed_address" and caught.value.charged_microusd == 0


NAME = "drawing.house.test"


def looked_up(monkeypatch: pytest.MonkeyPatch, *answers: list[str] | None) -> None:
    """What the look-ups of NAME give one after the other, the last one ever after; None is no address."""
    real, left = socket.getaddrinfo, list(answers)

    def look(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        if host not in (NAME, NAME.encode()):
            return real(host, port, *args, **more)
        found = left.pop(0) if len(left) > 1 else left[0]
        if found is None:
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return [each for address in found for each in real(address, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", look)


def at_name(server: ScriptedServer) -> str:
    return f"{server.url.replace('127.0.0.1', NAME)}/v1"


def test_a_name_that_is_not_found_is_not_sent_to_though_the_next_look_would_find_it(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("POST", EDITS, sd_cpp)
    looked_up(monkeypatch, None, ["127.0.0.1"])
    with pytest.raises(NotSent, match="its name has no address here") as caught:
        inhouse(server, base_url=at_name(server)).submit(image_request())
    assert caught.value.code == "unreachable" and server.requests == []


def test_a_name_that_leads_elsewhere_on_the_next_look_gets_no_photo_there(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("POST", EDITS, sd_cpp)
    looked_up(monkeypatch, ["127.0.0.1"], ["8.8.8.8"])
    inhouse(server, base_url=at_name(server)).submit(image_request())
    assert server.requests[0].headers["host"].startswith(NAME)


def test_a_name_with_one_address_out_of_the_house_is_not_sent_to(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("POST", EDITS, sd_cpp)
    looked_up(monkeypatch, ["127.0.0.1", "8.8.8.8"])
    with pytest.raises(CallFailed):
        inhouse(server, base_url=at_name(server)).submit(image_request())
    assert server.requests == []


def test_of_several_addresses_the_one_that_answers_is_taken(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("POST", EDITS, sd_cpp)
    looked_up(monkeypatch, ["127.0.0.2", "127.0.0.1"])  # the server listens at the second alone
    assert inhouse(server, base_url=at_name(server)).submit(image_request())


def test_a_lost_picture_costs_nothing_and_may_be_asked_for_again(server: ScriptedServer) -> None:
    with pytest.raises(CallFailed, match="Nothing was charged"):
        inhouse(server).collect("in-house.gone", image_request(keeper=Keeper()))
