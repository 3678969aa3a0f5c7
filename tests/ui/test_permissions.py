"""Who may do what: everything is declared, and the running studio holds every role to it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from db.engine import Record
from db.models import Role
from db.repositories import accounts, users
from tasks.accounts import sessions, tokens
from tests.support.routes import events_of, gradio_routes_of, routes_of
from tests.support.studio import StandInStudio, stand_in_studio
from ui import permissions
from ui.app import create_app
from ui.authentication import PLAIN_COOKIE
from ui.handlers.bulk import Act
from ui.pages.frame import event_key
from ui.permissions import EVENTS, GRADIO_ROUTES, ROUTES, of_request
from ui.settings import StudioSettings
from ui.views.characters import list_shell_html
from ui.views.styles import written_css

ORIGIN = "http://127.0.0.1:7860"
STRANGER = "stranger"
WHO = (STRANGER, *(each.value for each in Role))


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> StandInStudio:
    return stand_in_studio(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def app(studio: StandInStudio) -> FastAPI:
    return create_app(StudioSettings(), studio.services)


@pytest.fixture(scope="module")
def cookies(studio: StandInStudio) -> dict[str, dict[str, str]]:
    return {STRANGER: {}} | {
        role.value: {PLAIN_COOKIE: signed_in(studio.services.record, role)} for role in Role
    }


@pytest.fixture(scope="module")
def client(app: FastAPI, cookies: dict[str, dict[str, str]]) -> Iterator[TestClient]:
    with TestClient(app, base_url=ORIGIN, follow_redirects=False, client=("127.0.0.1", 50000)) as client:
        yield client


def signed_in(record: Record, role: Role) -> str:
    with record.writing() as session:
        email = f"{role.value}@example.org"
        account = accounts.add(session, email=email, name=role.value.title(), role=role, password_hash=None)
        assert account is not None
        return sessions.begin(session, account.user_id, address="", agent="")[0]


# ---------- Everything is declared ----------


def test_every_route_of_ours_is_declared(app: FastAPI) -> None:
    there = {(method, of_any_provider(path)) for method, path in routes_of(app)}
    assert sorted(there - set(ROUTES)) == [], "declare these in ui/permissions.py"


def of_any_provider(path: str) -> str:
    return re.sub(r"^/hooks/[\w-]+/", "/hooks/{provider}/", path)


def test_every_declared_path_is_found_under_its_own_declaration() -> None:
    for (method, path), needed in {**ROUTES, **GRADIO_ROUTES}.items():
        asked = re.sub(r"{width}", "240", path)
        asked = re.sub(r"{\w+:path}", "a/b.jpg", asked)
        assert of_request(method, re.sub(r"{\w+}", "x", asked)) is needed, path


def test_what_gradio_brings_is_closed_but_for_what_our_pages_ask(app: FastAPI) -> None:
    there = gradio_routes_of(app)
    assert len(there) > 50
    assert not set(GRADIO_ROUTES) - there - {("GET", "/studio")}, "no such route of Gradio's any more"


def test_every_event_of_a_page_is_declared(app: FastAPI) -> None:
    handlers = {event_key(each) for each in events_of(app).values() if each is not None}
    assert handlers == set(EVENTS), "declare these in ui/permissions.py"


def test_what_nobody_has_declared_is_closed_to_everybody(client: TestClient, app: FastAPI) -> None:
    assert permissions.of_event("detail.new_button") is permissions.CLOSED
    assert of_request("DELETE", "/character/x/profile") is None


# ---------- Gradio's own addresses ----------

CLOSED = [
    ("POST", "/studio/gradio_api/call/draw_style"),
    ("POST", "/studio/gradio_api/call/v2/draw_style"),
    ("POST", "/studio/gradio_api/run/draw_style"),
    ("POST", "/studio/gradio_api/api/draw_style"),
    ("GET", "/studio/gradio_api/call/draw_style/1"),
    ("POST", "/studio/gradio_api/upload"),
    ("GET", "/studio/gradio_api/upload_progress?upload_id=1"),
    ("GET", "/studio/gradio_api/file=/etc/passwd"),
    ("GET", "/studio/gradio_api/file/etc/passwd"),
    ("GET", "/studio/gradio_api/proxy=https://example.org/"),
    ("GET", "/studio/gradio_api/heartbeat/abc"),
    ("GET", "/studio/gradio_api/runs"),
    ("GET", "/studio/gradio_api/user"),
    ("POST", "/studio/gradio_api/component_server"),
    ("POST", "/studio/gradio_api/vibe-edit"),
    ("GET", "/studio/gradio_api/vibe-code"),
    ("POST", "/studio/gradio_api/process_recording"),
    ("GET", "/studio/gradio_api/queue/status"),
    ("POST", "/studio/login"),
    ("GET", "/studio/monitoring"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_gradio_s_back_doors_are_closed_to_administrators_too(
    client: TestClient, cookies: dict[str, dict[str, str]], method: str, path: str
) -> None:
    for who in (STRANGER, "administrator"):
        answer = client.request(
            method, path, headers=cookie(cookies[who]), json={} if method == "POST" else None
        )
        assert answer.status_code in (403, 404), who


# ---------- Role by handler, in the running studio ----------

EVERYBODY = {*WHO}
SIGNED_IN = EVERYBODY - {STRANGER}
READERS = {"operator", "auditor", "administrator"}
DECIDERS = {"operator", "reviewer", "administrator"}
WORKERS = {"operator", "administrator"}
CASES: list[tuple[str, str, set[str]]] = [
    ("GET", "/healthz", EVERYBODY),
    ("GET", "/static/studio.css", EVERYBODY),
    ("GET", "/studio/help", SIGNED_IN),
    ("GET", "/notices", SIGNED_IN),
    ("GET", "/media/photos/x.jpg?e=1&s=x", SIGNED_IN),
    ("GET", "/pictures/x/full?e=1&s=x", SIGNED_IN),
    ("GET", "/scaled/240/1/0123.webp?s=x", SIGNED_IN),
    ("GET", "/api/live/changes", SIGNED_IN),
    ("GET", "/studio/config", READERS),
    ("GET", "/studio/gradio_api/info", SIGNED_IN),
    ("GET", "/studio/review", {*DECIDERS, "auditor"}),
    ("GET", "/review/queue", {*DECIDERS, "auditor"}),
    ("GET", "/review/card?id=x", {*DECIDERS, "auditor"}),
    ("POST", "/review/decide", DECIDERS),
    ("POST", "/review/undo", DECIDERS),
    ("GET", "/studio/", READERS),
    ("GET", "/studio/costs", READERS),
    ("GET", "/studio/today", READERS),
    ("GET", "/studio/character?id=x", READERS),
    ("GET", "/fragments/characters", READERS),
    ("GET", "/fragments/today", READERS),
    ("GET", "/character/x/profile", READERS),
    ("GET", "/character/x/details", READERS),
    ("GET", "/downloads/picture/x", READERS),
    ("GET", "/downloads/character/x/pictures.zip", READERS),
    ("GET", "/api/intake/runs", READERS),
    ("POST", "/downloads/selection.zip", READERS),
    ("POST", "/api/characters/bulk/plan", READERS),
    ("POST", "/api/characters/bulk", WORKERS),
    ("POST", "/character/x/profile", WORKERS),
    ("POST", "/character/x/details", WORKERS),
    ("POST", "/downloads/links/x", WORKERS),
    ("POST", "/api/views", WORKERS),
    ("GET", "/studio/new", WORKERS),
    ("POST", "/api/uploads", WORKERS),
    ("PUT", "/api/uploads/incoming/x?e=1&s=x", WORKERS),
    ("POST", "/api/intake/check", WORKERS),
    ("POST", "/api/intake/start", WORKERS),
    ("POST", "/api/intake/again", WORKERS),
    ("GET", "/prefect", WORKERS),
    ("GET", "/character/x/support", READERS),
    ("POST", "/character/x/support", WORKERS),
    ("POST", "/account/tokens", SIGNED_IN),
    ("GET", "/audit", {"auditor", "administrator"}),
    ("GET", "/audit/state", {"auditor", "administrator"}),
    ("GET", "/audit/entries.csv", {"auditor", "administrator"}),
    ("GET", "/people", {"administrator"}),
    ("POST", "/people", {"administrator"}),
    ("GET", "/people/x", {"administrator"}),
    ("POST", "/people/x", {"administrator"}),
    ("GET", "/tokens", {"administrator"}),
    ("POST", "/tokens", {"administrator"}),
]


@pytest.mark.parametrize(("method", "path", "may"), CASES)
def test_a_role_gets_as_far_as_it_may(
    client: TestClient, cookies: dict[str, dict[str, str]], method: str, path: str, may: set[str]
) -> None:
    let_in = set()
    for who in WHO:
        answer = client.request(
            method, path, headers=cookie(cookies[who]), json={} if method != "GET" else None
        )
        code = answer.json().get("code") if "problem+json" in answer.headers.get("content-type", "") else ""
        if code not in ("signed_out", "not_allowed"):
            assert answer.status_code not in (303, 404) or who in may
            let_in.add(who)
    assert let_in == may


EVENT_CASES = {
    "detail.open_page": READERS,
    "detail.tick": READERS,
    "detail.make_favourite": WORKERS,
    "detail.approve_picture": WORKERS,
    "detail.draw_style": WORKERS,
    "detail.try_again": WORKERS,
    "detail.draw_corrected": WORKERS,
    "detail.cancel_run": WORKERS,
    "costs.open_page": READERS,
    "costs.turn_page": READERS,
    "costs.add_up": READERS,
    "costs.look_for_evidence": WORKERS,
    "costs.settle": WORKERS,
}


@pytest.mark.parametrize(("event", "may"), EVENT_CASES.items())
def test_an_event_sent_by_hand_runs_for_those_who_may(
    client: TestClient, app: FastAPI, cookies: dict[str, dict[str, str]], event: str, may: set[str]
) -> None:
    index = next(at for at, each in events_of(app).items() if each is not None and event_key(each) == event)
    ran = set()
    for who in WHO:
        told = queued(client, cookie(cookies[who]), index)
        if told is None:
            assert who == STRANGER
        elif "account may not do this" not in told:
            ran.add(who)
    assert ran == may


def cookie(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


def queued(client: TestClient, headers: dict[str, str], index: int) -> str | None:
    """What Gradio's queue says of an event that a program has sent; None where it takes none."""
    own = token_hex(8)  # as each page makes up
    inputs = {"data": ["no-such-character", ""], "fn_index": index, "session_hash": own}
    joined = client.post(
        "/studio/gradio_api/queue/join", headers=headers, json=inputs | {"event_data": {"image": "x"}}
    )
    if joined.status_code == 401:
        return None
    assert joined.status_code == 200
    with client.stream("GET", f"/studio/gradio_api/queue/data?session_hash={own}", headers=headers) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: ") and json.loads(line[6:])["msg"] == "process_completed":
                return line
    raise AssertionError("the queue never answered")


def refused(answer: Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_what_another_s_page_has_asked_for_is_not_read_or_stopped_by_who_knows_its_name(
    client: TestClient, app: FastAPI, cookies: dict[str, dict[str, str]]
) -> None:
    api, own = "/studio/gradio_api", token_hex(8)
    index = next(
        at for at, each in events_of(app).items() if each is not None and event_key(each) == "detail.tick"
    )
    inputs = {"data": ["no-such-character", ""], "fn_index": index, "session_hash": own, "event_data": None}
    operator, reviewer = (cookie(cookies[who]) for who in ("operator", "reviewer"))
    assert client.post(f"{api}/queue/join", headers=operator, json=inputs).status_code == 200
    stolen = {"session_hash": own, "event_id": "x", "fn_index": index}
    sent = ((f"{api}/queue/join", inputs), (f"{api}/cancel", stolen), (f"{api}/reset", stolen))
    for where, body in sent:
        refused(client.post(where, headers=reviewer, json=body))
    for query in (own, f"mine&session_hash={own}", f"{own}&session_hash=mine"):  # where let in, it stays open
        refused(client.get(f"{api}/queue/data?session_hash={query}", headers=reviewer))
    assert client.post(f"{api}/reset", headers=operator, json=stolen).status_code == 200


# ---------- Nobody has an account ----------


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A studio in which nobody has an account, on this machine."""
    home: Path = tmp_path_factory.mktemp("alone")
    services = stand_in_studio(home).services
    with services.record.writing() as session:
        users.ensure_operator(session)
    app = create_app(StudioSettings(), services)
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
        yield client


def test_whoever_is_at_this_machine_needs_no_account_as_long_as_nobody_has_one(alone: TestClient) -> None:
    assert alone.get("/fragments/today").status_code == 200
    assert alone.post("/api/views", json={"name": "All", "address": ""}).status_code == 201
    assert alone.get("/metrics").status_code == 200


@pytest.mark.parametrize("bearer", ["", "Bearer", "Bearer guessed"])
def test_a_name_that_another_site_leads_here_tells_its_pages_nothing(alone: TestClient, bearer: str) -> None:
    """DNS rebinding: the request comes from this machine, and its page may set any header."""
    told = alone.get("/metrics", headers={"Host": "evil.example:7860", "Authorization": bearer})
    assert told.status_code == (401 if bearer.endswith("guessed") else 400)
    other = alone.get("/fragments/today", headers={"Host": "evil.example", "Authorization": bearer})
    assert other.status_code == 400


def test_prometheus_asks_by_whatever_name_it_knows_and_shows_its_token(
    studio: StandInStudio, client: TestClient, cookies: dict[str, dict[str, str]]
) -> None:
    assert cookies  # the accounts
    email = f"{Role.AUDITOR.value}@example.org"
    token, _view = tokens.add_token(studio.services.record, email=email, name="scrape", by=None, via="x")
    headers = {"Host": "studio:7860", "Authorization": f"Bearer {token}"}
    client.cookies.clear()
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert "storykin_characters" in answer.text
    assert client.get("/metrics", headers={"Host": "studio:7860"}).status_code == 400
    assert client.get("/fragments/today", headers=headers).status_code == 400


def test_what_a_proxy_passes_on_is_not_from_this_machine(alone: TestClient) -> None:
    assert alone.get("/fragments/today", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401
    assert alone.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401


def test_no_page_offers_what_its_reader_may_not_do() -> None:
    """What a bar offers needs what the route behind it needs; the sheet hides by that for each role."""
    bar = list_shell_html([("flat", "Flat")])
    needs = {
        name: re.findall(rf'data-needs="(\w+)"[^<]*?(?:<button[^>]*?)?data-bulk="{name}"', bar)
        for name in re.findall(r'data-bulk="(\w+)"', bar)
    }
    spent = of_request("POST", "/api/characters/bulk")
    assert {name for name, said in needs.items() if said == [spent]} == {each.value for each in Act}
    assert {"download", "favourites", "sheet", "clear"} <= {name for name, said in needs.items() if not said}

    sheet = written_css()
    for button, needed in (("draw_style", "spend"), ("make_favourite", "change"), ("show_picture", "read")):
        assert f'html[data-may]:not([data-may~="{needed}"]) [data-event="{button}"]' in sheet
    assert 'html[data-may]:not([data-may~="decide"]) [data-needs="decide"]' in sheet


def test_what_templates_need_is_a_permission() -> None:
    templates = Path(permissions.__file__).parent / "views" / "templates"
    found = {
        needs
        for file in templates.glob("*.html")
        for needs in re.findall(r'data-needs="(\w+)"', file.read_text(encoding="utf-8"))
    }
    assert found and found <= {each.value for each in permissions.Permission}
