"""Replicate's HTTP API: the five requests we make, each with its own deadline, none ever sent twice.

The `replicate` package is not the transport. Measured with 1.0.7: a create without `wait` has no timeout at
all, `predictions.create` drops `wait`, an answer with status `aborted` raises, `FileOutput.read` sends our
token to the host of the output, and there is no way to give a single create its `Cancel-After`. Its 2.x
pre-releases post a create three times on a 502. Its webhook check is right and is used
(`webhook_signature`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from tasks.errors import NotReady, OutcomeUnknown
from tasks.providers.http.bounded_client import BoundedClient, longest_exchange
from tasks.providers.http.server_clock import server_time
from tasks.providers.http.unreachable import unreachable
from tasks.providers.replicate.errors import UNHEARD, create_error, read_error, transport_error
from tasks.providers.replicate.prediction import Prediction, read_prediction

API = "https://api.replicate.com"
# A gateway on the way may be set to send a request again that failed upstream, which could be paid twice. For
# Cloudflare's this overrides its setting: developers.cloudflare.com/ai-gateway/configuration/request-handling
_NO_RETRIES = {"cf-aig-max-attempts": "1"}
MOST_PAGES = 60  # of a hundred predictions: what an account at its rate limit makes in ten minutes
_CREATE_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
_READ_TIMEOUT = httpx.Timeout(20.0, connect=5.0)


@dataclass(frozen=True)
class PredictionRequest:
    """What a prediction is asked for."""

    slug: str
    input: dict[str, Any] = field(repr=False)
    cancel_after_seconds: int
    webhook: str = ""


@dataclass(frozen=True)
class Recent:
    """What the list showed, from `since` on; `as_of` is when its first page was made. Both are times of
    Replicate's own clock, if it told one.
    """

    predictions: tuple[Prediction, ...]
    since: datetime
    as_of: datetime | None


class ReplicateWire:
    """The API behind `base_url`, with our token, which goes nowhere else. Thread-safe.

    `on_response` is shown every answer as it comes.
    """

    def __init__(
        self,
        token: str,
        base_url: str = API,
        *,
        create_timeout: httpx.Timeout = _CREATE_TIMEOUT,
        read_timeout: httpx.Timeout = _READ_TIMEOUT,
        on_response: Callable[[httpx.Response], None] | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/").removesuffix("/v1").rstrip("/")  # paths here begin with it
        self._create_timeout = create_timeout
        self.create_seconds = longest_exchange(create_timeout)
        self.read_seconds = longest_exchange(read_timeout)
        self._http = BoundedClient(
            headers={"Authorization": f"Bearer {token}", "User-Agent": "storykin"},
            timeout=read_timeout,
            follow_redirects=False,
            event_hooks={"response": [on_response] if on_response else []},
            # A connection of its own for each request: one that the other side has just closed would look
            # like an answer that never came.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def create(self, prediction_request: PredictionRequest) -> Prediction:
        """Ask for a prediction, once. Raises NotSent, CallFailed, ServerTrouble or OutcomeUnknown."""
        body: dict[str, Any] = {"input": prediction_request.input}
        if prediction_request.webhook:
            body |= {"webhook": prediction_request.webhook, "webhook_events_filter": ["start", "completed"]}
        try:
            response = self._http.post(
                f"{self.base_url}/v1/models/{prediction_request.slug}/predictions",
                json=body,
                headers={"Cancel-After": f"{prediction_request.cancel_after_seconds}s", **_NO_RETRIES},
                timeout=self._create_timeout,
            )
        except httpx.TransportError as error:
            raise transport_error(error) from None
        except httpx.HTTPError:
            raise OutcomeUnknown(UNHEARD) from None
        prediction = read_prediction(_json(response)) if response.is_success else None
        if prediction is None:
            raise create_error(response)
        return prediction

    def get(self, prediction_id: str) -> Prediction | None:
        """The prediction, or None when Replicate has none with this id. Raises NotReady."""
        return self._one("GET", f"/v1/predictions/{quote(prediction_id, safe='')}")

    def cancel(self, prediction_id: str) -> Prediction | None:
        """Call the prediction off; harmless when it has ended. What it is then. Raises NotReady."""
        return self._one("POST", f"/v1/predictions/{quote(prediction_id, safe='')}/cancel")

    def model(self, slug: str) -> dict[str, Any]:
        """What Replicate publishes of a model, its schema among it. Raises NotReady."""
        return self._read(f"{self.base_url}/v1/models/{slug}") or {}

    def webhook_secret(self) -> str:
        """What this account's webhooks are signed with; "" where it has none. Raises NotReady."""
        return str((self._read(f"{self.base_url}/v1/webhooks/default/secret") or {}).get("key", ""))

    def recent(self, age: timedelta) -> Recent:
        """Every prediction of this account that is no older than `age`, by Replicate's own clock. Raises
        NotReady when a page can't be read, or there are more than we read.
        """
        since = datetime.now(UTC) - age  # a guess: whose clock is right, the answer tells
        answer = self._answer("GET", self._list_since(since))
        as_of = server_time(answer.headers)
        if as_of is not None:
            if as_of - age < since:
                answer = self._answer("GET", self._list_since(as_of - age))
            since = as_of - age
        return Recent(tuple(self._all_pages(answer)), since, as_of)

    def _list_since(self, since: datetime) -> str:
        return f"{self.base_url}/v1/predictions?created_after={since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def _all_pages(self, answer: httpx.Response) -> Iterator[Prediction]:
        for _ in range(MOST_PAGES):
            page = _document(answer)
            for each in page.get("results") or []:
                prediction = read_prediction(each)
                if prediction is None:
                    raise NotReady(
                        "Replicate's list has an entry that can't be read.", code="list_unreadable"
                    )
                yield prediction
            url = self._next(page)
            if url is None:
                return
            answer = self._answer("GET", url)
        raise NotReady("Replicate's list is longer than we read.", code="list_unreadable")

    def _next(self, page: dict[str, Any]) -> str | None:
        """The next page's address, on the very host we talk to: our token goes nowhere else."""
        if "results" not in page:
            raise NotReady("Replicate's list can't be read.", code="list_unreadable")
        following = page.get("next")
        if not following:
            return None
        ours, theirs = urlsplit(self.base_url), urlsplit(str(following))
        # A stand-in may hand on what the real one said; it is asked for here, all the same.
        if theirs.netloc not in ("", ours.netloc, urlsplit(API).netloc):
            raise NotReady("Replicate's list leads to another host.", code="list_unreadable")
        return f"{ours.scheme}://{ours.netloc}{theirs.path}?{theirs.query}"

    def _one(self, method: str, path: str) -> Prediction | None:
        answer = self._answer(method, f"{self.base_url}{path}")
        if _is_missing(answer):
            return None
        prediction = read_prediction(_document(answer), server_time(answer.headers))
        if prediction is None:
            raise NotReady("Replicate answered with something that is no prediction.", code="provider_down")
        return prediction

    def _read(self, url: str) -> dict[str, Any] | None:
        """The JSON object at `url`; None for a 404 of Replicate's own."""
        answer = self._answer("GET", url)
        return None if _is_missing(answer) else _document(answer)

    def _answer(self, method: str, url: str) -> httpx.Response:
        """Nothing that is asked here is paid for, so every failure is NotReady."""
        try:
            return self._http.request(method, url)
        except httpx.HTTPError as error:
            raise NotReady(unreachable("Replicate", error), code="unreachable") from None


def _document(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object in a successful answer. Raises NotReady."""
    body = _json(answer)
    if not answer.is_success or not isinstance(body, dict):
        raise read_error(answer)
    return body


def _is_missing(answer: httpx.Response) -> bool:
    """Whether it is a 404 of Replicate's own."""
    return answer.status_code == httpx.codes.NOT_FOUND and _is_problem(_json(answer))


def _is_problem(body: Any) -> bool:
    """Whether it is an error in Replicate's own words; what stands in between has others, or none."""
    return isinstance(body, dict) and any(isinstance(body.get(name), str) for name in ("detail", "title"))


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
