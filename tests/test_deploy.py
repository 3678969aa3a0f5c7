"""The files of deploy/ start commands that there are, with settings that are read."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.deployments import CONTAINER_POOLS
from ui.cli.parser import build_parser

DEPLOY = Path(__file__).parents[1] / "deploy"
SETTINGS = set(
    re.findall(r"^#([A-Z][A-Z0-9_]+)=", (DEPLOY.parent / ".env.example").read_text("utf-8"), re.MULTILINE)
)
OTHERS = re.compile(r"PREFECT_(?:SERVER|MESSAGING|REDIS|HOME)\w*|POSTGRES_\w+")  # of Prefect and of Postgres


def services() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"])


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes" / "storykin.yaml").read_text("utf-8")))


def containers() -> Iterator[dict[str, Any]]:
    for each in manifests():
        pod = each["spec"].get("template", {}).get("spec", {})
        for container in pod.get("containers", []):
            yield {**container, "pod": pod}


def units() -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in (DEPLOY / "systemd").iterdir()}


def commands() -> list[list[str]]:
    """What is run of ours, as arguments of `storykin`."""
    composed = [
        each["command"] for each in services().values() if "entrypoint" not in each and "command" in each
    ]
    started = [re.findall(r"^ExecStart=\S+/storykin (.*)$", text, re.MULTILINE) for text in units().values()]
    return [
        *(each for each in composed if each[0] != "redis-server"),
        *(each["args"] for each in containers()),
        *(shlex.split(line) for lines in started for line in lines),
    ]


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_every_command_is_one_of_ours(arguments: list[str]) -> None:
    assert build_parser().parse_args([str(each) for each in arguments]).command is not None


def test_every_setting_is_one_that_is_read() -> None:
    named = {name for each in services().values() for name in each.get("environment", {})}
    named |= {each["name"] for container in containers() for each in container.get("env", [])}
    named |= {
        name for text in units().values() for name in re.findall(r"^Environment=(\w+)=", text, re.MULTILINE)
    }
    assert {name for name in named if not OTHERS.fullmatch(name)} <= SETTINGS
    assert {"DATABASE_URL", "PREFECT_API_URL", "STORYKIN_HOME"} <= named


def test_all_that_must_be_there_is_waited_for() -> None:
    parts = services()
    for part in parts.values():
        assert set(part.get("depends_on", {})) <= set(parts)
    for name in ("worker", "studio"):
        assert parts[name]["depends_on"] == {"deploy": {"condition": "service_completed_successfully"}}
    assert set(parts["deploy"]["depends_on"]) == {"migrate", "prefect"}
    assert (parts["worker"]["deploy"]["replicas"], parts["prefect"]["deploy"]["replicas"]) == (3, 2)


def test_no_part_runs_as_root_or_holds_a_secret() -> None:
    for each in containers():
        assert each["pod"]["securityContext"]["runAsNonRoot"] is True
        assert each["securityContext"]["allowPrivilegeEscalation"] is False
        assert all("value" not in given for given in each.get("env", []))
    for name, text in units().items():
        assert "User=storykin" in text and "NoNewPrivileges=yes" in text, name
    last_stage = (DEPLOY / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]
    assert "\nUSER 10001\n" in last_stage
    for part in services().values():
        for value in part.get("environment", {}).values():
            assert "${" in value or not re.search(r":\S+@", value)


def test_ports_are_those_that_are_listened_on() -> None:
    (studio,) = [each for each in containers() if each["name"] == "studio"]
    assert studio["ports"] == [{"name": "http", "containerPort": 7860}]
    assert studio["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    (service,) = [each for each in manifests() if each["kind"] == "Service"]
    assert service["spec"]["ports"][0]["targetPort"] == "http"
    assert services()["studio"]["ports"] == ["127.0.0.1:7860:7860"]
    assert services()["worker"]["environment"]["PREFECT_API_URL"] == "http://prefect:4200/api"


@pytest.mark.parametrize("kind", CONTAINER_POOLS)
def test_a_pool_of_containers_runs_prefect_in_our_image_and_carries_no_setting(kind: str) -> None:
    template = json.loads((DEPLOY / "pools" / f"{kind}.json").read_text("utf-8"))
    told = json.dumps(template["job_configuration"])
    variables = template["variables"]["properties"]
    assert set(re.findall(r"\{\{ (\w+) \}\}", told)) == set(variables)
    assert variables["image"]["default"] == services()["studio"]["image"]
    # The image's own entry point is `storykin`, and what Prefect asks for is `prefect flow-run execute`.
    configuration = template["job_configuration"]
    if kind == "docker":
        assert configuration["container_create_kwargs"]["entrypoint"] == ["env"]
    else:
        (container,) = configuration["job_manifest"]["spec"]["template"]["spec"]["containers"]
        assert container["command"] == ["env"] and container["name"] == "prefect-job"
        assert container["envFrom"] == [{"secretRef": {"name": "storykin"}}]
    assert '"env":' not in told and "command" not in configuration
