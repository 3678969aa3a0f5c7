"""Names for the runs that a schedule has laid out ahead, which Prefect calls by two random words.

Prefect names a run of a schedule only once it runs. Housekeeping names those that come next, so that the
dashboard says from the start what they are and when.
"""

from datetime import datetime
from typing import Any

from flows.deployments import work_pool
from flows.submit import ask
from tasks.runtime import Runtime
from tasks.settings import provider_settings

NAMES = {"rerun-batch": "nightly batch", "housekeeping": "housekeeping", "canary": "canary"}
MOST = 50  # of a flow's runs at a time, the next ones first


def name_scheduled_runs(_runtime: Runtime) -> int:
    """Name the runs that wait for their hour; returns how many had no name of ours. PrefectUnreachable."""
    return sum(_name_those_of(flow, words) for flow, words in NAMES.items())


def _name_those_of(flow: str, words: str) -> int:
    wanted: dict[str, Any] = {
        "flows": {"name": {"any_": [flow]}},
        "work_pools": {"name": {"any_": [work_pool()]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        "sort": "EXPECTED_START_TIME_ASC",
        "limit": MOST,
    }
    named = 0
    for run in ask("POST", "/flow_runs/filter", wanted):
        if run.get("auto_scheduled") and run.get("expected_start_time") and not run["name"].startswith(words):
            ask("PATCH", f"/flow_runs/{run['id']}", {"name": f"{words} {_hour(run['expected_start_time'])}"})
            named += 1
    return named


def _hour(told: str) -> str:
    at = datetime.fromisoformat(told).astimezone(provider_settings().zone)
    return f"{at:%Y-%m-%d %H:%M}"
