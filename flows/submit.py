"""Asks Prefect to run things, for the studio and the command line. Plain HTTP: it imports no Prefect."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import httpx

from db.settings import record_settings
from db.told import told
from flows.deployments import CHARACTER_DEPLOYMENT, work_pool
from flows.installation_secret import installation_secret
from flows.prefect_http import UNDER_WAY, NotOurPrefect, is_ours, password_refused, prefect_client
from flows.prefect_proof import SIGN_IN_PATH, new_ticket
from flows.running import is_held, running
from flows.settings import flow_settings
from tasks.errors import RunTokenUsed, StorykinError
from tasks.traces.spans import run_labels

HEALTH_TIMEOUT = 2
OPTIONS = ("framing", "resolution")  # the flow's parameters that are sent where they are not at their default
OVER = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED", "CANCELLING"})  # or about to be
MOST_AT_ONCE = 100  # flow runs a question; Prefect answers with 200 at most
NOT_RUNNING = (
    "Prefect, which runs the work, is not running here. Start it with `storykin up`, then try again."
)
STARTING = "`storykin up` has not finished starting here, so Prefect is not ready yet. Try again in a moment."
BY_ITSELF = (
    "`storykin up` starts it again by itself: try again in a moment. "
    "Its log in STORYKIN_HOME/logs tells more."
)


class PrefectUnreachable(StorykinError):
    """Prefect did not answer, or not as it should: nothing was started."""

    code = "prefect_unreachable"


class UnknownToPrefect(PrefectUnreachable):
    """Prefect has nothing by that name."""


class DashboardClosed(StorykinError):
    """Whoever asks for the dashboard is not known to be the account that runs Storykin."""

    code = "dashboard_closed"


def run_name(character_id: str, styles: Sequence[str]) -> str:
    """What Prefect calls a run: the end of the character's id, which tells two apart, and the styles."""
    return f"{character_id[-8:]} · {', '.join(styles)}"


def submit_character_run(
    character_id: str, styles: list[str], run_token: str, *, another: bool = False, **chosen: str
) -> str:
    """Have the character drawn in `styles`; returns the flow run's id.

    `chosen` is what differs from the default (`PictureOptions.chosen`): a deployment that an earlier version
    made takes nothing that it does not know. The run token is Prefect's idempotency key: asking again returns
    the same flow run. Raises RunTokenUsed when that one was asked for with other parameters,
    PrefectUnreachable.
    """
    parameters = {
        "character_id": character_id,
        "styles": styles,
        "run_token": run_token,
        "another": another,
        **chosen,
    }
    wanted = {
        "name": run_name(character_id, styles),
        "parameters": parameters,
        "idempotency_key": run_token,
        "tags": [f"character:{character_id}"],
        "state": {"type": "SCHEDULED", "message": "Asked for by a person."},
        **run_labels(),
    }
    with _translating_errors():
        deployment = ask("GET", f"/deployments/name/{CHARACTER_DEPLOYMENT}")
        run = ask("POST", f"/deployments/{deployment['id']}/create_flow_run", wanted)
        # A deployment may add parameters of its own; what was asked for here is among them.
        expected = dict.fromkeys(OPTIONS) | parameters
        if any(run["parameters"].get(name) != value for name, value in expected.items()):
            raise RunTokenUsed
        return str(run["id"])


@dataclass(frozen=True)
class FlowRunSeen:
    """A flow run as Prefect holds it. A state has an id of its own: the same id, the same state."""

    id: str
    name: str
    state_id: str
    state_type: str
    idempotency_key: str
    character_id: str | None

    @classmethod
    def of(cls, document: dict[str, Any]) -> "FlowRunSeen":
        """Out of Prefect's own document. Raises PrefectUnreachable."""
        with _translating_errors():
            return cls(
                document["id"],
                document["name"],
                document["state_id"] or "",
                document["state_type"] or "",
                document["idempotency_key"] or "",
                document["parameters"].get("character_id"),
            )


def character_runs(run_tokens: Sequence[str]) -> dict[str, FlowRunSeen]:
    """The flow runs that these runs were submitted as, by run token. Raises PrefectUnreachable."""
    found: dict[str, FlowRunSeen] = {}
    flow_name = CHARACTER_DEPLOYMENT.partition("/")[0]
    for start in range(0, len(run_tokens), MOST_AT_ONCE):
        tokens = list(run_tokens[start : start + MOST_AT_ONCE])
        wanted = {
            "flows": {"name": {"any_": [flow_name]}},
            "flow_runs": {"idempotency_key": {"any_": tokens}},
        }
        runs: Any = ask("POST", "/flow_runs/filter", wanted)
        found |= {run["idempotency_key"]: FlowRunSeen.of(run) for run in runs}
    return found


def flow_run(flow_run_id: str) -> FlowRunSeen | None:
    """One flow run; None where Prefect knows of none, for it was deleted there. Raises PrefectUnreachable."""
    try:
        return FlowRunSeen.of(ask("GET", f"/flow_runs/{flow_run_id}"))
    except UnknownToPrefect:
        return None


def tag_character_run(flow_run_id: str, character_id: str, tags: Sequence[str]) -> bool:
    """Have a flow run found by its character; whether it was not before. Raises PrefectUnreachable."""
    own = f"character:{character_id}"
    if own in tags:
        return False
    ask("PATCH", f"/flow_runs/{flow_run_id}", {"tags": [*tags, own]})
    return True


def cancel_character_run(run_token: str) -> bool:
    """Cancel the flow run that this run was submitted as; False without one. Raises PrefectUnreachable."""
    found = character_runs([run_token])
    for seen in found.values():
        cancel_run(seen)
    return bool(found)


def runs_under_way() -> list[FlowRunSeen]:
    """Every run of our work pool that Prefect believes to have a process. Raises PrefectUnreachable."""
    seen: list[FlowRunSeen] = []
    while True:
        wanted = {
            "work_pools": {"name": {"any_": [work_pool()]}},
            "flow_runs": {"state": {"type": {"any_": UNDER_WAY}}},
            "sort": "ID_DESC",
            "limit": MOST_AT_ONCE,
            "offset": len(seen),
        }
        runs: Any = ask("POST", "/flow_runs/filter", wanted)
        seen += [FlowRunSeen.of(run) for run in runs]
        if len(runs) < MOST_AT_ONCE:
            return seen


def forget_character(character_id: str) -> int:
    """Have Prefect delete the flow runs of a character, with their logs and artifacts; returns how many runs
    there were. Raises PrefectUnreachable.
    """
    deleted = 0
    wanted = {"flow_runs": {"tags": {"all_": [f"character:{character_id}"]}}, "limit": MOST_AT_ONCE}
    while runs := ask("POST", "/flow_runs/filter", wanted):
        for run in runs:
            _delete(f"/flow_runs/{run['id']}")
            deleted += 1
    shown = {"artifacts": {"key": {"like_": f"%{character_id}"}}, "limit": MOST_AT_ONCE}
    while artifacts := ask("POST", "/artifacts/filter", shown):
        for artifact in artifacts:
            _delete(f"/artifacts/{artifact['id']}")
    return deleted


def _delete(path: str) -> None:
    """DELETE; what is gone already is as good. Raises PrefectUnreachable."""
    with _translating_errors():
        answer = _client(api_url()).delete(path)
        if answer.status_code != httpx.codes.NOT_FOUND:
            answer.raise_for_status()


def newest_heartbeat(flow_run_id: str) -> str:
    """The id of the newest sign of life that a run's process has sent; "" for none. PrefectUnreachable."""
    wanted = {
        "filter": {
            "event": {"name": ["prefect.flow-run.heartbeat"]},
            "resource": {"id": [f"prefect.flow-run.{flow_run_id}"]},
        },
        "limit": 1,
    }
    page: Any = ask("POST", "/events/filter", wanted)
    return str(page["events"][0]["id"]) if page["events"] else ""


def run_again(seen: FlowRunSeen, message: str) -> bool:
    """Have a run taken up once more, unless its state has changed since. Raises PrefectUnreachable."""
    return _change(seen, {"type": "SCHEDULED", "name": "AwaitingRetry", "message": message})


def end_run(seen: FlowRunSeen, message: str) -> bool:
    """Mark a run as ended whose process is gone, unless its state has changed since.

    It is cancelled if somebody was cancelling it, else crashed. Raises PrefectUnreachable.
    """
    cancelled = seen.state_type == "CANCELLING"
    kind, name = ("CANCELLED", "Cancelled") if cancelled else ("CRASHED", "Crashed")
    return _change(seen, {"type": kind, "name": name, "message": message})


def cancel_run(seen: FlowRunSeen) -> None:
    """Ask for the end of a run, as Prefect's dashboard does: its worker ends the process, and one that has
    not begun is cancelled at once. Nothing happens to one that is over. Raises PrefectUnreachable.
    """
    if seen.state_type not in OVER:
        state = {"type": "CANCELLING", "name": "Cancelling", "message": "Cancelled by a person."}
        ask("POST", f"/flow_runs/{seen.id}/set_state", {"state": state})


def _change(seen: FlowRunSeen, state: dict[str, str]) -> bool:
    now = flow_run(seen.id)
    if now is None or now.state_id != seen.state_id:
        return False
    ask("POST", f"/flow_runs/{seen.id}/set_state", {"state": state, "force": True})
    return True


def check_prefect() -> None:
    """Return if Prefect's server answers, and is ours or the one that is set. Raises PrefectUnreachable."""
    with _translating_errors():
        _client(api_url()).get("/health", timeout=HEALTH_TIMEOUT).raise_for_status()


DASHBOARD = "/dashboard"


def run_page(flow_run_id: str) -> str:
    """The page of one flow run in the dashboard."""
    return f"/runs/flow-run/{flow_run_id}"


def dashboard_url(page: str = DASHBOARD) -> str:
    """A page of the Prefect dashboard. Raises PrefectUnreachable when none is known."""
    return (flow_settings().prefect_public_url.rstrip("/") or api_url().removesuffix("/api")) + page


def dashboard_way_in(page: str = DASHBOARD, owner: bool = True) -> str:
    """`dashboard_url` for the owner of a server of ours: it signs a browser in, once, within two minutes.

    Another server has a sign-in of its own. Raises PrefectUnreachable, or DashboardClosed for anyone else.
    """
    url, home = api_url(), record_settings().home
    if not is_ours(url) or (flow_settings().prefect_public_url and not owner):
        return dashboard_url(page)
    if not owner:
        raise DashboardClosed(
            "It belongs to the account that Storykin runs as, and this browser could not be told to be that "
            "account's. Run `storykin dashboard` as that account, and open the link that it prints."
        )
    check_prefect()
    query = urlencode({"next": page})
    return f"{url.removesuffix('/api')}{SIGN_IN_PATH}?{query}#{new_ticket(installation_secret(home))}"


def api_url() -> str:
    """Prefect's API: the one that is set, else that of the Storykin running here; no port is guessed.

    Raises PrefectUnreachable when there is neither.
    """
    settings = flow_settings()
    if settings.prefect_api_url:
        return settings.prefect_api_url.rstrip("/")
    here = running(record_settings().home)
    if here is None:
        raise PrefectUnreachable(STARTING if is_held(record_settings().home) else NOT_RUNNING)
    return here.prefect_api_url


_clients: dict[str, httpx.Client] = {}  # by address: a Storykin that was started again has another port
_making = Lock()


def _client(url: str) -> httpx.Client:
    with _making:
        if url not in _clients:
            _clients[url] = prefect_client(url)
        return _clients[url]


def close() -> None:
    """Close the HTTP clients; the next call opens new ones."""
    with _making:
        while _clients:
            _clients.popitem()[1].close()


def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """One question to Prefect's API; returns what it answers. Raises PrefectUnreachable."""
    with _translating_errors():
        answer = _client(api_url()).request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None  # what was deleted has nothing to say


@contextmanager
def _translating_errors() -> Iterator[None]:
    """Around a question to Prefect: whatever goes wrong becomes a PrefectUnreachable that says what."""
    try:
        yield
    except NotOurPrefect:
        raise PrefectUnreachable(
            told(
                "Another program answers at %(api_url)s: it is not the Prefect that this Storykin "
                "started. Nothing was sent to it. Stop `storykin up` and start it again.",
                api_url=api_url(),
            )
        ) from None
    except httpx.HTTPStatusError as error:
        unknown = error.response.status_code == httpx.codes.NOT_FOUND
        raise (UnknownToPrefect if unknown else PrefectUnreachable)(_sentence(error.response)) from None
    except httpx.HTTPError:
        url = api_url()
        raise PrefectUnreachable(
            told("Prefect, which runs the work, does not answer. %(way_on)s", way_on=_way_on(url))
        ) from None
    except (ValueError, KeyError, TypeError):
        raise PrefectUnreachable(
            told(
                "What answers at %(api_url)s does not speak as Prefect does: another program has its "
                "port. Stop that one, or set PREFECT_API_URL to where Prefect is.",
                api_url=api_url(),
            )
        ) from None


def _way_on(url: str) -> str:
    if not is_ours(url):
        return f"See whether it runs at {url}, then try again."
    return BY_ITSELF if is_held(record_settings().home) else "Start `storykin up`, then try again."


def _sentence(answer: httpx.Response) -> str:
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return password_refused(api_url())
    if answer.status_code == httpx.codes.NOT_FOUND:
        return (
            "Prefect does not know this work yet. `storykin deploy` tells it (and `storykin up` does, where "
            "Prefect is its own); then try again."
        )
    return f"Prefect turned the request down (HTTP {answer.status_code}). Its log may say why."
