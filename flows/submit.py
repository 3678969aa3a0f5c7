"""Asks Prefect to run things, for the studio and the command line. Plain HTTP: it imports no Prefect."""

from dataclasses import dataclass
from threading import Lock
from typing import Any

import httpx

from db.settings import record_settings
from flows.deployments import CHARACTER_DEPLOYMENT
from flows.prefect_http import UNDER_WAY, prefect_client
from flows.running import running
from flows.settings import flow_settings
from tasks.errors import StorykinError

HEALTH_TIMEOUT = 2


class PrefectUnreachable(StorykinError):
    """Prefect did not answer, or not as it should: nothing was started."""

    code = "prefect_unreachable"


def submit_character_run(
    character_id: str, styles: list[str], run_token: str, *, another: bool = False
) -> str:
    """Have the character drawn in `styles`; returns the flow run's id.

    Asking again with the same `run_token` returns the same run. Raises PrefectUnreachable.
    """
    deployment = _ask("GET", f"/deployments/name/{CHARACTER_DEPLOYMENT}")
    run = _ask(
        "POST",
        f"/deployments/{deployment['id']}/create_flow_run",
        {
            "parameters": {
                "character_id": character_id,
                "styles": styles,
                "run_token": run_token,
                "another": another,
            },
            "idempotency_key": run_token,
            "tags": [f"character:{character_id}"],
            "state": {"type": "SCHEDULED", "message": "Asked for by a person."},
        },
    )
    return str(run["id"])


def cancel_run(flow_run_id: str) -> bool:
    """Ask a run to stop. Returns whether it will: one that has ended does not. Raises PrefectUnreachable."""
    path = f"/flow_runs/{flow_run_id}/set_state"
    answer = _ask("POST", path, {"state": {"type": "CANCELLING", "name": "Cancelling"}})
    # A run without a process is cancelled on the spot: the answer is another state than the one asked for.
    return (answer["state"] or {}).get("type") in ("CANCELLING", "CANCELLED")


def run_state(flow_run_id: str) -> str:
    """The type of a run's state in Prefect: SCHEDULED, RUNNING, COMPLETED … Raises PrefectUnreachable."""
    return str(_ask("GET", f"/flow_runs/{flow_run_id}")["state_type"])


@dataclass(frozen=True)
class RunUnderWay:
    """A run of a character that Prefect believes to have a process."""

    id: str
    character_id: str
    run_token: str


def character_runs_under_way() -> list[RunUnderWay]:
    """At most 200 of them, as Prefect hands them out. Raises PrefectUnreachable."""
    flow_name, _, name = CHARACTER_DEPLOYMENT.partition("/")
    wanted = {
        "flows": {"name": {"any_": [flow_name]}},
        "deployments": {"name": {"any_": [name]}},
        "flow_runs": {"state": {"type": {"any_": UNDER_WAY}}},
    }
    runs: Any = _ask("POST", "/flow_runs/filter", wanted)
    return [
        RunUnderWay(run["id"], run["parameters"]["character_id"], run["parameters"]["run_token"])
        for run in runs
    ]


def end_run(flow_run_id: str, message: str) -> None:
    """Mark a run crashed whose process is gone. Raises PrefectUnreachable."""
    state = {"type": "CRASHED", "name": "Crashed", "message": message}
    _ask("POST", f"/flow_runs/{flow_run_id}/set_state", {"state": state, "force": True})


def prefect_healthy() -> bool:
    """Whether Prefect's server answers."""
    try:
        return _client(api_url()).get("/health", timeout=HEALTH_TIMEOUT).is_success
    except httpx.HTTPError:
        return False


def dashboard_url(flow_run_id: str | None = None) -> str:
    """The Prefect dashboard, or the page of one flow run in it."""
    base = api_url().removesuffix("/api")
    return f"{base}/runs/flow-run/{flow_run_id}" if flow_run_id else f"{base}/dashboard"


def api_url() -> str:
    """Prefect's API: the one that is set, else that of the Storykin running here, else where it would be."""
    settings = flow_settings()
    if settings.prefect_api_url:
        return settings.prefect_api_url.rstrip("/")
    here = running(record_settings().home)
    return here.prefect_api_url if here else f"http://127.0.0.1:{settings.prefect_port}/api"


_clients: dict[str, httpx.Client] = {}  # by address: a Storykin that was started again has another port
_making = Lock()


def _client(url: str) -> httpx.Client:
    with _making:
        if url not in _clients:
            _clients[url] = prefect_client(url)
        return _clients[url]


def close() -> None:
    """Give the connections back."""
    with _making:
        while _clients:
            _clients.popitem()[1].close()


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        answer = _client(api_url()).request(method, path, json=body)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
    except httpx.HTTPStatusError as error:
        raise PrefectUnreachable(_sentence(error.response)) from None
    except (httpx.HTTPError, ValueError):
        raise PrefectUnreachable(
            "Prefect, which runs the work, does not answer. Start it with `storykin up`, then try again."
        ) from None
    return document


def _sentence(answer: httpx.Response) -> str:
    if answer.status_code == httpx.codes.NOT_FOUND:
        return "Prefect does not know this work yet. Start `storykin up`, which tells it, then try again."
    return f"Prefect turned the request down (HTTP {answer.status_code}). Its log may say why."
