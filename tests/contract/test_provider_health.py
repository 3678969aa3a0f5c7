"""What providers say of themselves when the doctor asks, free of charge."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tasks.providers.model_registry import today
from tasks.providers.registry import setup
from tasks.providers.spec import Finding, Kind
from tasks.providers.specs import spec_for
from tests.contract.openai_answers import error
from tests.support.scripted_server import CUT, Answer, ScriptedServer, html, scripted_server
from tests.support.settings_of_process import forget_settings, settings_of_its_own

DRAWS, LOOKS = "gpt-image-2.6-flare", "gpt-5.6-luna"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    with scripted_server() as running, settings_of_its_own():
        for name, value in {
            "STORYKIN_HOME": str(tmp_path),
            "OPENAI_API_KEY": "sk-ofthetest",
            "OPENAI_BASE_URL": f"{running.url}/v1",
            "STORYKIN_INHOUSE_URL": f"{running.url}/v1",
        }.items():
            monkeypatch.setenv(name, value)
        forget_settings()
        yield running


def findings(provider: str, kind: Kind = Kind.IMAGE) -> list[Finding]:
    return list(spec_for(kind, provider).findings(setup()))


def listed(end: str | None, name: str = DRAWS) -> Answer:
    """A list of one model; `end` "" leaves its shutdown_date out."""
    model: dict[str, Any] = {"id": name, "object": "model", "created": 1, "owned_by": "system"}
    return Answer(body={"object": "list", "data": [model | ({} if end == "" else {"shutdown_date": end})]})


@pytest.mark.parametrize(
    ("days", "level", "said"),
    [
        (400, "ok", "in 400 days"),
        (30, "warning", "in 30 days"),
        (0, "problem", "has switched"),
        (-10, "problem", "has switched"),
    ],
)
def test_the_end_of_a_model_is_read_from_the_list(
    server: ScriptedServer, days: int, level: str, said: str
) -> None:
    server.on("GET", "^/v1/models$", listed((today() + timedelta(days=days)).isoformat()))
    (finding,) = findings("openai-images")
    assert finding.level == level and said in finding.sentence and DRAWS in finding.sentence
    assert server.requests[0].headers["authorization"] == "Bearer sk-ofthetest"


@pytest.mark.parametrize("end", [None, "", "soon"])
def test_a_model_without_an_end_is_well(server: ScriptedServer, end: str | None) -> None:
    server.on("GET", "^/v1/models$", listed(end))
    assert [each.level for each in findings("openai-images")] == ["ok"]


def test_the_model_that_looks_is_asked_after_too(server: ScriptedServer) -> None:
    server.on("GET", "^/v1/models$", listed("2026-01-01", LOOKS))
    (finding,) = findings("openai", Kind.VISION)
    assert finding.level == "problem" and LOOKS in finding.sentence


def test_a_model_that_the_account_has_not_is_a_problem(server: ScriptedServer) -> None:
    server.on("GET", "^/v1/models$", listed(None, "something-else"))
    (finding,) = findings("openai-images")
    assert (finding.level, finding.sentence) == ("problem", f"This OpenAI account has no {DRAWS}.")


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (Answer(401, error("invalid_api_key")), "problem"),
        (Answer(500, error(None, "server_error")), "warning"),
        (html(200), "warning"),
        (Answer(200, {"data": "?"}), "warning"),
        (CUT, "warning"),
    ],
)
def test_what_is_no_list_says_so(server: ScriptedServer, answer: Answer, level: str) -> None:
    server.on("GET", "^/v1/models$", answer)
    (finding,) = findings("openai-images")
    assert finding.level == level
    assert "paid" not in finding.sentence and "photo" not in finding.sentence


@pytest.mark.parametrize("answer", [Answer(200, {"data": []}), Answer(404, {"detail": "Not Found"})])
def test_a_server_of_the_house_is_well_when_it_answers(server: ScriptedServer, answer: Answer) -> None:
    server.on("GET", "^/v1/models$", answer)
    (finding,) = findings("in-house")
    assert finding.level == "ok" and "Photos stay in the house" in finding.sentence
    assert "ofthetest" not in str(server.requests[0].headers)


def test_a_server_of_the_house_that_is_gone_is_a_problem(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYKIN_INHOUSE_URL", "http://127.0.0.1:9/v1")
    forget_settings()
    (finding,) = findings("in-house")
    assert finding.level == "problem" and "could not be reached" in finding.sentence


def test_a_server_of_the_house_that_is_silent_is_a_problem(server: ScriptedServer) -> None:
    server.on("GET", "^/v1/models$", CUT)
    (finding,) = findings("in-house")
    assert finding.level == "problem" and "does not answer" in finding.sentence


def test_a_server_of_the_house_in_the_open_is_a_problem(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYKIN_INHOUSE_URL", "http://8.8.8.8/v1")
    forget_settings()
    (finding,) = findings("in-house")
    assert finding.level == "problem" and "plain http" in finding.sentence


def test_a_server_at_a_public_address_is_not_said_to_be_in_the_house(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Elsewhere(httpx2.BaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(200, json={"data": []})

    monkeypatch.setattr("tasks.providers.inhouse.factories.PrivateTransport", Elsewhere)
    monkeypatch.setenv("STORYKIN_INHOUSE_URL", "https://8.8.8.8/v1")
    forget_settings()
    (finding,) = findings("in-house")
    assert finding.level == "warning" and "is this your house?" in finding.sentence
    assert "STORYKIN_INHOUSE_URL" in finding.sentence and "stay in the house" not in finding.sentence
