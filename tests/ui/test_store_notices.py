"""What is wrong with the picture store stands above every page until it is put right."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tasks.housekeeping.scrub import scrub
from tasks.storage.binding import MARK_KEY, write_mark
from tasks.storage.generations import PREFIX, take_turn
from tests.support.studio import StandInStudio
from ui.handlers.store_notices import cached_for_a_minute, store_notices
from ui.routes import shell
from ui.views.notices import StoreNotice


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    studio.character()
    app = FastAPI()
    app.include_router(shell.router(studio.services))
    with TestClient(app) as client:
        yield client


def test_while_all_is_well_nothing_is_told(client: TestClient) -> None:
    assert client.get("/notices").text == ""


def test_a_store_of_another_installation_is_told_with_the_way_on(
    studio: StandInStudio, client: TestClient
) -> None:
    studio.services.store.delete(MARK_KEY)
    write_mark(studio.services.store, "00000000-0000-4000-8000-000000000000")

    said = client.get("/notices").text

    assert 'data-notice="store-foreign"' in said and 'role="alert"' in said
    assert "belongs to another installation" in said and "storykin store adopt" in said
    assert "DATABASE_URL" in said


def test_an_older_database_is_told(studio: StandInStudio, client: TestClient) -> None:
    take_turn(studio.services.runtime)
    studio.services.store.put(f"{PREFIX}000000000009.json", b'{"generation": "another"}', "application/json")

    assert 'data-notice="store-behind"' in client.get("/notices").text


def test_damage_is_told_without_a_name_or_a_key(studio: StandInStudio, client: TestClient) -> None:
    (photo,) = [found.key for found in studio.services.store.iterate("photos/")]
    studio.services.store.delete(photo)
    scrub(studio.services.runtime)

    said = client.get("/notices").text

    assert 'data-notice="store-damage-1"' in said
    assert photo not in said and "Maya" not in said


def test_a_store_that_is_away_breaks_no_page(
    studio: StandInStudio, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.errors import StoreError

    def away(_key: str) -> bytes:
        raise StoreError("The store is away.", code="store_unreachable")

    monkeypatch.setattr(studio.services.store, "get", away)
    assert store_notices(studio.services.runtime) == []
    assert client.get("/notices").status_code == 200


def test_the_store_is_looked_at_once_a_minute(studio: StandInStudio) -> None:
    now, looks = [0.0], []

    def look() -> list[StoreNotice]:
        looks.append(now[0])
        return []

    lately = cached_for_a_minute(look, clock=lambda: now[0])
    for moment in (0.0, 1.0, 59.0, 60.0, 61.0):
        now[0] = moment
        lately()

    assert looks == [0.0, 60.0]
