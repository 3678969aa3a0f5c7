"""One trace from the click to the provider, over OTLP; none unless asked for; and nobody's name."""

import io
import json
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import FlowRun

from db.log import Log, configure_logging
from flows import submit
from flows.run_request import RunRequest
from flows.run_spans import own_run_span, run_span, span_environment
from tasks.traces import exporter
from tasks.traces.settings import trace_settings
from tasks.traces.setup import tracing
from tasks.traces.spans import LABEL, TRACEPARENT, span
from tests.support.studio import StandInStudio, stand_in_studio
from tests.support.trace_collector import Collector, collecting


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as taking:
        monkeypatch.setenv("STORYKIN_TRACES_TO", taking.address)
        trace_settings.cache_clear()
        yield taking
    monkeypatch.undo()
    trace_settings.cache_clear()


def through_prefect(studio: StandInStudio, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Have the studio submit for real, to a Prefect that keeps what it is asked."""
    asked: list[dict[str, Any]] = []

    def ask(method: str, _path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        if method == "POST" and body is not None:
            asked.append(body)
        return {"id": "one", "parameters": {} if body is None else body["parameters"]}

    monkeypatch.setattr(submit, "ask", ask)
    monkeypatch.setattr(studio.prefect, "_run", lambda _order: None)
    return asked


def test_one_trace_leads_from_the_click_to_the_provider(
    collector: Collector, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = stand_in_studio(home)
    asked = through_prefect(studio, monkeypatch)
    services = replace(studio.services, submit=submit.submit_character_run)
    studio.image.failing = {"anime"}
    with tracing("studio"):
        replace(studio, services=services).character(name="Wilhelmine")
    (wanted,) = asked
    assert wanted["labels"][LABEL].startswith("00-")
    run = FlowRun(name="x", flow_id="0" * 32, labels=wanted["labels"], work_queue_name="interactive")
    with tracing("worker"), run_span(run):
        environment = span_environment()
    monkeypatch.setenv(TRACEPARENT, environment[TRACEPARENT])
    with own_run_span():
        studio.prefect.__class__._run(studio.prefect, request_of(wanted))
    spans = collector.spans()
    assert len({one.trace_id for _, one in spans}) == 1
    by_id = {one.span_id: (service, one.name) for service, one in spans}
    above = {(service, one.name): by_id.get(one.parent_span_id) for service, one in spans}
    assert above[("storykin-studio", "start a character")] is None
    assert above[("storykin-studio", "ask for a run")] == ("storykin-studio", "start a character")
    assert above[("storykin-worker", "work on a run")] == ("storykin-studio", "ask for a run")
    assert above[("storykin-run", "carry out a run")] == ("storykin-worker", "work on a run")
    assert above[("storykin-run", "run a character")] == ("storykin-run", "carry out a run")
    assert above[("storykin-run", "send: local")] in {
        ("storykin-run", "step: profile"),
        ("storykin-run", "step: draw"),
    }
    failed = [one for _, one in spans if one.status.code == 2]
    assert {one.status.message for one in failed} == {"brush_broke"}
    told = b"".join(collector.bodies)
    assert b"Wilhelmine" not in told and b"The brush broke" not in told and b"jpg" not in told


def request_of(wanted: dict[str, Any]) -> RunRequest:
    given = wanted["parameters"]
    return RunRequest(given["character_id"], tuple(given["styles"]), given["run_token"], given["another"])


def test_a_line_of_the_log_says_which_trace_and_run_it_is_of(collector: Collector) -> None:
    stream = io.StringIO()
    configure_logging(stream)
    with tracing("run"), span("some work", run_token="t") as current:
        Log("run").info("odd")
        trace_id = f"{current.get_span_context().trace_id:032x}"
    Log("run").info("even")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["trace_id"] == trace_id
    assert "trace_id" not in second


def test_work_goes_on_without_a_collector_and_without_the_packages(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    configure_logging(stream)
    monkeypatch.setitem(sys.modules, "tasks.traces.exporter", None)
    with tracing("run"), span("some work"):
        assert span_environment() == {}
    assert "the packages of the extra otel are not installed" in stream.getvalue()
    assert collector.bodies == []


def test_a_collector_that_never_answers_keeps_no_run_from_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "ANSWER_SECONDS", 60)
    monkeypatch.setattr(exporter, "CLOSING_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        traces = exporter.Exporter("run", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with traces.tracer.start_as_current_span("some work"):
            pass
        closing = threading.Thread(target=traces.close, daemon=True)
        closing.start()
        closing.join(120)
        assert not closing.is_alive()


def test_without_the_setting_there_are_no_spans_and_a_run_has_no_label() -> None:
    with tracing("studio"), span("some work") as current:
        assert not current.is_recording()
        assert span_environment() == {}


def test_an_attribute_that_could_hold_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="name"), span("some work", name_of_the_child="Ada"):
        pass
