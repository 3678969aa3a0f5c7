"""Replicate's side: models, predictions, account, the webhook secret, and the host of finished pictures."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from db.ids import utc_now
from tasks import strict_json
from ui.rehearsal.answer import replicate_problem
from ui.rehearsal.cloud import Cloud
from ui.rehearsal.facts import Facts
from ui.rehearsal.replicate.image_models import MODELS, ImageModel
from ui.rehearsal.replicate.limits import LOW_CREDIT, USUAL, Limiter
from ui.rehearsal.replicate.model_document import model_document
from ui.rehearsal.replicate.output_host import HostedPicture
from ui.rehearsal.replicate.prediction import Prediction
from ui.rehearsal.replicate.request import PredictionRequest, WrongPrediction, prediction_order

PAGE = 100
_NOT_FOUND = "The requested resource could not be found."


def replicate_router(cloud: Cloud) -> APIRouter:
    """The routes."""
    router = APIRouter()
    front = _Front(cloud)

    @router.get("/v1/account")
    async def account(request: Request) -> Response:
        """Whose token it is."""
        return _token_refused(request) or JSONResponse(
            {"type": "organization", "username": "rehearsal", "name": "Rehearsal"}
        )

    @router.get("/v1/webhooks/default/secret")
    async def secret(request: Request) -> Response:
        """What webhooks are signed with."""
        return _token_refused(request) or JSONResponse({"key": cloud.settings.webhook_secret})

    @router.get("/v1/models/{owner}/{name}")
    async def model(owner: str, name: str, request: Request) -> Response:
        """A model and the schema of its input."""
        found = front.model(f"{owner}/{name}", request)
        refused = _token_refused(request)
        return refused or (JSONResponse(model_document(found)) if found else _problem(404, _NOT_FOUND))

    @router.post("/v1/models/{owner}/{name}/predictions")
    async def create(owner: str, name: str, request: Request) -> Response:
        """A new prediction by an official model."""
        return await front.create(request, f"{owner}/{name}")

    @router.post("/v1/predictions")
    async def create_by_version(request: Request) -> Response:
        """A new prediction; `version` names the model."""
        return await front.create(request, None)

    @router.get("/v1/predictions")
    async def list_predictions(request: Request) -> Response:
        """A page of predictions, newest first."""
        return _token_refused(request) or front.page(request)

    @router.get("/v1/predictions/{id}")
    async def get(id: str, request: Request) -> Response:
        """How a prediction stands."""
        found = cloud.desk.find(id)
        return _token_refused(request) or (front.told(request, found) if found else _problem(404, _NOT_FOUND))

    @router.post("/v1/predictions/{id}/cancel")
    async def cancel(id: str, request: Request) -> Response:
        """End a prediction."""
        refused, found = _token_refused(request), cloud.desk.find(id)
        if refused or found is None:
            return refused or _problem(404, _NOT_FOUND)
        cloud.desk.cancel(found)
        return front.told(request, found)

    @router.get("/delivery/{rest:path}")
    async def output(request: Request) -> Response:
        """A finished picture."""
        return _picture(cloud, request)

    return router


class _Front:
    """What the routes share."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._usual, self._low, self._low_for = Limiter(USUAL), Limiter(LOW_CREDIT), ""

    def model(self, slug: str, request: Request) -> ImageModel | None:
        """The model as it is now."""
        found = MODELS.get(slug)
        changed = self._cloud.faults.standing("schema_changed", _facts(request))
        return found.renamed() if found and changed else found

    async def create(self, request: Request, slug: str | None) -> Response:
        """POST a prediction: the key, the pace, the model, the input; then it is booked and lives."""
        refused = _token_refused(request) or self._throttled(request)
        if refused:
            self._cloud.bank.turn_away("create", refused.status_code)
            return refused
        try:
            order = await self._order(request, slug)
        except WrongPrediction as wrong:
            self._cloud.bank.turn_away("create", 422)
            return _problem(422, wrong.detail, invalid_fields=wrong.invalid_fields)
        if order is None:
            self._cloud.bank.turn_away("create", 404)
            return _problem(404, _NOT_FOUND)
        facts, faults = _facts(request), self._cloud.faults.of_prediction(_facts(request))
        prediction = self._cloud.desk.create(order, facts, faults, _base_url(request))
        return await self._created(request, prediction, order.wait_seconds)

    async def _order(self, request: Request, slug: str | None) -> PredictionRequest | None:
        try:
            body = strict_json.loads(await request.body())
        except ValueError:
            raise WrongPrediction([("body", "invalid_json", "Invalid JSON")]) from None
        if slug is None:
            slug = str(body.pop("version", "")) if isinstance(body, dict) else ""
        elif isinstance(body, dict) and "version" in body:
            raise WrongPrediction(
                [("version", "additional_property_not_allowed", "Additional property version is not allowed")]
            )
        model = self.model(slug, request)
        return prediction_order(model, body, request.headers) if model else None

    async def _created(self, request: Request, prediction: Prediction, wait: float | None) -> Response:
        headers = {"ratelimit-remaining": str(self._usual.remaining), "ratelimit-reset": "1"}
        if wait is None:
            document = self._cloud.desk.document(prediction, _base_url(request))
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(prediction.ended.wait(), wait)
            document = self._cloud.desk.document(prediction, _base_url(request), inline=True)
            if prediction.status == "succeeded":
                document = _hurried(document)
            headers["preference-applied"] = f"wait={wait:.0f}"
        request.state.when_sent.append(self._cloud.desk.heard(prediction, document))
        return JSONResponse(document, 201, headers)

    def told(self, request: Request, prediction: Prediction) -> Response:
        """How it stands."""
        document = self._cloud.desk.document(prediction, _base_url(request))
        request.state.when_sent.append(self._cloud.desk.heard(prediction, document))
        return JSONResponse(document, headers={"ratelimit-remaining": "2999", "ratelimit-reset": "1"})

    def page(self, request: Request) -> Response:
        """At most 100 predictions, and the address of the next ones."""
        try:
            fitting = self._fitting(request)
        except ValueError:
            return _problem(400, "created_after and created_before are ISO 8601 times with a zone.")
        shown, rest = fitting[:PAGE], fitting[PAGE:]
        base = _base_url(request)
        results = [self._cloud.desk.document(each, base) for each in shown]
        if self._cloud.faults.standing("list_without_input", _facts(request)):
            results = [{name: each[name] for name in each if name != "input"} for each in results]
        query = request.url.include_query_params(cursor=shown[-1].id).query if rest else ""
        following = f"{base}/v1/predictions?{query}" if rest else None
        return JSONResponse({"previous": None, "next": following, "results": results})

    def _fitting(self, request: Request) -> list[Prediction]:
        asked = request.query_params
        since, before = (_moment(asked.get(name)) for name in ("created_after", "created_before"))
        late = self._cloud.faults.standing("list_late", _facts(request))
        predictions = [
            each
            for each in self._cloud.desk.newest_first()
            if (since is None or each.created_at >= since)
            and (before is None or each.created_at < before)
            and (late is None or (utc_now() - each.created_at).total_seconds() >= late.seconds)
        ]
        ids = [each.id for each in predictions]
        cursor = asked.get("cursor")
        return predictions[ids.index(cursor) + 1 :] if cursor in ids else predictions

    def _throttled(self, request: Request) -> Response | None:
        low = self._cloud.faults.standing("low_credit", _facts(request))
        if low and low.id != self._low_for:
            self._low, self._low_for = Limiter(LOW_CREDIT), low.id
        wait = self._low.take() if low else self._usual.take()
        if not wait:
            return None
        reduced = (
            " for creating predictions is reduced to 6 requests per minute with a burst of 1 requests while"
            " you have less than $5.0 in credit. Your rate limit"
            if low
            else ""
        )
        seconds = max(1, round(wait + 0.5))
        return _problem(
            429,
            f"Request was throttled. Your rate limit{reduced} resets in ~{seconds}s.",
            headers={
                "Retry-After": str(seconds),
                "ratelimit-remaining": "0",
                "ratelimit-reset": str(seconds),
            },
            retry_after=seconds,
        )


def _hurried(document: dict[str, Any]) -> dict[str, Any]:
    """As recorded of `Prefer: wait`: the picture is there before the status and the times are."""
    later = {"started_at", "completed_at", "metrics"}
    return {name: document[name] for name in document if name not in later} | {"status": "processing"}


def _picture(cloud: Cloud, request: Request) -> Response:
    if "authorization" in request.headers:
        cloud.desk.outputs.keys_shown += 1
    found = cloud.desk.outputs.find(request.url.path)
    if isinstance(found, int):
        return Response("Not Found" if found == 404 else "Gone", found, media_type="text/plain")
    request.state.when_sent.append(lambda: _fetched(cloud, found))
    return Response(found.data, media_type=found.content_type)


def _fetched(cloud: Cloud, picture: HostedPicture) -> None:
    picture.fetched = True
    if picture.content_type.startswith("image/"):
        cloud.bank.deliver(picture.prediction_id)


def _problem(status: int, detail: str, **more: Any) -> Response:
    return replicate_problem(status, detail, **more)


def _token_refused(request: Request) -> Response | None:
    """Any token will do, except none, and one that says it is wrong."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme in ("Bearer", "Token") and token and not token.endswith("wrong"):
        return None
    return _problem(401, "You did not pass a valid authentication token")


def _facts(request: Request) -> Facts:
    facts: Facts = request.state.facts
    return facts


def _base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment
