"""Is it alive, can it work, and how much is in it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tasks.errors import StorykinError
from tests.support.studio import StandInStudio
from ui.routes import health


def away() -> str:
    raise StorykinError("Prefect does not answer.")


def broken() -> str:
    raise OSError("secret path")


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    checks = {"record": lambda: "Up to date."}
    app = FastAPI()
    app.include_router(health.router(replace(studio.services, checks=checks)))
    with TestClient(app) as client:
        yield client


def test_a_studio_that_answers_is_alive(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_studio_is_ready_when_everything_it_needs_is(client: TestClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"record": {"ok": True, "sentence": "Up to date."}}}


def test_what_is_missing_is_said_and_hides_nothing_else(studio: StandInStudio) -> None:
    app = FastAPI()
    checks = {"prefect": away, "store": broken, "record": lambda: "Up to date."}
    app.include_router(health.router(replace(studio.services, checks=checks)))
    with TestClient(app) as client:
        answer = client.get("/readyz")
    assert answer.status_code == 503
    told = answer.json()["checks"]
    assert told["prefect"] == {"ok": False, "sentence": "Prefect does not answer."}
    assert told["record"]["ok"] is True
    assert told["store"]["ok"] is False
    assert "secret" not in answer.text


def test_the_metrics_count_characters_by_status(studio: StandInStudio, client: TestClient) -> None:
    studio.character()
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = answer.text
    assert "# TYPE storykin_characters gauge\n" in text
    assert "# TYPE storykin_spent_microusd_total counter\n" in text
    assert 'storykin_characters{status="ready"} 1.0\n' in text
    assert 'storykin_characters{status="failed"} 0.0\n' in text
    assert "storykin_spent_microusd_total 0.0\n" in text
    assert text.endswith("\n")
