"""The operator's routes: the page, the usage log, the faults."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ui.rehearsal.cloud import Cloud
from ui.rehearsal.fault_kinds import KINDS
from ui.rehearsal.faults import Fault, validation_message
from ui.rehearsal.json_body import json_body
from ui.views.rehearsal import rehearsal_page


def operator_router(cloud: Cloud) -> APIRouter:
    """`/`, `/healthz`, `/bank…`, `/faults…` and the page's buttons."""
    router = APIRouter()

    @router.get("/")
    def page(request: Request) -> Response:
        """The HTML page with the usage summary and the active faults."""
        return HTMLResponse(
            rehearsal_page(
                base_url=str(request.base_url).rstrip("/"),
                summary=cloud.usage_log.usage.summary(),
                keys_shown=cloud.predictions.outputs.keys_shown,
                faults=[fault.model_dump() for fault in cloud.faults.set],
                kinds={name: kind.description for name, kind in KINDS.items()},
            )
        )

    @router.get("/healthz")
    def healthz() -> Response:
        """`{"status": "ok"}` while it runs."""
        return JSONResponse({"status": "ok"})

    @router.get("/bank")
    def usage_log() -> Response:
        """The whole usage log: summary and entries."""
        return JSONResponse(cloud.usage_log.as_json())

    @router.get("/bank/summary")
    def summary() -> Response:
        """The usage summary, and how many requests showed an API key to the output host."""
        figures = cloud.usage_log.usage.summary()
        return JSONResponse(figures | {"keys_shown_to_output_host": cloud.predictions.outputs.keys_shown})

    @router.get("/faults")
    def faults() -> Response:
        """The active faults, and how often each has applied."""
        return JSONResponse([fault.model_dump() for fault in cloud.faults.set])

    @router.post("/faults")
    async def set_faults(request: Request) -> Response:
        """Set one fault, or a list of them."""
        return _set(cloud, request, await _given(request))

    @router.delete("/faults")
    def clear() -> Response:
        """Remove every fault."""
        cloud.faults.clear()
        return Response(status_code=204)

    @router.delete("/faults/{id}")
    def clear_one(id: str) -> Response:
        """Remove one fault."""
        cloud.faults.clear(id)
        return Response(status_code=204)

    @router.post("/page/faults/{kind}")
    def press(kind: str, request: Request) -> Response:
        """A button of the page: set the fault once, or clear them all."""
        if _is_foreign(request):
            return Response("This page only listens to itself.", 403, media_type="text/plain")
        if kind == "clear":
            cloud.faults.clear()
        elif kind in KINDS:
            cloud.faults.add(Fault(kind=kind))
        return RedirectResponse("/", 303)

    return router


async def _given(request: Request) -> Any:
    try:
        return await json_body(request)
    except ValueError:
        return None


def _set(cloud: Cloud, request: Request, given: Any) -> Response:
    if _is_foreign(request) or not request.headers.get("content-type", "").startswith("application/json"):
        return JSONResponse({"detail": "Send JSON from this machine."}, 415)
    try:
        faults = [Fault.model_validate(each) for each in (given if isinstance(given, list) else [given])]
    except ValidationError as error:
        return JSONResponse({"detail": validation_message(error)}, 422)
    for fault in faults:
        cloud.faults.add(fault)
    return JSONResponse([fault.model_dump() for fault in faults], 201)


def _is_foreign(request: Request) -> bool:
    """Whether a page of another site made a browser send this (Sec-Fetch-Site)."""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
