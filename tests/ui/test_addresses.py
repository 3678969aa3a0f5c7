"""A prefix before the studio's paths: what is asked, what is answered, and no address that forgets it."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.testclient import TestClient

from db.errors import BadSettings
from tasks.settings import provider_settings
from tests.support.settings_of_process import settings_of_its_own
from ui.addresses import PathPrefixMiddleware

UI = Path(__file__).resolve().parents[2] / "ui"
OWN = (
    r"(?:api|static|studio|fragments|downloads|notices|prefect|language|shared|scaled|media|character|review)"
)


@pytest.fixture
def client() -> TestClient:
    app = FastAPI(middleware=[Middleware(PathPrefixMiddleware, prefix="/storykin")])

    @app.get("/where/{path:path}")
    def where(path: str) -> Response:
        answer = PlainTextResponse(path)
        answer.set_cookie("of_us", "1", path="/where", httponly=True)
        answer.set_cookie("everywhere", "a b")
        answer.set_cookie("__Host-seat", "2", secure=True)
        return answer

    @app.get("/")
    def home(request: Request, to: str = "/studio/") -> Response:
        return RedirectResponse(to)

    return TestClient(app, follow_redirects=False)


@pytest.mark.parametrize("asked", ["/storykin", "/storykin/", "/"])
def test_redirects_lead_behind_the_prefix(client: TestClient, asked: str) -> None:
    assert client.get(asked).headers["location"] == "/storykin/studio/"


def test_a_redirect_elsewhere_stays(client: TestClient) -> None:
    assert client.get("/?to=https://prefect.example/x").headers["location"] == "https://prefect.example/x"
    assert client.get("/?to=//prefect.example/x").headers["location"] == "//prefect.example/x"


def test_only_the_prefix_is_taken_off(client: TestClient) -> None:
    assert client.get("/storykin/where/storykin/a%20b").text == "storykin/a b"
    assert client.get("/where/x").text == "x"
    assert client.get("/storykinwhere/x").status_code == 404


def test_cookies_are_the_prefixs_own(client: TestClient) -> None:
    cookies = client.get("/storykin/where/x").headers.get_list("set-cookie")
    assert [re.search(r"Path=([^;]+)", each)[1] for each in cookies] == [  # type: ignore[index]
        "/storykin/where",
        "/storykin/",
        "/",  # what browsers ask of __Host-
    ]
    assert "HttpOnly" in cookies[0] and "Secure" in cookies[2]


@pytest.mark.parametrize(
    ("said", "kept"), [("/storykin/", "/storykin"), ("/a/b-c", "/a/b-c"), ("", ""), ("/", "")]
)
def test_prefixes(home: Path, monkeypatch: pytest.MonkeyPatch, said: str, kept: str) -> None:
    monkeypatch.setenv("STORYKIN_PATH_PREFIX", said)
    monkeypatch.setenv("STORYKIN_PUBLIC_ORIGIN", "https://example.org")
    with settings_of_its_own():
        assert provider_settings().public_address == f"https://example.org{kept}"


@pytest.mark.parametrize("said", ["storykin", "//evil.example", "/a/../b", "/a b", "/a?b", "/%2e", '/a"b'])
def test_what_is_no_prefix(home: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("STORYKIN_PATH_PREFIX", said)
    with settings_of_its_own(), pytest.raises(BadSettings, match="STORYKIN_PATH_PREFIX"):
        provider_settings()


def test_no_page_and_no_script_forgets_the_prefix() -> None:
    # In a template an attribute's value, in a script any text.
    of_template = re.compile(rf"""=["']/{OWN}[/"'?.{{]""")
    of_script = re.compile(rf"""["'`(]/{OWN}[/"'`?.{{]""")
    files = [*(UI / "static").glob("*.js"), *(UI / "static").glob("*.css"), *(UI / "views").rglob("*.html")]
    found = [
        f"{file.name}:{number}: {line.strip()}"
        for file in files
        if file.name != "rehearsal.html"
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if (of_template if file.suffix == ".html" else of_script).search(line)
        and not line.lstrip().startswith("//")
    ]
    assert found == []  # `{{ root }}/…` in a template, `${Storykin.root}/…` in a script
