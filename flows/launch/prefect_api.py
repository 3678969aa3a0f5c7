"""What the launcher asks a Prefect server: is it well, what does it hold, who works, what was left over."""

from datetime import datetime
from typing import Any, Self

import httpx

from flows.deployments import Deployment, work_pool
from flows.prefect_http import UNDER_WAY, password_refused, prefect_client
from tasks.errors import StorykinError


class PasswordRefused(StorykinError):
    """Prefect's server wants another password than it was shown."""

    code = "prefect_password"


class PrefectApi:
    """A few questions to the server at `url`."""

    def __init__(self, url: str, auth: httpx.Auth | None = None) -> None:
        self._client = prefect_client(url, auth)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the HTTP client."""
        self._client.close()

    def healthy(self) -> bool:
        """Whether it answers, database and all."""
        try:
            return self._client.get("/ready").is_success
        except httpx.HTTPError:
            return False

    def has(self, deployment: Deployment) -> bool:
        """Whether it holds this version of `deployment`, in our work pool."""
        answer = self._get(f"/deployments/name/{deployment.full_name}")
        if not answer.is_success:
            return False
        held = answer.json()
        return bool(held["version"] == deployment.version and held["work_pool_name"] == work_pool())

    def knows(self, deployment: Deployment) -> bool:
        """Whether it holds any version of `deployment`."""
        return self._get(f"/deployments/name/{deployment.full_name}").is_success

    def pool_type(self) -> str | None:
        """The type of our work pool; None if there is none yet."""
        answer = self._get(f"/work_pools/{work_pool()}")
        return str(answer.json()["type"]) if answer.is_success else None

    def _get(self, path: str) -> httpx.Response:
        """Raises PasswordRefused, so that a wrong password does not pass for something that is not there."""
        answer = self._client.get(path)
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise PasswordRefused(password_refused(str(self._client.base_url)))
        return answer

    def has_worker_since(self, moment: datetime) -> bool:
        """Whether a worker of our pool has given a sign of life since `moment`."""
        try:
            answer = self._client.post(f"/work_pools/{work_pool()}/workers/filter", json={})
        except httpx.HTTPError:
            return False
        workers = answer.json() if answer.is_success else []
        return any(
            each["last_heartbeat_time"] and datetime.fromisoformat(each["last_heartbeat_time"]) > moment
            for each in workers
        )

    def resume_left_over(self, moment: datetime) -> int:
        """Have runs that were under way before `moment`, when nothing runs, taken up again. Returns how many.

        Only right where one launcher owns the server: their processes are known to be gone. Raises
        httpx.HTTPError when the server does not answer, or not well.
        """
        wanted = {"flow_runs": {"state": {"type": {"any_": list(UNDER_WAY)}}}}
        resumed: set[str] = set()
        while True:  # a page at a time: those that are resumed are under way no more
            answer = self._client.post("/flow_runs/filter", json=wanted).raise_for_status()
            runs: list[dict[str, Any]] = answer.json()
            left = [
                run
                for run in runs
                if run["deployment_id"]
                and run["id"] not in resumed
                and datetime.fromisoformat(run["state"]["timestamp"]) < moment
            ]
            for run in left:
                self._client.post(
                    f"/flow_runs/{run['id']}/set_state", json={"state": _next_state(run), "force": True}
                )
            resumed |= {run["id"] for run in left}
            if not left:
                return len(resumed)


def _next_state(run: dict[str, Any]) -> dict[str, str]:
    if run["state_type"] == "CANCELLING":
        return {
            "type": "CANCELLED",
            "name": "Cancelled",
            "message": "Storykin stopped meanwhile.",
        }
    return {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Storykin stopped before it was done."}
