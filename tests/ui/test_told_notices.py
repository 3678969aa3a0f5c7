"""What people were told of, on Today and on Health."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.models import DeliveryState, Notice, NoticeDelivery, NoticeKind
from db.repositories import clock, notices
from tests.support.studio import StandInStudio
from tests.ui.test_views import HOSTILE
from ui.i18n import speaking
from ui.routes.notices import notices_router


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(notices_router(studio.services))
    with TestClient(app) as client:
        yield client


def tell(studio: StandInStudio, kind: NoticeKind, once: str = "1") -> str:
    with studio.services.record.writing() as session:
        notices.tell(session, kind, once=once)
        return notices.newest(session, 1)[0].id


def test_a_finished_run_stands_on_today_by_its_name_until_it_is_put_away(
    studio: StandInStudio, client: TestClient
) -> None:
    assert client.get("/fragments/news").text == ""
    character_id = studio.character(name=HOSTILE[0])
    html = client.get("/fragments/news").text
    assert 'data-kind="character.ready"' in html and f"/studio/character?id={character_id}" in html
    assert HOSTILE[0] not in html and "&lt;" in html
    with speaking("de"):
        assert "ist fertig" in client.get("/fragments/news").text
    (shown,) = set(re.findall(r'name="notice" value="([^"]+)"', html))
    assert client.post("/notices/dismiss", json={"notice": shown}).text == ""
    assert client.get("/fragments/news").text == ""


def test_all_are_put_away_at_once_but_no_later_one(studio: StandInStudio, client: TestClient) -> None:
    shown = [tell(studio, NoticeKind.BACKUP_FAILED), tell(studio, NoticeKind.WORKER_LOST)]
    tell(studio, NoticeKind.BATCH_MISSED)
    html = client.post("/notices/dismiss", json={"notice": " ".join(shown)}).text
    assert re.findall(r'data-kind="([^"]+)"', html) == ["batch.missed"]
    assert client.post("/notices/dismiss", json={"notice": " "}).status_code == 422


def test_health_shows_what_was_given_up_and_tries_it_again(studio: StandInStudio, client: TestClient) -> None:
    assert "No notice leaves the house" in client.get("/fragments/notices").text
    notice_id = tell(studio, NoticeKind.BATCH_DONE)
    with studio.services.record.writing() as session:
        session.add(
            NoticeDelivery(
                notice_id=notice_id,
                channel="webhook:shop",
                state=DeliveryState.DEAD,
                attempts=10,
                next_at=clock.steady(session),
                error="It answered with 500.",
            )
        )
    html = client.get("/fragments/notices").text
    assert "A batch is done" in html and "webhook:shop: It answered with 500." in html
    assert 'data-dead="1"' in html and "Try all again" in html
    after = client.post("/notices/ways", json={"act": "retry"}).text
    assert 'data-dead="0"' in after and "1 on their way" in after and "not set up any more" in after
    assert client.post("/notices/ways", json={"act": "all"}).status_code == 422
    with studio.services.record.reading() as session:
        assert session.query(Notice).count() == 1
