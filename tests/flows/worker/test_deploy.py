"""prefect.yaml on a real server: brought there once, unchanged after, and nobody's pause undone."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from flows.deploy import deploy as apply_deployments
from flows.deployments import DeploymentsUnreadable, PoolUnfit, read_deployments
from tests.flows.worker.conftest import deploy
from tests.support.prefect_server import STUBS, PrefectServer
from tests.support.waiting import until

WITH_SCHEDULE = "other-ping/stub"


def test_the_project_deploys_its_flows_with_their_schedules() -> None:
    named = {each.full_name: each for each in read_deployments()}

    assert set(named) == {
        "generate-character/storykin",
        "rerun-batch/nightly",
        "batch-chunk/chunk",
        "housekeeping/regular",
        "canary/weekly",
    }
    assert [each["active"] for each in named["canary/weekly"].entry["schedules"]] == [False]  # it may cost
    assert [each["cron"] for each in named["rerun-batch/nightly"].entry["schedules"]] == ["0 2 * * *"]
    assert all(":" not in each.entrypoint for each in named.values())


@pytest.mark.parametrize(
    "text",
    [None, "", "name: storykin", "deployments:", "deployments: []", "deployments: [{name: x}]", "a: ["],
)
def test_a_file_that_names_nothing_is_an_error_and_not_an_empty_list(
    tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "prefect.yaml"
    if text is not None:
        path.write_text(text)

    with pytest.raises(DeploymentsUnreadable, match=re.escape(str(path))):
        read_deployments(path)


def test_job_variables_are_an_error_since_no_worker_would_run_what_has_any(tmp_path: Path) -> None:
    path = tmp_path / "prefect.yaml"
    pool = "{name: storykin, job_variables: {env: {HEED: this}}}"
    path.write_text(f"deployments: [{{name: a, entrypoint: flows.x.y, work_pool: {pool}}}]")

    with pytest.raises(DeploymentsUnreadable, match="job variables"):
        read_deployments(path)


@pytest.mark.server
@pytest.mark.postgres
def test_the_server_knows_what_it_holds(prefect_server: PrefectServer, stubs: dict[str, str]) -> None:
    held = read_deployments(STUBS / "prefect.yaml")

    # The versions look at the flows' sources, which only the programs with `stubs` can find.
    versions = {
        each.full_name: prefect_server.ask("GET", f"/deployments/name/{each.full_name}")["version"]
        for each in held
    }
    assert len(set(versions.values())) == len(held)
    nobody_s = [replace(each, name="deployed-by-nobody") for each in read_deployments()]
    assert not any(prefect_server.api.has(each) for each in nobody_s)
    assert prefect_server.api.pool_type() == "storykin-warm"


@pytest.mark.server
@pytest.mark.postgres
def test_deploying_again_changes_nothing_and_keeps_an_operators_pause(
    prefect_server: PrefectServer, stubs: dict[str, str]
) -> None:
    before = prefect_server.ask("GET", f"/deployments/name/{WITH_SCHEDULE}")
    (schedule,) = before["schedules"]
    path = f"/deployments/{before['id']}/schedules/{schedule['id']}"
    prefect_server.ask("PATCH", path, {"active": False})

    deploy(stubs)

    after = prefect_server.ask("GET", f"/deployments/name/{WITH_SCHEDULE}")
    (schedule,) = after["schedules"]
    assert not schedule["active"]
    assert schedule["parameters"] == {"run": "scheduled"}
    unchanging = ("id", "version", "entrypoint", "path", "pull_steps", "parameter_openapi_schema", "paused")
    assert {name: after[name] for name in unchanging} == {name: before[name] for name in unchanging}
    assert after["pull_steps"] == []


@pytest.mark.server
@pytest.mark.postgres
def test_the_server_plans_the_runs_of_a_schedule(
    prefect_server: PrefectServer, stubs: dict[str, str]
) -> None:
    deployment = prefect_server.ask("GET", f"/deployments/name/{WITH_SCHEDULE}")
    (schedule,) = deployment["schedules"]
    path = f"/deployments/{deployment['id']}/schedules/{schedule['id']}"
    # A change that leaves the parameters out would empty them.
    prefect_server.ask("PATCH", path, {"active": True, "parameters": schedule["parameters"]})
    wanted = {
        "deployments": {"id": {"any_": [deployment["id"]]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }

    (first, *_) = until(lambda: prefect_server.ask("POST", "/flow_runs/filter", wanted), "planned runs")

    assert first["expected_start_time"][11:19] == "02:00:00"
    assert first["parameters"] == {"run": "scheduled"}


@pytest.mark.server
@pytest.mark.postgres
def test_a_deployment_that_the_file_names_no_more_is_dropped(
    prefect_server: PrefectServer, stubs: dict[str, str], tmp_path: Path
) -> None:
    renamed = tmp_path / "prefect.yaml"
    renamed.write_text((STUBS / "prefect.yaml").read_text().replace("- name: stub", "- name: renamed", 1))

    def held() -> set[str]:
        return {each["name"] for each in prefect_server.ask("POST", "/deployments/filter", {})}

    before = held()

    deploy(stubs, renamed)

    assert held() == before | {"renamed"}  # the other "stub" is not tagged as ours
    assert prefect_server.http.get("/deployments/name/ping/stub").status_code == 404
    deploy(stubs)  # for the tests after this one


@pytest.mark.server
@pytest.mark.postgres
def test_what_another_installation_deployed_is_told_and_left_alone(
    prefect_server: PrefectServer, stubs: dict[str, str], tmp_path: Path
) -> None:
    """As from a package beside a checkout, on a server that both use."""
    file = tmp_path / "prefect.yaml"
    file.write_text((STUBS / "prefect.yaml").read_text().replace("- name: stub", "- name: elsewhere", 1))
    home = {"STORYKIN_HOME": str(tmp_path / "home")}
    deploy(stubs | home, file)
    theirs = "/deployments/name/ping/elsewhere"
    before = prefect_server.ask("GET", theirs)

    told = deploy(stubs)

    assert "left ping/elsewhere alone" in told
    assert prefect_server.ask("GET", theirs) == before
    assert "removed ping/elsewhere" in deploy(stubs | home)
    assert prefect_server.http.get(theirs).status_code == 404
    deploy(stubs)  # for the tests after this one


@pytest.mark.server
@pytest.mark.postgres
def test_a_schedule_that_a_person_added_survives(
    prefect_server: PrefectServer, stubs: dict[str, str]
) -> None:
    deployment = prefect_server.ask("GET", f"/deployments/name/{WITH_SCHEDULE}")["id"]
    added = {"schedule": {"cron": "30 4 * * 6", "timezone": "Europe/Zurich"}, "active": False}
    prefect_server.ask("POST", f"/deployments/{deployment}/schedules", [added])

    deploy(stubs)

    kept = prefect_server.ask("GET", f"/deployments/name/{WITH_SCHEDULE}")["schedules"]
    assert {each["schedule"]["cron"]: each["active"] for each in kept}["30 4 * * 6"] is False
    assert len(kept) == 2
    for each in kept:
        if not each["slug"]:
            prefect_server.ask("DELETE", f"/deployments/{deployment}/schedules/{each['id']}")


@pytest.mark.server
@pytest.mark.postgres
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
async def test_a_pool_of_another_type_is_told_and_left_as_it_is(
    prefect_server: PrefectServer, stubs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.deploy.work_pool", lambda: "odd")
    monkeypatch.setattr("flows.deployments.work_pool", lambda: "odd")
    prefect_server.ask("POST", "/work_pools/", {"name": "odd", "type": "ecs", "base_job_template": {}})
    shown = {PREFECT_API_URL: prefect_server.api_url, PREFECT_API_AUTH_STRING: prefect_server.secret}
    before = prefect_server.ask("POST", "/deployments/filter", {})

    with temporary_settings(shown), pytest.raises(PoolUnfit, match="ecs"):
        await apply_deployments(read_deployments(), worker_type="storykin-warm", writer="test")

    assert prefect_server.ask("GET", "/work_pools/odd")["type"] == "ecs"
    assert prefect_server.ask("POST", "/deployments/filter", {}) == before


@pytest.mark.server
@pytest.mark.postgres
def test_prefects_own_command_deploys_the_same_file(
    prefect_server: PrefectServer, stubs: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "prefect.yaml").write_text((STUBS / "prefect.yaml").read_text())
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]

    done = subprocess.run(command, check=False, env=stubs, cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    for each in read_deployments(STUBS / "prefect.yaml"):
        held = prefect_server.ask("GET", f"/deployments/name/{each.full_name}")
        assert held["entrypoint"] == each.entrypoint
        assert not held["pull_steps"]  # else it would hold this machine's absolute path
        assert held["work_pool_name"] == "storykin"
    deploy(stubs)  # for the tests after this one
