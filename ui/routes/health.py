"""Is it alive, and can it work."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from ui.handlers.health import readiness
from ui.services import Services


def router(services: Services) -> APIRouter:
    """`/healthz` (the process answers), `/readyz` (each thing it needs)."""
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

    return routes
