"""The list of characters as a fragment of HTML for the page that stands open, and the views that are kept."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from db.errors import UserFacingError
from ui.acting import acting_id
from ui.handlers.characters import filter_of_address, list_characters
from ui.handlers.saved_views import forget_view, keep_view
from ui.routes.problem import problem
from ui.routes.question import read_question, unclear
from ui.services import StudioServices
from ui.views.characters import listing_html, revision_of


class KeptView(BaseModel):
    """A search to keep: its name, and its address without the question mark."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    address: str = Field(max_length=1000)


class ForgottenView(BaseModel):
    """The view that nobody wants any more."""

    model_config = ConfigDict(strict=True, extra="forbid")

    view: str = Field(min_length=1, max_length=36)


def router(services: StudioServices) -> APIRouter:
    """`GET /fragments/characters` with the list's own query; `POST /api/views`, `/api/views/forget`."""
    routes = APIRouter()

    @routes.get("/fragments/characters", include_in_schema=False)
    def fragment(request: Request) -> Response:
        """The list that the query asks for; `X-Revision` changes whenever what it shows does."""
        try:
            html = listing_html(list_characters(services, filter_of_address(request.query_params)))
        except UserFacingError as error:
            return problem(503, error.code, error.sentence)
        return HTMLResponse(html, headers={"Cache-Control": "no-store", "X-Revision": revision_of(html)})

    @routes.post("/api/views", include_in_schema=False)
    async def keep(request: Request) -> Response:
        view = await read_question(request, KeptView)
        return await run_in_threadpool(_keep, services, view) if view else unclear()

    @routes.post("/api/views/forget", include_in_schema=False)
    async def forget(request: Request) -> Response:
        view = await read_question(request, ForgottenView)
        return await run_in_threadpool(_forget, services, view) if view else unclear()

    return routes


def _keep(services: StudioServices, view: KeptView) -> Response:
    try:
        keep_view(services, view.name, view.address, by=acting_id())
    except UserFacingError as error:
        return problem(422, error.code, error.sentence)
    return JSONResponse({}, 201)


def _forget(services: StudioServices, view: ForgottenView) -> Response:
    try:
        forget_view(services, view.view)
    except UserFacingError as error:
        return problem(503, error.code, error.sentence)
    return JSONResponse({})
