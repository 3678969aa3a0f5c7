"""The pages that show the whole, as fragments of HTML for pages that stand open."""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from db.errors import UserFacingError
from ui.handlers.batches import batch_lines
from ui.handlers.overview import Looks, health_page, today_page, tonight
from ui.routes.problem import problem
from ui.services import StudioServices
from ui.views.overview import batches_html, health_html, today_html


def overview_router(services: StudioServices) -> APIRouter:
    """`GET /fragments/today`, `/fragments/batches`, `/fragments/health` (`?anew=yes` looks again)."""
    routes = APIRouter()
    looks = Looks(services)

    @routes.get("/fragments/today", include_in_schema=False)
    def today() -> Response:
        return _fragment(lambda: today_html(today_page(services, looks)))

    @routes.get("/fragments/batches", include_in_schema=False)
    def batch_list() -> Response:
        return _fragment(lambda: batches_html(batch_lines(services), tonight(services, looks)))

    @routes.get("/fragments/health", include_in_schema=False)
    def health(anew: str = "") -> Response:
        return _fragment(lambda: health_html(health_page(services, looks, anew=anew == "yes")))

    return routes


def _fragment(make: Callable[[], str]) -> Response:
    try:
        return HTMLResponse(make(), headers={"Cache-Control": "no-store"})
    except UserFacingError as error:
        return problem(503, error.code, error.sentence)
