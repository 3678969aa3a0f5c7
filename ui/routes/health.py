"""Liveness, readiness and metrics."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from ui.handlers.health import readiness
from ui.handlers.metrics import measure
from ui.services import StudioServices
from ui.views.metrics import CONTENT_TYPE, metrics_text


def router(services: StudioServices) -> APIRouter:
    """`/healthz` (the process answers), `/readyz` (each thing it needs), `/metrics` (Prometheus text)."""
    routes = APIRouter()

    @routes.get("/healthz")
    def alive() -> Response:
        return JSONResponse({"status": "ok"})

    @routes.get("/readyz")
    def ready() -> Response:
        findings = readiness(services.checks)
        fit = all(finding.ok for finding in findings)
        checks = {each.name: {"ok": each.ok, "sentence": each.sentence} for each in findings}
        return JSONResponse({"ready": fit, "checks": checks}, status_code=200 if fit else 503)

    @routes.get("/metrics")
    def metrics() -> Response:
        return Response(metrics_text(measure(services.record, services.runtime)), media_type=CONTENT_TYPE)

    return routes
