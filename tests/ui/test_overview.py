"""Today, Batches and Health, as a browser gets them."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.models import BatchItemState, CharacterStatus
from db.repositories import batches, character_counts, images
from db.repositories.batches import Candidate
from flows.submit import PrefectUnreachable
from tasks.errors import UsageError
from tasks.storage.verified_bytes import note_damage
from tests.support.studio import StandInStudio, photo_bytes
from tests.ui.test_views import HOSTILE, Page
from ui.background_look import BackgroundLook
from ui.diagnosis.check_result import ok, problem
from ui.handlers.batches import batch_lines, written_dollars
from ui.handlers.overview import Looks, health_page, today_page
from ui.routes import overview as routes
from ui.routes.batches import batches_router
from ui.views.overview import health_html, help_html


@pytest.fixture
def looks(studio: StandInStudio) -> Looks:
    made = Looks(studio.services)
    made.doctor = BackgroundLook(lambda: [ok("python", "It runs."), problem("store", HOSTILE[0])], fresh=300)
    return made


@pytest.fixture
def client(studio: StandInStudio, looks: Looks, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(routes, "Looks", lambda _services: looks)
    app = FastAPI()
    app.include_router(routes.overview_router(studio.services))
    app.include_router(batches_router(studio.services))
    with TestClient(app) as client:
        yield client


def count_of(html: str, name: str) -> int:
    found = re.search(rf'data-testid="waiting-{name}" data-count="(\d+)"', html)
    return int(found[1]) if found else 0


def test_on_a_quiet_day_it_says_so(client: TestClient) -> None:
    html = client.get("/fragments/today").text
    assert 'data-testid="quiet"' in html
    assert "No run is under way." in html


def test_today_tells_what_waits_and_where(studio: StandInStudio, client: TestClient) -> None:
    decided, _waits = studio.character(name="A"), studio.character(name="B")
    studio.image.failing = {"anime", "watercolor"}
    studio.character(name="C", photo_key=studio.upload(photo_bytes("#8a6f4f")))
    with studio.services.record.writing() as session:
        images.select(session, images.of_character(session, decided)[0].image.id, actor="test")
        failed = character_counts.read(session)
    html = client.get("/fragments/today").text
    assert count_of(html, "unfavoured") == 1
    assert count_of(html, "failed") == failed[CharacterStatus.FAILED]
    assert count_of(html, "attention") == failed[CharacterStatus.NEEDS_ATTENTION]
    assert failed[CharacterStatus.FAILED] + failed[CharacterStatus.NEEDS_ATTENTION] == 1
    assert 'href="/studio/?show=unfavoured"' in html


def test_tonight_is_counted_in_the_background(
    studio: StandInStudio, looks: Looks, client: TestClient
) -> None:
    studio.image.failing = {"anime", "watercolor"}
    studio.character()
    assert "Being counted" in client.get("/fragments/today").text or looks.forecast.last().value
    looks.forecast.wait(60)
    page = today_page(studio.services, looks)
    assert page.tonight is not None
    assert (page.tonight.pictures, page.tonight.characters) == (2, 1)
    assert "At most 2 pictures will be drawn, of 1 character." in client.get("/fragments/today").text


def test_a_batch_shows_how_far_it_is(studio: StandInStudio, client: TestClient) -> None:
    assert 'data-testid="no-batches"' in client.get("/fragments/batches").text
    one, two = studio.character(name="A"), studio.character(name="B")
    with studio.services.record.writing() as session:
        pairs = [Candidate(one, "flat"), Candidate(two, "flat"), Candidate(two, "storybook")]
        batch = batches.create(
            session, run_token="t", pairs=pairs, filter={}, plan={"microusd": 90_000}, budget_microusd=100_000
        )
        batches.start(session, batch.id)
        first = batches.items(session, batch.id)[0]
        batches.set_item(session, first.id, state=BatchItemState.FAILED, error_code="brush_broke")
    line = batch_lines(studio.services)[0]
    assert (line.planned, line.failed, line.left) == (3, 1, 2)
    words = " ".join(Page(client.get("/fragments/batches").text).words)
    assert "1 of 3 over" in words
    assert "its budget is $0.10" in words
    assert 'data-state="running"' in client.get("/fragments/today").text


def test_a_batch_is_paused_given_another_budget_taken_up_and_cancelled(
    studio: StandInStudio, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object) -> None:
        raise PrefectUnreachable("Prefect is away.")

    monkeypatch.setattr("flows.batches.cancel_all_waiting", away)
    monkeypatch.setattr("flows.batches.hand_over", lambda *_args, **_more: True)
    who = studio.character()
    with studio.services.record.writing() as session:
        plan = {"microusd": 90_000, "not_allowed": 2}
        pairs = [Candidate(who, "flat")]
        batch = batches.create(
            session, run_token="t", pairs=pairs, filter={}, plan=plan, budget_microusd=None
        )
        batches.start(session, batch.id)
    asked = f"/api/batches/{batch.id}"
    page = client.get("/fragments/batches").text
    assert "2 may not be drawn" in page and 'data-batch-act="pause"' in page
    assert client.post(asked, json={"act": "pause"}).json()["state"] == "paused"
    assert 'data-batch-act="resume"' in client.get("/fragments/batches").text
    assert client.post(asked, json={"act": "budget", "budget": "12,50"}).status_code == 200
    assert batch_lines(studio.services)[0].budget_microusd == 12_500_000
    assert client.post(asked, json={"act": "budget", "budget": "much"}).json()["code"] == "bad_budget"
    assert client.post(asked, json={"act": "resume"}).json()["state"] == "running"
    told = client.post(asked, json={"act": "cancel"}).json()
    assert told["state"] == "cancelled" and "Prefect could not be told" in told["sentence"]
    assert client.post(asked, json={"act": "pause"}).json()["code"] == "batch_over"
    assert client.post("/api/batches/nobody", json={"act": "pause"}).status_code == 404


@pytest.mark.parametrize("written", ["-1", "NaN", "1e9", "1.2.3", "Infinity"])
def test_what_is_no_amount_of_money_is_no_budget(written: str) -> None:
    assert written_dollars(" $3 ") == 3_000_000 and written_dollars("") is None
    with pytest.raises(UsageError):
        written_dollars(written)


def test_health_tells_each_look_and_its_age(studio: StandInStudio, looks: Looks, client: TestClient) -> None:
    looks.doctor.last()
    looks.doctor.wait(60)
    html = client.get("/fragments/health").text
    assert 'data-broken="1"' in html
    assert html.count('data-testid="check"') == 2
    assert HOSTILE[0] not in html
    assert html.count('data-holds="yes"') == 3


def test_an_invariant_that_is_broken_is_red(studio: StandInStudio, looks: Looks) -> None:
    character_id = studio.character()
    with studio.services.record.reading() as session:
        asset = images.of_character(session, character_id)[0].asset
    studio.services.store.delete(asset.storage_key)
    note_damage(studio.services.runtime, asset)
    page = health_page(studio.services, looks)
    assert [each.holds for each in page.invariants] == [True, False, True]
    assert "broken" in health_html(page)


def test_help_says_what_every_state_means() -> None:
    words = " ".join(Page(help_html()).words)
    for state in ("Waiting", "Ready", "Needs attention", "Failed", "Possibly paid"):
        assert state in words


def test_a_look_is_taken_once_and_again_when_it_is_old() -> None:
    now = 0.0
    taken: list[float] = []

    def take() -> int:
        taken.append(now)
        return len(taken)

    look = BackgroundLook(take, fresh=10, clock=lambda: now)
    assert look.last().value is None
    look.wait(60)
    assert (look.last().value, len(taken)) == (1, 1)
    now = 11.0
    seen = look.last()
    assert (seen.value, seen.age_seconds, seen.looking) == (1, 11.0, True)
    look.wait(60)
    assert look.last().value == 2


def test_a_look_that_fails_leaves_the_last_one() -> None:
    def broken() -> int:
        raise OSError

    look = BackgroundLook(broken, fresh=10)
    look.last()
    look.wait(60)
    assert look.last().value is None
    assert not look.last().looking
