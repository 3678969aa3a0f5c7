"""When batches begin by themselves: what Prefect has laid out, and whether it does so at all.

Prefect keeps the schedules, with their time zone, and reckons the hours; what is shown here is its word. A
schedule that an operator pauses stays paused, whatever is deployed later (`flows.deploy`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from db.audit.acts import AuditAct
from db.audit.append import SYSTEM, append
from db.errors import NotFound
from flows.submit import ask
from tasks.runtime import Runtime

FLOW = "rerun-batch"
MOST = 5  # of the next times


@dataclass(frozen=True)
class Schedule:
    """One schedule. `next_times` are in its own time zone; none while it is paused."""

    schedule_id: str
    deployment_id: str
    name: str  # of the deployment
    cron: str
    timezone: str
    active: bool
    next_times: tuple[datetime, ...]
    parameters: Mapping[str, Any]  # what a run of this schedule is given beside the deployment's own
    late: int = 0  # runs whose time has come, and that no worker has taken
    all_paused: bool = False  # its whole deployment is, whatever is said of the schedule


def batch_schedules() -> list[Schedule]:
    """Every schedule of batches. Raises PrefectUnreachable."""
    wanted = {"flows": {"name": {"any_": [FLOW]}}, "limit": 50}
    return [
        _schedule(deployment, each)
        for deployment in ask("POST", "/deployments/filter", wanted)
        for each in deployment.get("schedules") or []
    ]


def set_schedule(
    runtime: Runtime, *, schedule_id: str, active: bool, by: str | None = None, via: str = SYSTEM
) -> None:
    """Let a schedule begin batches, or no more. Raises NotFound, PrefectUnreachable.

    Where the whole deployment is paused it is resumed for this schedule alone: the others of it stay paused.
    """
    all_of_them = batch_schedules()
    found = next((each for each in all_of_them if each.schedule_id == schedule_id), None)
    if found is None:
        raise NotFound("There is no such schedule.")
    if found.active is active:
        return
    resumed = active and found.all_paused
    together = all_of_them if resumed else [found]
    for each in (each for each in together if each.deployment_id == found.deployment_id):
        # Prefect empties the parameters of a schedule in a change that leaves them out.
        wanted = {"active": active and each is found, "parameters": dict(each.parameters)}
        ask("PATCH", f"/deployments/{each.deployment_id}/schedules/{each.schedule_id}", wanted)
    if resumed:
        ask("POST", f"/deployments/{found.deployment_id}/resume_deployment")
    with runtime.record.writing() as session:
        data = {"what": "on" if active else "paused"}
        append(session, AuditAct.SCHEDULE_CHANGED, by=by, via=via, what=schedule_id, data=data)


def _schedule(deployment: Mapping[str, Any], told: Mapping[str, Any]) -> Schedule:
    zone = str(told["schedule"].get("timezone") or "UTC")
    active = bool(told.get("active")) and not deployment.get("paused")
    runs = _laid_out(str(deployment["id"]), zone)
    return Schedule(
        schedule_id=str(told["id"]),
        deployment_id=str(deployment["id"]),
        name=str(deployment["name"]),
        cron=str(told["schedule"].get("cron") or told["schedule"].get("rrule") or ""),
        timezone=zone,
        active=active,
        parameters=told.get("parameters") or {},
        next_times=tuple(at for at, late in runs if not late)[:MOST] if active else (),
        late=sum(late for _, late in runs),
        all_paused=bool(deployment.get("paused")),
    )


def _laid_out(deployment_id: str, zone: str) -> list[tuple[datetime, bool]]:
    """When each run of a deployment is to begin, the next one first, and whether Prefect calls it late."""
    wanted = {
        "deployments": {"id": {"any_": [deployment_id]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        "sort": "EXPECTED_START_TIME_ASC",
        "limit": 50,
    }
    return [
        (_moment(run["expected_start_time"], zone), run.get("state_name") == "Late")
        for run in ask("POST", "/flow_runs/filter", wanted)
        if run.get("auto_scheduled") and run.get("expected_start_time")
    ]


def _moment(told: str, zone: str) -> datetime:
    at = datetime.fromisoformat(told)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(ZoneInfo(zone))
