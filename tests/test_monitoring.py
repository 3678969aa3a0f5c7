"""The alerts and the dashboard of deploy/ ask for metrics that there are, by labels that they have."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi import FastAPI
from promql_parser import parse
from starlette.testclient import TestClient

from flows.meters import Meters
from tasks.measures import INSTRUMENTS
from tests.support.studio import stand_in_studio
from ui.routes import health

DEPLOY = Path(__file__).parents[1] / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
FROM_PROMETHEUS = {"job", "instance"}  # what it adds itself


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    return dict(json.loads((DEPLOY / "grafana" / "storykin.json").read_text("utf-8")))


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [*(rule["expr"] for rule in rules()), *asked]


def selectors(expression: Any) -> list[tuple[str, set[str]]]:
    """What an expression asks for: each metric's name, and the labels it is chosen and grouped by."""
    match type(expression).__name__:
        case "VectorSelector":
            return [(expression.name, {each.name for each in expression.matchers.matchers})]
        case "MatrixSelector":
            parts = [expression.vector_selector]
        case "BinaryExpr":
            parts = [expression.lhs, expression.rhs]
        case "Call":
            parts = list(expression.args)
        case "AggregateExpr" | "ParenExpr" | "UnaryExpr" | "SubqueryExpr":
            parts = [expression.expr]
        case _:
            parts = []
    grouped = set(getattr(getattr(expression, "modifier", None), "labels", None) or ())
    return [(name, labels | grouped) for part in parts for name, labels in selectors(part)]


@pytest.fixture
def exported(home: Path) -> dict[str, set[str]]:
    """Every metric of a studio with a character and of a worker, with its labels."""
    studio = stand_in_studio(home)
    studio.character()
    runtime = replace(studio.services.runtime, daily_budget_microusd=1_000_000)
    app = FastAPI()
    app.include_router(health.router(replace(studio.services, runtime=runtime)))
    with TestClient(app) as client:
        text = client.get("/metrics").text
    meters = Meters()
    for each in INSTRUMENTS:
        meters.observe(each, 1.0, **dict.fromkeys(each.labels, "x"))
    found: dict[str, set[str]] = {"up": set()}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, labels = line.rpartition(" ")[0].partition("{")
            found[name] = {each.partition("=")[0] for each in labels.rstrip("}").split(",") if each}
    for metric in meters.registry.collect():
        for sample in metric.samples:
            found[sample.name] = set(sample.labels)
    return found


def test_what_is_asked_for_is_exported(exported: dict[str, set[str]]) -> None:
    exported["storykin_canary_drifted"] = set()  # once a canary has ended
    exported["storykin_provider_left_alone"] = {"provider"}  # of providers that were asked once
    for expression in expressions():
        asked = selectors(parse(expression))
        assert asked, expression
        for name, labels in asked:
            assert name in exported, expression
            assert labels - FROM_PROMETHEUS <= exported[name], expression


def test_an_expression_with_an_unknown_metric_is_seen() -> None:
    (found,) = selectors(parse("sum by (who) (rate(no_such_total{what='x'}[5m])) > 1"))
    assert found == ("no_such_total", {"what", "who"})


def test_each_alert_says_what_is_wrong_and_who_it_is_for() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names)) and all(name.startswith("Storykin") for name in names)
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"].keys() == {"summary", "description"}


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    board = dashboard()
    assert board["schemaVersion"] >= 36 and board["uid"] == "storykin" and board["title"]
    assert [each["type"] for each in board["templating"]["list"]] == ["datasource"]
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
    for panel in panels():
        assert panel["type"] in ("timeseries", "stat") and panel["title"]
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])


def test_the_scraped_port_is_the_one_that_compose_sets() -> None:
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text("utf-8"))
    jobs = {each["job_name"]: each for each in scraped["scrape_configs"]}
    worker = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]["worker"]
    port = jobs["storykin-worker"]["dns_sd_configs"][0]["port"]
    assert worker["environment"]["STORYKIN_METRICS_PORT"] == str(port)
    assert scraped["rule_files"] == [ALERTS.name]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on this machine")
def test_promtool_agrees() -> None:
    for what, file in (("check", "alerts.yaml"), ("test", "alerts_test.yaml")):
        command = ["promtool", what, "rules", file]
        done = subprocess.run(command, cwd=ALERTS.parent, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
