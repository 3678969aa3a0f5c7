"""When batches begin by themselves: shown in their time zone, paused, switched on, missed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from prefect.client.schemas.objects import FlowRun
from prefect.server.schemas.schedules import CronSchedule
from starlette.testclient import TestClient

from db.errors import BadSettings
from db.ids import new_id, utc_now
from db.models import AuditEntry
from db.repositories import batches, notices
from flows import schedules
from flows.deployments import read_deployments
from flows.missed_nights import is_skipped
from tasks.settings import provider_settings
from tests.support.studio import StandInStudio
from ui.i18n import speaking
from ui.routes.batches import batches_router
from ui.views.schedules import time_words

AUTUMN, SPRING = datetime(2026, 10, 23, tzinfo=UTC), datetime(2027, 3, 26, tzinfo=UTC)


class FakePrefect:
    """A deployment with one schedule, and the runs that are laid out for it."""

    def __init__(self) -> None:
        self.active = self.other_active = True
        self.paused = False
        self.asked: list[tuple[str, str]] = []

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        self.asked.append((method, path))
        if method == "PATCH":
            assert path.startswith("/deployments/d1/schedules/s") and body is not None
            if path.endswith("s1"):
                self.active = body["active"]
            else:
                self.other_active = body["active"]
            return None
        if path == "/deployments/d1/resume_deployment":
            self.paused = False
            return None
        if path == "/deployments/filter":
            told = {"cron": "0 2 * * *", "timezone": "Europe/Berlin"}
            return [
                {
                    "id": "d1",
                    "name": "nightly",
                    "paused": self.paused,
                    "schedules": [
                        {"id": "s1", "active": self.active, "schedule": told},
                        {"id": "s2", "active": self.other_active, "schedule": told},
                    ][: 2 if self.paused else 1],
                }
            ]
        runs = ["2026-10-24T00:00:00Z", "2026-10-25T00:00:00Z", "2026-10-26T01:00:00Z"]
        return [
            {"auto_scheduled": True, "expected_start_time": each, "state_name": name}
            for each, name in zip(runs, ("Late", "Scheduled", "Scheduled"), strict=True)
        ]


@pytest.fixture
def prefect(monkeypatch: pytest.MonkeyPatch) -> FakePrefect:
    fake = FakePrefect()
    monkeypatch.setattr(schedules, "ask", fake.ask)
    return fake


@pytest.fixture
def client(studio: StandInStudio, prefect: FakePrefect) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(batches_router(studio.services))
    with TestClient(app) as client:
        yield client


def test_the_next_times_are_shown_as_the_wall_clock_has_them_there(client: TestClient) -> None:
    page = client.get("/fragments/batches/schedules").text
    assert "Sun, 25 Oct 2026, 02:00 (UTC+2)" in page and "Mon, 26 Oct 2026, 02:00 (UTC+1)" in page
    assert "1 batch should have begun" in page and "Sat, 24 Oct" not in page
    assert "is caught up" in page
    with speaking("de"):
        assert "So., 25" in client.get("/fragments/batches/schedules").text


def test_it_is_paused_and_switched_on_and_that_is_entered(
    studio: StandInStudio, client: TestClient, prefect: FakePrefect
) -> None:
    paused = client.post("/batches/schedules", json={"act": "pause", "schedule": "s1"}).text
    assert 'data-active="no"' in paused and "No batch begins by itself" in paused and not prefect.active
    assert 'data-active="yes"' in client.post("/batches/schedules", json={"act": "on", "schedule": "s1"}).text
    assert client.post("/batches/schedules", json={"act": "on", "schedule": "other"}).status_code == 404
    assert client.post("/batches/schedules", json={"act": "off", "schedule": "s1"}).status_code == 422
    with studio.services.record.reading() as session:
        entries = session.query(AuditEntry).filter_by(act="schedule.changed").order_by(AuditEntry.sequence)
        assert [each.data["what"] for each in entries] == ["paused", "on"]


def test_switched_on_it_begins_batches_also_where_its_deployment_was_paused(
    client: TestClient, prefect: FakePrefect
) -> None:
    prefect.paused = True
    on = client.post("/batches/schedules", json={"act": "on", "schedule": "s1"}).text
    assert 'data-active="yes"' in on and not prefect.paused
    assert prefect.active and not prefect.other_active  # nobody has switched that one on


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
@pytest.mark.parametrize("start", [AUTUMN, SPRING, datetime(2026, 10, 3, tzinfo=UTC)])
async def test_every_night_has_one_batch_also_when_clocks_are_set(zone: str, start: datetime) -> None:
    (nightly,) = (each for each in read_deployments() if each.name == "nightly")
    cron = nightly.entry["schedules"][0]["cron"]
    dates = await CronSchedule(cron=cron, timezone=zone).get_dates(40, start)
    days = [each.astimezone(ZoneInfo(zone)).date() for each in dates]
    assert days == [days[0] + timedelta(days=place) for place in range(40)]
    apart = [later - earlier for earlier, later in pairwise(dates)]
    assert all(timedelta(hours=22) <= each <= timedelta(hours=26) for each in apart)


def test_a_missed_night_is_caught_up_or_left_out_by_the_setting(
    studio: StandInStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = studio.services.runtime

    def run(hours: float, *, scheduled: bool = True) -> FlowRun:
        due = utc_now() - timedelta(hours=hours)
        return FlowRun(flow_id=new_id(), auto_scheduled=scheduled, expected_start_time=due)

    assert not is_skipped(runtime, run(100))
    for nonsense in ("0", "nan", "1e9"):  # no run begins on the second: 0 would leave out every night
        monkeypatch.setenv("STORYKIN_BATCH_MISSED_HOURS", nonsense)
        provider_settings.cache_clear()
        with pytest.raises(BadSettings, match="hours from"):
            is_skipped(runtime, run(100))
    monkeypatch.setenv("STORYKIN_BATCH_MISSED_HOURS", "6")
    provider_settings.cache_clear()
    missed = run(7)
    assert is_skipped(runtime, missed)
    with runtime.record.reading() as session:
        (told,) = notices.newest(session, 5)
        assert (told.kind, told.data) == ("batch.missed", {"hours": 7})
    assert not is_skipped(runtime, run(5))
    assert not is_skipped(runtime, run(7, scheduled=False))  # a person asked for it
    with runtime.record.writing() as session:
        batches.create(session, run_token=str(missed.id), pairs=[], filter={}, plan={})
    assert not is_skipped(runtime, missed)  # it had begun: it goes on
    provider_settings.cache_clear()


def test_half_hours_and_west_of_greenwich_are_written_so() -> None:
    at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert time_words(at.astimezone(ZoneInfo("Asia/Kolkata"))).endswith("17:30 (UTC+5:30)")
    assert time_words(at.astimezone(ZoneInfo("America/New_York"))).endswith("07:00 (UTC−5)")
