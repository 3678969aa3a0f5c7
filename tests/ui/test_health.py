"""Is it alive, can it work, and how much is in it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from sqlalchemy import event
from starlette.testclient import TestClient

from tasks.errors import StorykinError
from tests.support.studio import StandInStudio, photo_bytes
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


def test_the_metrics_tell_calls_money_queues_and_troubles_and_of_nobody(
    studio: StandInStudio, client: TestClient
) -> None:
    studio.character(name="Wilhelmine")
    client.get("/metrics")
    sent: list[str] = []
    engine = studio.services.record.engine
    event.listen(engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    text = client.get("/metrics").text
    first = len(sent)
    studio.character(name="Wilhelmine", photo_key=studio.upload(photo_bytes("#8a6f4f")))
    sent.clear()
    more = client.get("/metrics").text
    assert len(sent) == first <= 20
    assert 'storykin_calls{kind="image",model="stand-in-brush",outcome="recorded",provider="local"}' in text
    for said in (
        'storykin_queue_depth{queue="interactive"} 0.0',
        'storykin_queue_oldest_seconds{queue="batch"} 0.0',
        'storykin_batches{state="running"} 0.0',
        'storykin_leases{state="expired"} 0.0',
        "storykin_spent_today_microusd 0.0",
        "storykin_damaged_objects 0.0",
    ):
        assert f"{said}\n" in text
    assert "process_start_time_seconds" in text
    assert "Wilhelmine" not in text + more
