"""Before anybody waits for nothing, it is said what Prefect lacks."""

from typing import Any

import pytest

from flows import served
from flows.served import NobodyServes, NotDeployed, check_deployments, check_queues


def answering(monkeypatch: pytest.MonkeyPatch, answer: list[dict[str, Any]]) -> None:
    monkeypatch.setattr(served, "ask", lambda _method, _path, _body: answer)


def test_a_deployment_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, [{"name": "storykin"}])
    with pytest.raises(NotDeployed, match=r"nightly.*storykin deploy"):
        check_deployments()


def test_a_queue_that_nobody_looks_after_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    states = {"housekeeping": "READY", "interactive": "NOT_READY", "batch": "NOT_READY"}
    answering(monkeypatch, [{"name": name, "status": status} for name, status in states.items()])
    with pytest.raises(NobodyServes, match=r"interactive, batch.*storykin worker"):
        check_queues()
    answering(monkeypatch, [{"name": name, "status": "READY"} for name in states])
    assert check_queues() == "Every queue has a worker."


def test_a_queue_that_is_not_there_is_named_and_a_paused_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(
        monkeypatch, [{"name": "housekeeping", "status": "READY"}, {"name": "batch", "status": "PAUSED"}]
    )
    with pytest.raises(NobodyServes, match="the queue interactive:"):
        check_queues()
