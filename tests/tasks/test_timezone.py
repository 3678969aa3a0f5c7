"""The budget's day is the operator's, and changing the zone in mid-day makes no second budget of one day."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from prefect.server.schemas.schedules import CronSchedule
from sqlalchemy import update

from db.days import day_of
from db.engine import Record
from db.errors import UserFacingError
from db.migrate import upgrade
from db.models import BudgetZone, CallKind, CallState, ProviderCall
from db.repositories import calls, claims
from db.repositories import clock as database_clock
from db.repositories.budget_zones import budget_day
from flows.deployments import read_deployments
from tasks.errors import OverBudget
from tasks.ledger.budget import check_budget, spending_today, today
from tasks.settings import provider_settings
from tests.db.conftest import blank_url, record, url
from tests.support.postgres import postgres_server

__all__ = ["blank_url", "postgres_server", "record", "url"]

BUDGET = 100
Clock = Callable[[str], None]


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[None]:
    provider_settings.cache_clear()
    yield
    provider_settings.cache_clear()


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def change(name: str) -> None:
        monkeypatch.setenv("STORYKIN_TIMEZONE", name)
        provider_settings.cache_clear()

    return change


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, record: Record) -> Clock:
    """Set the time (UTC) that the database says it is."""
    with record.writing() as session:
        session.execute(update(BudgetZone).values(used_at=datetime(2020, 1, 1, tzinfo=UTC)))

    def at(moment: str) -> None:
        now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        monkeypatch.setattr("db.repositories.clock.database_now", lambda _session: now)

    return at


def spend(record: Record, microusd: int) -> bool:
    """Reach for that much, now; whether the day has room for it."""
    with record.writing() as session:
        number = session.query(ProviderCall).count()
        call = claims.claim(
            session,
            work_key=f"{number:064}",
            kind=CallKind.IMAGE,
            provider="replicate",
            model="m",
            estimate_microusd=microusd,
            owner="test",
            lease_seconds=60,
        ).call
    try:
        with record.writing() as session:
            check_budget(session, BUDGET, microusd)
            sent_at = database_clock.now(session)
            calls.advance(session, call_id=call.id, fence=call.fence, to=CallState.SENDING, sent_at=sent_at)
    except OverBudget:
        return False
    return True


def used(record: Record) -> int:
    with record.reading() as session:
        return spending_today(session).total_microusd


def test_one_working_day_in_auckland_has_one_budget(record: Record, zone: Clock, clock: Clock) -> None:
    zone("Pacific/Auckland")  # thirteen hours ahead in November
    clock("2026-11-28T22:00")  # eleven in the morning
    assert spend(record, 80)
    clock("2026-11-29T02:00")  # three in the afternoon, after the midnight of UTC
    assert not spend(record, 30) and used(record) == 80
    clock("2026-11-29T11:00")  # midnight there
    assert used(record) == 0 and spend(record, BUDGET)


def test_a_day_of_25_hours_has_one_budget(record: Record, zone: Clock, clock: Clock) -> None:
    zone("America/Los_Angeles")
    clock("2026-11-01T07:00")  # its first moment
    assert spend(record, BUDGET)
    clock("2026-11-02T07:59")  # its last minute, 25 hours later
    assert not spend(record, 1)
    clock("2026-11-02T08:00")
    assert spend(record, BUDGET)


@pytest.mark.parametrize(
    ("before", "after", "spent_at", "changed_at", "old_day_ends"),
    [
        # To a zone whose day began after the money was spent…
        ("UTC", "Pacific/Auckland", "2026-11-29T01:00", "2026-11-29T12:00", "2026-11-30T00:00"),
        # …and to one whose yesterday it was spent in.
        ("UTC", "America/Los_Angeles", "2026-11-29T01:00", "2026-11-29T09:00", "2026-11-30T00:00"),
        ("Pacific/Auckland", "UTC", "2026-11-28T22:00", "2026-11-29T00:30", "2026-11-29T11:00"),
    ],
)
def test_another_zone_in_mid_day_is_no_second_budget(
    record: Record,
    zone: Clock,
    clock: Clock,
    before: str,
    after: str,
    spent_at: str,
    changed_at: str,
    old_day_ends: str,
) -> None:
    zone(before)
    clock(spent_at)
    assert spend(record, 80)
    zone(after)
    clock(changed_at)
    assert used(record) == 80
    assert not spend(record, 30) and spend(record, 20)
    zone(before)  # and back again
    assert not spend(record, 1)
    zone(after)
    clock(old_day_ends)
    with record.reading() as session:
        counts_still = today(session).start <= datetime.fromisoformat(changed_at).replace(tzinfo=UTC)
    assert used(record) == (20 if counts_still else 0)  # what was spent in the new zone's own day


def test_what_was_spent_before_the_upgrade_counts_on_its_day(
    blank_url: str, zone: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then the days were UTC's, whatever is set now."""
    upgrade(blank_url)
    upgraded = Record(blank_url)
    with upgraded.reading() as session:
        (row,) = session.query(BudgetZone)
        assert row.zone == "UTC" and row.used_at.tzinfo is not None
        monkeypatch.setattr("db.repositories.clock.database_now", lambda _session: row.used_at)
        for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            window = budget_day(session, ZoneInfo(name))
            assert window.start <= day_of(row.used_at).start
            assert window.end >= day_of(row.used_at).end
    upgraded.close()


@pytest.mark.parametrize("name", ["Mars/Phobos", "../etc/passwd", "/etc", "a b", "x" * 300, "UTC+1", " UTC"])
def test_a_zone_that_there_is_not_is_refused_at_the_start(zone: Clock, name: str) -> None:
    zone(name)
    with pytest.raises(
        UserFacingError, match=r"STORYKIN_TIMEZONE: this must be the IANA name of a time zone"
    ):
        provider_settings()


def test_an_empty_setting_is_utc(zone: Clock) -> None:
    zone("")
    assert provider_settings().zone.key == "UTC"


async def test_the_night_comes_once_a_day_whatever_the_clocks_do() -> None:
    (nightly,) = [each for each in read_deployments() if each.name == "nightly"]
    (schedule,) = nightly.entry["schedules"]
    assert "timezone" not in schedule  # it follows the setting
    for name, first in (("America/Los_Angeles", "2027-03-12"), ("Pacific/Auckland", "2027-09-23")):
        start = datetime.fromisoformat(first).replace(tzinfo=UTC)
        dates = await CronSchedule(cron=schedule["cron"], timezone=name).get_dates(n=6, start=start)
        local = [each.astimezone(ZoneInfo(name)) for each in dates]
        assert len({each.date() for each in local}) == 6
        assert all(each.hour in (1, 2) for each in local)


def test_a_deployment_is_another_version_in_another_zone(zone: Clock) -> None:
    def versions() -> list[str]:
        return [each.version for each in read_deployments()]

    zone("UTC")
    before = versions()
    zone("Asia/Kolkata")
    assert not set(before) & set(versions())
