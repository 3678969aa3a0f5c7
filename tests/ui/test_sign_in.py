"""The door: the page, its cookies, where it leads, and what ends with a session."""

import asyncio
import re
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

import gradio
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from gradio.context import LocalContext
from starlette.requests import Request
from starlette.testclient import TestClient

import ui.acting
from db.engine import Record
from db.models import Role
from db.repositories import clock, events, images
from tasks.accounts import passwords, people, sessions
from tasks.accounts.person import LOCAL, NOBODY, Person
from tasks.errors import UsageError
from tasks.settings import provider_settings
from tests.support.studio import StandInStudio
from ui import permissions
from ui.access import ACCESS, Access, AccessMiddleware, NotAllowed
from ui.acting import acting, acting_id, acting_person
from ui.authentication import Authenticator, is_reachable_from_elsewhere
from ui.error_pages import ErrorPages
from ui.handlers.detail import character_page
from ui.handlers.privacy import erase
from ui.handlers.review import decide_picture
from ui.i18n import LanguageMiddleware
from ui.open_streams import OpenStreams
from ui.pages.frame import ui_event
from ui.routes.shell import router as shell_router
from ui.routes.sign_in import local_address, sign_in_router
from ui.serve import require_sign_in
from ui.settings import StudioSettings
from ui.views.page import STATIC

PASSWORD = "seven green lanterns"
PAGE = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def record(studio: StandInStudio) -> Record:
    return studio.services.record


def add(record: Record, role: Role, name: str = "Anna") -> str:
    email = f"{role.value}@example.org"
    made = people.add_person(record, email=email, name=name, role=role, password=PASSWORD, by=None, via="x")
    return made.user_id


@pytest.fixture
def app(studio: StandInStudio) -> FastAPI:
    """The door and the shell alone, behind the guard that the studio has: Gradio's pages take seconds."""
    authenticator = Authenticator(studio.services.record)
    app = FastAPI()
    app.include_router(shell_router(studio.services))
    app.include_router(sign_in_router(authenticator))
    app.add_middleware(AccessMiddleware, authenticator=authenticator)
    app.add_middleware(ErrorPages)
    app.add_middleware(LanguageMiddleware)
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1:7860", follow_redirects=False) as client:
        yield client


def enter(client: TestClient, role: Role, password: str = PASSWORD, **more: str) -> Any:
    fields = {"email": f"{role.value}@example.org", "password": password, **more}
    return client.post("/sign-in", data=fields)


def test_a_stranger_comes_to_the_door_and_from_there_to_where_they_wanted(
    client: TestClient, record: Record
) -> None:
    add(record, Role.ADMINISTRATOR)
    sent = client.get("/studio/costs?state=unknown", headers=PAGE)
    assert sent.status_code == 303
    page = client.get(sent.headers["location"], headers=PAGE)
    wanted = re.search(r'name="next" value="([^"]*)"', page.text)
    assert wanted and wanted[1] == "/studio/costs?state=unknown"
    assert "no-store" in page.headers["cache-control"]
    entered = enter(client, Role.ADMINISTRATOR, next=wanted[1])
    assert (entered.status_code, entered.headers["location"]) == (303, "/studio/costs?state=unknown")
    assert client.get("/notices").status_code == 200


def test_a_program_without_a_session_is_told_so(client: TestClient, record: Record) -> None:
    add(record, Role.ADMINISTRATOR)
    answer = client.get("/notices")
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


def test_the_page_speaks_german(client: TestClient, record: Record) -> None:
    add(record, Role.ADMINISTRATOR)
    page = client.get("/sign-in", headers={"Accept-Language": "de"}).text
    assert "Anmelden" in page and '<html lang="de"' in page and "Sign in" not in page


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.OPERATOR])
def test_each_role_begins_where_it_has_something_to_do(
    client: TestClient, record: Record, role: Role
) -> None:
    add(record, Role.ADMINISTRATOR)
    add(record, role)
    home = enter(client, role).headers["location"]
    assert home == ("/studio/review" if role is Role.REVIEWER else "/studio/today")
    assert client.get("/").headers["location"] == home


def test_over_https_the_cookie_belongs_to_this_host_alone(app: FastAPI, record: Record) -> None:
    add(record, Role.ADMINISTRATOR)
    with TestClient(app, base_url="https://studio.example.org", follow_redirects=False) as client:
        entered = enter(client, Role.ADMINISTRATOR)
        cookie = next(
            each
            for each in entered.headers.get_list("set-cookie")
            if each.startswith("__Host-storykin_session=")
        )
        assert {"httponly", "secure", "samesite=lax", "path=/"} <= {
            part.strip().lower() for part in cookie.split(";")
        }
        assert "domain" not in cookie.lower()
        assert client.get("/notices").status_code == 200


def test_no_password_is_taken_over_an_open_network(app: FastAPI, record: Record) -> None:
    add(record, Role.ADMINISTRATOR)
    with TestClient(app, base_url="http://studio.example.org", follow_redirects=False) as client:
        answer = enter(client, Role.ADMINISTRATOR)
        assert answer.status_code == 403 and "not encrypted" in answer.text
        assert "set-cookie" not in answer.headers


def test_a_wrong_password_says_so_and_keeps_what_was_typed_but_the_password(
    client: TestClient, record: Record
) -> None:
    add(record, Role.ADMINISTRATOR)
    answer = enter(client, Role.ADMINISTRATOR, "<not the password>")
    assert answer.status_code == 401
    assert "administrator@example.org" in answer.text and "not the password" not in answer.text
    for _ in range(9):
        enter(client, Role.ADMINISTRATOR, "wrong again and again")
    refused = enter(client, Role.ADMINISTRATOR)
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 600


def test_an_open_tab_keeps_nobody_signed_in_and_a_page_does(
    client: TestClient, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 30, 9, tzinfo=UTC)
    monkeypatch.setattr(clock, "steady", lambda _session: now)
    add(record, Role.ADMINISTRATOR)
    enter(client, Role.ADMINISTRATOR)
    by_themselves = ("/notices", "/api/live/changes?since=0", "/fragments/today", "/media/photos/a.webp")
    now += timedelta(hours=4)
    client.get("/studio/today", headers=PAGE)
    for _ in range(7):
        now += timedelta(hours=1)
        for each in by_themselves:
            assert client.get(each).status_code != 401
        assert client.post("/studio/gradio_api/queue/join").status_code != 401
    now += timedelta(hours=1)
    assert {client.get(each).status_code for each in by_themselves} == {401}


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(client: TestClient, record: Record) -> None:
    add(record, Role.ADMINISTRATOR)
    enter(client, Role.ADMINISTRATOR)
    kept = client.cookies.get("storykin_session")
    left = client.post("/sign-out")
    assert left.headers["location"] == "/sign-in"
    assert left.headers["clear-site-data"] == '"cache", "storage"'  # pictures, drafts with names
    assert client.get("/notices", headers={"Cookie": f"storykin_session={kept}"}).status_code == 401


def test_signing_out_leaves_what_other_applications_of_the_origin_keep(
    client: TestClient, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(record, Role.ADMINISTRATOR)
    assert "door.js" not in client.get("/sign-in").text
    enter(client, Role.ADMINISTRATOR)
    monkeypatch.setenv("STORYKIN_PATH_PREFIX", "/storykin")
    monkeypatch.setenv("STORYKIN_PUBLIC_ORIGIN", "https://example.org")
    provider_settings.cache_clear()
    try:
        left = client.post("/sign-out")
        page = client.get("/sign-in").text
    finally:
        monkeypatch.undo()
        provider_settings.cache_clear()
    assert left.headers["clear-site-data"] == '"cache"'
    assert re.search(r'<script src="/storykin/static/door\.js\?v=\w+"></script>', page)


def test_what_a_tab_keeps_is_found_by_the_script_that_clears_it() -> None:
    scripts = {file.name: file.read_text() for file in STATIC.glob("*.js")}
    begins = re.search(r'startsWith\("([\w-]+)"\)', scripts.pop("door.js"))
    assert begins
    keeping = {name: text for name, text in scripts.items() if "sessionStorage" in text}
    named = {
        name: re.findall(r'const (?:DRAFT|UNDO|QUEUE) = "([^"]+)"', text) for name, text in keeping.items()
    }
    assert set(named) == {"intake.js", "review.js"}
    assert all(each.startswith(begins[1]) for names in named.values() for each in names)
    assert all(named.values())


def test_a_page_that_a_role_may_not_see_says_so_and_shows_the_way_it_may_go(
    client: TestClient, record: Record
) -> None:
    add(record, Role.ADMINISTRATOR)
    add(record, Role.REVIEWER)
    enter(client, Role.REVIEWER)
    answer = client.get("/studio/costs", headers=PAGE)
    assert answer.status_code == 403
    assert "not for your account" in answer.text and 'data-role="reviewer"' in answer.text


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("/studio/costs?state=unknown&p=2", "/studio/costs?state=unknown&p=2"),
        ("https://evil.example/", ""),
        ("//evil.example/", ""),
        ("/\\evil.example", ""),
        ("/studio/\r\nSet-Cookie: a=b", ""),
        ("javascript:alert(1)", ""),
        ("/sign-in?next=/sign-in", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_the_way_on_never_leads_elsewhere(wanted: str, found: str) -> None:
    assert local_address(wanted) == found


# ---------- Where it listens ----------


@pytest.mark.parametrize(
    ("host", "origin", "proxies", "elsewhere"),
    [
        ("127.0.0.1", "http://127.0.0.1:7860", "", False),
        ("::1", "http://localhost:7860", "", False),
        ("localhost", "http://[::1]:7860", "", False),
        ("0.0.0.0", "http://127.0.0.1:7860", "", True),
        ("::", "http://127.0.0.1:7860", "", True),
        ("", "http://127.0.0.1:7860", "", True),
        ("192.168.1.5", "http://127.0.0.1:7860", "", True),
        ("studio.local", "http://127.0.0.1:7860", "", True),
        ("127.0.0.1", "https://studio.example.org", "", True),
        ("127.0.0.1", "http://127.0.0.1:7860", "127.0.0.1", True),
    ],
)
def test_which_set_up_is_reached_from_elsewhere(
    host: str, origin: str, proxies: str, elsewhere: bool
) -> None:
    assert is_reachable_from_elsewhere(host, origin, proxies) is elsewhere


def test_a_studio_that_others_reach_does_not_start_before_somebody_has_an_account(
    studio: StandInStudio, record: Record
) -> None:
    open_to_all = StudioSettings(STORYKIN_HOST="0.0.0.0")
    with pytest.raises(UsageError) as refused:
        require_sign_in(open_to_all, studio.services)
    assert refused.value.code == "no_user" and "storykin user add" in refused.value.sentence
    require_sign_in(StudioSettings(), studio.services)
    add(record, Role.ADMINISTRATOR)
    require_sign_in(open_to_all, studio.services)


def test_where_others_reach_it_taking_the_last_account_away_lets_nobody_in(record: Record) -> None:
    authenticator = Authenticator(record, must_sign_in=True)
    scope = {"type": "http", "headers": [], "client": ("127.0.0.1", 1), "method": "GET", "path": "/"}
    assert authenticator.authenticate(Request(scope)) is None


# ---------- What is done in somebody's name ----------


def test_the_timeline_says_who_it_was(studio: StandInStudio, record: Record) -> None:
    user_id = add(record, Role.ADMINISTRATOR, "Anna Beispiel")
    character_id = studio.character()
    with record.reading() as session:
        image_id = images.of_character(session, character_id)[0].image.id
    email = "administrator@example.org"
    person = people.everyone(record)[0]
    assert person.email == email
    with acting(Person(user_id, "Anna Beispiel", Role.ADMINISTRATOR)):
        decide_picture(studio.services, "approve", character_id=character_id, image_id=image_id)
    with record.reading() as session:
        assert user_id in {event.actor for event in events.timeline(session, character_id)}
    newest = character_page(studio.services, character_id).timeline[0].moments[-1]
    assert newest.who == "Anna Beispiel"
    people.remove_person(record, email=email, by=None, via="x")
    assert character_page(studio.services, character_id).timeline[0].moments[-1].who == "Anna Beispiel"


# ---------- What is open when a session ends ----------


async def test_a_stream_ends_with_its_session(record: Record) -> None:
    user_id = add(record, Role.ADMINISTRATOR)
    with record.writing() as session:
        _token, kept = sessions.begin(session, user_id, address="", agent="")
        mine = kept.id
    streams = OpenStreams(lambda ids: sessions.standing(record, ids), every_seconds=0.02)
    sent: list[MutableMapping[str, Any]] = []
    open_now = asyncio.Event()

    async def endless(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b": here\n\n", "more_body": True})
        open_now.set()
        await asyncio.Event().wait()

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    serving = asyncio.ensure_future(streams.serve(endless, {"type": "http"}, receive, send, mine))
    await open_now.wait()
    assert not serving.done()
    people.end_sessions(record, email="administrator@example.org", by=None, via="x")
    await asyncio.wait_for(serving, 120)
    assert sent[-1]["more_body"] is False


def test_who_has_not_been_asked_for_may_do_nothing(
    studio: StandInStudio, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.acting, "UNKNOWN", NOBODY)  # as it is outside of tests
    monkeypatch.setattr(permissions, "EVENTS", {"test_sign_in.event": permissions.SPEND})
    done: list[str | None] = []

    @ui_event
    def event() -> None:
        done.append(acting_id())

    with pytest.raises(gradio.Error):
        event()
    assert done == []
    character_id = studio.character()
    with pytest.raises(NotAllowed):
        erase(studio.services, character_id, {})
    with acting(LOCAL):
        event()
    assert done == [None]


@pytest.mark.parametrize("path", ["/sign-in", "/proof/x", "/metrics"])
async def test_a_route_for_everybody_is_served_in_nobody_s_name(record: Record, path: str) -> None:
    asked: list[Person] = []

    async def inner(_scope: Any, _receive: Any, _send: Any) -> None:
        asked.append(acting_person())

    headers = [(b"host", b"127.0.0.1:7860")]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "headers": headers}
    scope |= {"client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 7860), "scheme": "http"}
    nothing: Any = None
    await AccessMiddleware(inner, Authenticator(record))(scope, nothing, nothing)
    assert asked == [NOBODY]
    assert not any(permissions.allows(NOBODY.role, each) for each in permissions.ROLES[Role.ADMINISTRATOR])


def test_an_event_that_waited_in_the_queue_is_refused_once_its_sender_is_signed_out(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permissions, "EVENTS", {"test_sign_in.event": permissions.SPEND})
    user_id = add(record, Role.ADMINISTRATOR)
    with record.writing() as session:
        token, _kept = sessions.begin(session, user_id, address="", agent="")
    cookie = f"storykin_session={token}".encode()
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "headers": [(b"cookie", cookie)]}
    scope |= {"server": ("127.0.0.1", 7860), "scheme": "http", "query_string": b""}
    scope[ACCESS] = Access(Authenticator(record), Request(scope))
    done: list[str | None] = []

    @ui_event
    def event() -> None:
        done.append(acting_id())

    waiting = LocalContext.request.set(gradio.Request(request=Request(scope)))
    try:
        event()
        people.end_sessions(record, email="administrator@example.org", by=None, via="x")
        with pytest.raises(gradio.Error):
            event()
    finally:
        LocalContext.request.reset(waiting)
    assert done == [user_id]
