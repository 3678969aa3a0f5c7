"""Replicate's routes: models, predictions, account, webhook secret, and delivery of finished pictures."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from db.ids import utc_now
from ui.rehearsal.cloud import Cloud
from ui.rehearsal.json_body import json_body
from ui.rehearsal.replicate.image_models import MODELS, ImageModel
from ui.rehearsal.replicate.limits import LOW_CREDIT, USUAL, Limiter
from ui.rehearsal.replicate.model_document import model_document
from ui.rehearsal.replicate.output_host import HostedPicture
from ui.rehearsal.replicate.prediction import Prediction
from ui.rehearsal.replicate.request import PredictionRequest, WrongPrediction, prediction_request
from ui.rehearsal.request_info import RequestInfo
from ui.rehearsal.responses import replicate_problem

PAGE = 100
_NOT_FOUND = "The requested resource could not be found."


def replicate_router(cloud: Cloud) -> APIRouter:
    """Every route of Replicate's API that Storykin uses, and `/delivery/…`."""
    router = APIRouter()
    endpoints = _Endpoints(cloud)

    @router.get("/v1/account")
    async def account(request: Request) -> Response:
        """The account that the token belongs to."""
        return _token_refused(request) or JSONResponse(
            {"type": "organization", "username": "rehearsal", "name": "Rehearsal"}
        )

    @router.get("/v1/webhooks/default/secret")
    async def secret(request: Request) -> Response:
        """The secret that webhooks are signed with."""
        return _token_refused(request) or JSONResponse({"key": cloud.settings.webhook_secret})

    @router.get("/v1/models/{owner}/{name}")
    async def model(owner: str, name: str, request: Request) -> Response:
        """A model, with the schema of its input."""
        found = endpoints.model(f"{owner}/{name}", request)
        refused = _token_refused(request)
        return refused or (JSONResponse(model_document(found)) if found else _problem(404, _NOT_FOUND))

    @router.post("/v1/models/{owner}/{name}/predictions")
    async def create(owner: str, name: str, request: Request) -> Response:
        """Create a prediction of an official model."""
        return await endpoints.create(request, f"{owner}/{name}")

    @router.post("/v1/predictions")
    async def create_by_version(request: Request) -> Response:
        """Create a prediction; `version` in the body names the model."""
        return await endpoints.create(request, None)

    @router.get("/v1/predictions")
    async def list_predictions(request: Request) -> Response:
        """A page of predictions, newest first."""
        return _token_refused(request) or endpoints.page(request)

    @router.get("/v1/predictions/{id}")
    async def get(id: str, request: Request) -> Response:
        """The state of a prediction."""
        found = cloud.predictions.find(id)
        return _token_refused(request) or (
            endpoints.prediction_response(request, found) if found else _problem(404, _NOT_FOUND)
        )

    @router.post("/v1/predictions/{id}/cancel")
    async def cancel(id: str, request: Request) -> Response:
        """Cancel a prediction."""
        refused, found = _token_refused(request), cloud.predictions.find(id)
        if refused or found is None:
            return refused or _problem(404, _NOT_FOUND)
        cloud.predictions.cancel(found)
        return endpoints.prediction_response(request, found)

    @router.get("/delivery/{rest:path}")
    async def output(request: Request) -> Response:
        """The bytes of a finished picture."""
        return _picture(cloud, request)

    return router


class _Endpoints:
    """The endpoints' logic and the rate limiters that they share."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._usual, self._low, self._low_for = Limiter(USUAL), Limiter(LOW_CREDIT), ""

    def model(self, slug: str, request: Request) -> ImageModel | None:
        """The model, its input fields renamed while the fault `schema_changed` is active, or None."""
        found = MODELS.get(slug)
        changed = self._cloud.faults.standing_fault("schema_changed", _request_info(request))
        return found.renamed() if found and changed else found

    async def create(self, request: Request, slug: str | None) -> Response:
        """Create a prediction after checking token, rate limit, model and input, in this order."""
        refused = _token_refused(request) or self._throttled(request)
        if refused:
            self._cloud.usage_log.reject("create", refused.status_code)
            return refused
        try:
            asked = await self._parse(request, slug)
        except WrongPrediction as wrong:
            self._cloud.usage_log.reject("create", 422)
            return _problem(422, wrong.detail, invalid_fields=wrong.invalid_fields)
        if asked is None:
            self._cloud.usage_log.reject("create", 404)
            return _problem(404, _NOT_FOUND)
        info, faults = (
            _request_info(request),
            self._cloud.faults.prediction_faults(_request_info(request)),
        )
        prediction = self._cloud.predictions.create(asked, info, faults, _base_url(request))
        return await self._created(request, prediction, asked.wait_seconds)

    async def _parse(self, request: Request, slug: str | None) -> PredictionRequest | None:
        try:
            body = await json_body(request)
        except ValueError:
            raise WrongPrediction([("body", "invalid_json", "Invalid JSON")]) from None
        if slug is None:
            slug = str(body.pop("version", "")) if isinstance(body, dict) else ""
        elif isinstance(body, dict) and "version" in body:
            raise WrongPrediction(
                [("version", "additional_property_not_allowed", "Additional property version is not allowed")]
            )
        model = self.model(slug, request)
        return prediction_request(model, body, request.headers) if model else None

    async def _created(self, request: Request, prediction: Prediction, wait: float | None) -> Response:
        headers = {"ratelimit-remaining": str(self._usual.remaining), "ratelimit-reset": "1"}
        if wait is None:
            document = self._cloud.predictions.document(prediction, _base_url(request))
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(prediction.ended.wait(), wait)
            document = self._cloud.predictions.document(prediction, _base_url(request), inline=True)
            if prediction.status == "succeeded":
                document = _early_document(document)
            headers["preference-applied"] = f"wait={wait:.0f}"
        request.state.on_sent.append(self._cloud.predictions.on_delivered(prediction, document))
        return JSONResponse(document, 201, headers)

    def prediction_response(self, request: Request, prediction: Prediction) -> Response:
        """The response to GET: the prediction's document."""
        document = self._cloud.predictions.document(prediction, _base_url(request))
        request.state.on_sent.append(self._cloud.predictions.on_delivered(prediction, document))
        return JSONResponse(document, headers={"ratelimit-remaining": "2999", "ratelimit-reset": "1"})

    def page(self, request: Request) -> Response:
        """At most PAGE predictions, newest first, and the URL of the next page."""
        try:
            matching = self._matching(request)
        except ValueError:
            return _problem(400, "created_after and created_before are ISO 8601 times with a zone.")
        shown, rest = matching[:PAGE], matching[PAGE:]
        base = _base_url(request)
        results = [self._cloud.predictions.document(each, base) for each in shown]
        if self._cloud.faults.standing_fault("list_without_input", _request_info(request)):
            results = [{name: each[name] for name in each if name != "input"} for each in results]
        query = request.url.include_query_params(cursor=shown[-1].id).query if rest else ""
        following = f"{base}/v1/predictions?{query}" if rest else None
        return JSONResponse({"previous": None, "next": following, "results": results})

    def _matching(self, request: Request) -> list[Prediction]:
        asked = request.query_params
        since, before = (_moment(asked.get(name)) for name in ("created_after", "created_before"))
        late = self._cloud.faults.standing_fault("list_late", _request_info(request))
        predictions = [
            each
            for each in self._cloud.predictions.newest_first()
            if (since is None or each.created_at >= since)
            and (before is None or each.created_at < before)
            and (late is None or (utc_now() - each.created_at).total_seconds() >= late.seconds)
        ]
        ids = [each.id for each in predictions]
        cursor = asked.get("cursor")
        return predictions[ids.index(cursor) + 1 :] if cursor in ids else predictions

    def _throttled(self, request: Request) -> Response | None:
        low = self._cloud.faults.standing_fault("low_credit", _request_info(request))
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


def _early_document(document: dict[str, Any]) -> dict[str, Any]:
    """As recorded of `Prefer: wait`: the output is there while status and times still say processing."""
    later = {"started_at", "completed_at", "metrics"}
    return {name: document[name] for name in document if name not in later} | {"status": "processing"}


def _picture(cloud: Cloud, request: Request) -> Response:
    if "authorization" in request.headers:
        cloud.predictions.outputs.keys_shown += 1
    found = cloud.predictions.outputs.find(request.url.path)
    if isinstance(found, int):
        return Response("Not Found" if found == 404 else "Gone", found, media_type="text/plain")
    request.state.on_sent.append(lambda: _fetched(cloud, found))
    return Response(found.data, media_type=found.content_type)


def _fetched(cloud: Cloud, picture: HostedPicture) -> None:
    picture.fetched = True
    if picture.content_type.startswith("image/"):
        cloud.usage_log.deliver(picture.prediction_id)


def _problem(status: int, detail: str, **more: Any) -> Response:
    return replicate_problem(status, detail, **more)


def _token_refused(request: Request) -> Response | None:
    """401 without a token or with one that ends in "wrong"; else None."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme in ("Bearer", "Token") and token and not token.endswith("wrong"):
        return None
    return _problem(401, "You did not pass a valid authentication token")


def _request_info(request: Request) -> RequestInfo:
    info: RequestInfo = request.state.info
    return info


def _base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment
