"""What Prefect has laid out ahead is called by what it is and when, before it runs."""

from typing import Any, cast

import pytest

from flows import scheduled_names
from flows.scheduled_names import name_scheduled_runs
from tasks.runtime import Runtime


def test_runs_of_a_schedule_are_named_once_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out = {
        "rerun-batch": [
            {"id": "a", "name": "brave-otter", "auto_scheduled": True},
            {"id": "b", "name": "batch 1234abcd", "auto_scheduled": False},  # asked for by a person
        ],
        "housekeeping": [
            {"id": "c", "name": "housekeeping 2026-12-01 02:00", "auto_scheduled": True},
            {"id": "d", "name": "odd-newt", "auto_scheduled": True},
        ],
    }
    names: dict[str, str] = {}

    def answer(method: str, path: str, body: dict[str, Any]) -> Any:
        if method == "POST":
            (flow,) = body["flows"]["name"]["any_"]
            return [each | {"expected_start_time": "2026-12-01T02:00:00Z"} for each in laid_out.get(flow, ())]
        names[path.rpartition("/")[2]] = body["name"]
        return None

    monkeypatch.setattr(scheduled_names, "ask", answer)
    assert name_scheduled_runs(cast(Runtime, None)) == 2
    assert names == {"a": "nightly batch 2026-12-01 02:00", "d": "housekeeping 2026-12-01 02:00"}
