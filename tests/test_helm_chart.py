"""The Helm chart is the topology of compose.yaml; its templates ask for values that there are.

Where the package helm-python-sdk is installed (it is Helm itself, 240 MB, and no requirement), the chart is
linted and rendered, too.
"""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]

from ui.cli.parser import build_parser

DEPLOY = Path(__file__).parents[1] / "deploy"
CHART = DEPLOY / "helm" / "storykin"
TEMPLATES = {file.name: file.read_text("utf-8") for file in sorted((CHART / "templates").iterdir())}
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
with_helm = pytest.mark.skipif(
    importlib.util.find_spec("helm_python") is None, reason="helm-python-sdk is not installed"
)
EVERYTHING: dict[str, Any] = {
    "redis": {"docketUrlInSecret": True},
    "image": {"tag": "v2"},
    "imagePullSecrets": [{"name": "registry"}],
    "worker": {"queues": ["batch"], "replicas": 1},
    "ingress": {"enabled": True, "host": "h.example", "className": "nginx", "tlsSecret": "t"},
    "tracesTo": "http://collector:4318",
    "studio": {"storageClassName": "fast"},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "spot"}],
}
LEAST: dict[str, Any] = {"prefect": {"enabled": False}, "metrics": {"enabled": False}}


def paths(values: dict[str, Any], before: str = "") -> set[str]:
    """Every path that leads to a value, as templates write it."""
    found = set()
    for name, value in values.items():
        found.add(f"{before}{name}")
        if isinstance(value, dict):
            found |= paths(value, f"{before}{name}.")
    return found


def test_templates_ask_for_values_that_there_are_and_for_all_of_them() -> None:
    asked = {each for text in TEMPLATES.values() for each in re.findall(r"\.Values\.([\w.]+)", text)}
    there = paths(VALUES)
    assert asked <= there
    inside = {each.rpartition(".")[0] for each in there} - {""}
    whole = {each for each in there if VALUES.get(each) == {} or each.endswith("resources")}
    used = {each for each in there if any(each == one or each.startswith(f"{one}.") for one in asked)}
    assert there - used - inside - whole == set()


def test_parts_of_a_template_that_are_included_are_defined() -> None:
    text = "".join(TEMPLATES.values())
    defined = set(re.findall(r'define "([\w.]+)"', text))
    assert set(re.findall(r'include "([\w.]+)"', text)) == defined
    for name, template in TEMPLATES.items():
        opened = len(re.findall(r"\{\{-? (?:if|with|range|define) ", template))
        assert opened == len(re.findall(r"\{\{-? end ", template)), name


def test_the_schema_takes_the_values_and_no_misspelt_ones() -> None:
    Draft7Validator.check_schema(SCHEMA)
    check = Draft7Validator(SCHEMA)
    check.validate(VALUES)
    misspelt: list[dict[str, Any]] = [
        {"workers": {}},
        {"worker": {"queues": ["night"]}},
        {"secrets": {"storykin": ""}},
    ]
    for wrong in misspelt:
        with pytest.raises(ValidationError):
            check.validate(VALUES | wrong)


def test_every_part_of_compose_is_there_and_runs_the_same() -> None:
    text = "".join(TEMPLATES.values())
    for name, part in COMPOSE.items():
        if name in ("postgres", "redis"):  # somebody else's, in a cluster
            continue
        assert f'"part" "{name}"' in text
        if "entrypoint" in part:
            assert f"command: [{', '.join(part['entrypoint'])}]" in text
        elif name != "worker":
            assert f"args: [{', '.join(part['command'])}]" in text
            assert build_parser().parse_args(part["command"]).command is not None
    theirs = {name for name in COMPOSE["prefect"]["environment"] if "URL" not in name and "AUTH" not in name}
    assert theirs <= set(re.findall(r"name: (PREFECT_\w+)", TEMPLATES["_helpers.tpl"]))


def rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    import helm_python

    chart = helm_python.Chart.load(str(CHART))
    files = chart.render(values, name="kin", namespace="books", revision=3)
    return [each for text in files.values() for each in yaml.safe_load_all(text) if each]


@with_helm
@pytest.mark.parametrize("values", [{}, EVERYTHING, LEAST], ids=["as it comes", "everything", "least"])
def test_helm_renders_it_and_selectors_find_their_pods(values: dict[str, Any]) -> None:
    parts = rendered(values)
    names = [(each["kind"], each["metadata"]["name"]) for each in parts]
    assert len(names) == len(set(names))
    pods = [
        each["spec"]["template"]["metadata"]["labels"] for each in parts if "template" in each.get("spec", {})
    ]
    for each in parts:
        selector = each["spec"].get("selector", {})
        wanted = selector.get("matchLabels", selector)
        if wanted:
            assert sum(wanted.items() <= labels.items() for labels in pods) == 1, names
    for each in parts:
        if "template" not in each.get("spec", {}):
            continue
        pod = each["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["envFrom"][0]["secretRef"]["name"] in ("storykin", "storykin-prefect")
            if "command" not in container:
                assert build_parser().parse_args(container["args"]).command is not None
            ports = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe in container:
                    assert container[probe]["httpGet"]["port"] in ports
    kinds = [kind for kind, _ in names]
    assert ("Ingress" in kinds) is (values is EVERYTHING)
    assert ("Deployment", "kin-prefect") in names or values is LEAST


@with_helm
def test_helm_finds_nothing_wrong() -> None:
    import helm_python

    found = helm_python.lint(str(CHART), strict=True)
    assert found["errors"] == [] and all(each["severity"] < 2 for each in found["messages"])
    with pytest.raises(helm_python.HelmError):
        rendered({"worker": {"replicas": "many"}})


def test_no_service_of_the_release_sets_our_settings() -> None:
    """Kubernetes would: of a release called storykin, STORYKIN_PREFECT_PORT is tcp://10.0.0.1:4200."""
    pod = TEMPLATES["_helpers.tpl"].partition('define "storykin.pod"')[2].partition("{{- end }}\n\n")[0]
    assert "enableServiceLinks: false" in pod
    for name, text in TEMPLATES.items():
        assert text.count('include "storykin.pod"') == len(re.findall(r"^    spec:", text, re.MULTILINE)), (
            name
        )


def test_a_redis_with_a_password_is_named_by_the_secret_alone() -> None:
    settings = TEMPLATES["_helpers.tpl"].partition("if not .Values.redis.docketUrlInSecret")[2]
    assert "PREFECT_SERVER_DOCKET_URL" in settings.partition("{{- end }}")[0]
    assert TEMPLATES["_helpers.tpl"].count("PREFECT_SERVER_DOCKET_URL") == 1
