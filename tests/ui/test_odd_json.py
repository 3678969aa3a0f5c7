"""Whatever is sent as JSON is answered: what is no document is no fault of ours."""

import asyncio
import gzip
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from db.ids import new_id
from tests.support.studio import StandInStudio, stand_in_studio
from tests.ui.test_hooks import SECRET, delivery
from ui.app import create_app
from ui.json_bodies import LONGEST_BODY
from ui.settings import StudioSettings
from ui.studio import KEPT_SESSIONS

ORIGIN = "http://127.0.0.1:7860"
JSON = {"content-type": "application/json"}
ODD = [
    b"[" * 200_000,
    b'{"data":' * 50_000,
    b'{"data": [], "fn_index": ' + b"9" * 5000 + b"}",
    b'{"data": [NaN], "fn_index": 0}',
    b'{"data": [], "data": [], "fn_index": 0}',
    b'{"data": ["\xff"], "fn_index": 0}',
    b'{"data": ["\\ud800"], "fn_index": 0}',
    b"{",
]
GRADIO = [f"/studio/gradio_api/{name}" for name in ("queue/join", "cancel", "reset")]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> StandInStudio:
    return stand_in_studio(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(studio: StandInStudio) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("REPLICATE_WEBHOOK_SECRET", SECRET)
        from tasks.settings import provider_settings

        provider_settings.cache_clear()
        app = create_app(StudioSettings(), studio.services)
        provider_settings.cache_clear()
        with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
            yield client


@pytest.mark.parametrize("body", ODD, ids=lambda body: repr(body[:30]))
@pytest.mark.parametrize("path", GRADIO)
def test_gradio_is_given_sound_documents_alone(client: TestClient, path: str, body: bytes) -> None:
    answer = client.post(path, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("body", ODD, ids=lambda body: repr(body[:30]))
def test_the_question_for_an_upload_is_answered(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/uploads", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_question")


@pytest.mark.parametrize(
    "body", [body for body in ODD if b"\xff" not in body], ids=lambda body: repr(body[:30])
)
def test_a_signed_webhook_is_answered(client: TestClient, body: bytes) -> None:
    sent = delivery(new_id(), body)
    answer = client.post(f"/hooks/replicate/{sent.call_id}", content=sent.body, headers=sent.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "no_prediction")


def test_a_packed_or_endless_body_is_not_unpacked_or_read_to_its_end(client: TestClient) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    packed = client.post(GRADIO[0], content=bomb, headers=JSON | {"content-encoding": "gzip"})
    assert (packed.status_code, packed.json()["code"]) == (415, "packed")
    endless = client.post(GRADIO[0], content=b" " * (LONGEST_BODY + 1), headers=JSON)
    assert (endless.status_code, endless.json()["code"]) == (413, "too_large")
    sent = delivery(new_id(), bomb)
    hooked = client.post(
        f"/hooks/replicate/{sent.call_id}",
        content=sent.body,
        headers=sent.headers | {"content-encoding": "gzip"},
    )
    assert hooked.status_code in (400, 401)


def test_no_more_sessions_are_kept_than_said(client: TestClient) -> None:
    """Each is a page that somebody opened; a new one pushes out the one that was not used for longest."""
    loads = [
        each["id"]
        for each in client.get("/studio/config").json()["dependencies"]
        if any(event == "load" for _, event in each["targets"])
    ]
    for number in range(KEPT_SESSIONS + 10):
        session = f"session{number}"
        question = {"data": [], "fn_index": loads[0], "session_hash": session}
        assert client.post(GRADIO[0], json=question).status_code == 200
        with client.stream("GET", f"/studio/gradio_api/queue/data?session_hash={session}") as told:
            assert any("process_completed" in line for line in told.iter_lines())
    kept = _kept_sessions(client)
    assert len(kept) == KEPT_SESSIONS
    assert f"session{KEPT_SESSIONS + 9}" in kept and "session0" not in kept


def _kept_sessions(client: TestClient) -> list[str]:
    (mounted,) = [route.app for route in client.app.routes if getattr(route, "path", "") == "/studio"]  # type: ignore[attr-defined]
    return list(mounted._apps["en"]._app.state_holder.session_data)


@pytest.mark.parametrize(
    "body", [*ODD[:2], b'{"name": "x", "address": "", "' + b"x" * 600_000, b"{}"], ids=len
)
@pytest.mark.parametrize(
    "path", ["/api/views", "/api/views/forget", "/api/characters/bulk", "/api/characters/bulk/plan"]
)
def test_questions_about_the_list_are_answered_in_words(client: TestClient, path: str, body: bytes) -> None:
    answer = client.post(path, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_question")
    assert answer.json()["sentence"].endswith("Reload it.")


@pytest.mark.parametrize("path", ["/api/views", "/api/characters/bulk"])
def test_no_more_of_a_question_is_read_than_it_may_be_long(client: TestClient, path: str) -> None:
    read, told = 0, []

    async def receive() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * 65536, "more_body": read < 100}

    async def send(message: Message) -> None:
        told.append(message)

    headers = [(b"host", b"127.0.0.1:7860"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    asyncio.run(client.app(scope, receive, send))  # type: ignore[arg-type]
    assert told[0]["status"] == 422
    assert read < 10
