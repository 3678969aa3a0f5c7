"""A schedule paused and switched on again on a real Prefect server, as the studio does it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Record
from db.models import AuditEntry
from flows import schedules, submit
from flows.schedules import Schedule, batch_schedules, set_schedule
from flows.settings import flow_settings
from tasks.runtime import Runtime
from tests.support.prefect_server import PrefectServer, use
from tests.support.runtimes import open_runtime
from tests.support.waiting import until

FLOW = "other-ping"


@pytest.fixture
def server(
    home: Path, monkeypatch: pytest.MonkeyPatch, prefect_server: PrefectServer, stubs: dict[str, str]
) -> Iterator[PrefectServer]:
    flow_settings.cache_clear()
    use(prefect_server, monkeypatch)
    monkeypatch.setattr(schedules, "FLOW", FLOW)
    yield prefect_server
    submit.close()
    flow_settings.cache_clear()


@pytest.fixture
def runtime(tmp_path: Path, migrated_record: Path) -> Iterator[Runtime]:
    with open_runtime(tmp_path, migrated_record) as runtime:
        yield runtime


def the_one() -> Schedule:
    (found,) = batch_schedules()
    return found


def acts(record: Record) -> list[str]:
    with record.reading() as session:
        entries = session.query(AuditEntry).filter_by(act="schedule.changed").order_by(AuditEntry.sequence)
        return [each.data["what"] for each in entries]


@pytest.mark.server
@pytest.mark.postgres
def test_it_lays_out_nothing_while_paused_and_the_same_runs_after(
    server: PrefectServer, runtime: Runtime
) -> None:
    def laid_out() -> list[dict[str, str]]:
        return [
            run["parameters"]
            for run in server.ask(
                "POST", "/flow_runs/filter", {"deployments": {"id": {"any_": [the_one().deployment_id]}}}
            )
            if run["auto_scheduled"] and run["state_type"] == "SCHEDULED"
        ]

    schedule_id = the_one().schedule_id
    set_schedule(runtime, schedule_id=schedule_id, active=True)
    until(laid_out, "runs laid out")
    began = acts(runtime.record)

    set_schedule(runtime, schedule_id=schedule_id, active=False)
    paused = the_one()
    assert (paused.active, paused.next_times) == (False, ())
    assert laid_out() == []
    set_schedule(runtime, schedule_id=schedule_id, active=False)  # again: nothing to do

    set_schedule(runtime, schedule_id=schedule_id, active=True)
    until(laid_out, "runs laid out again")
    assert laid_out()[0] == {"run": "scheduled"}  # what the file says of it
    on = the_one()
    assert (on.active, on.cron, on.timezone) == (True, "0 2 * * *", "UTC")
    assert on.next_times and {(at.hour, at.minute) for at in on.next_times} == {(2, 0)}
    assert acts(runtime.record)[len(began) :] == ["paused", "on"]


@pytest.mark.server
@pytest.mark.postgres
def test_one_whose_whole_deployment_is_paused_is_switched_on_with_it(
    server: PrefectServer, runtime: Runtime
) -> None:
    deployment_id = the_one().deployment_id
    server.ask("POST", f"/deployments/{deployment_id}/pause_deployment")
    paused = the_one()
    assert (paused.active, paused.all_paused) == (False, True)

    set_schedule(runtime, schedule_id=paused.schedule_id, active=True)

    on = the_one()
    assert (on.active, on.all_paused) == (True, False)
