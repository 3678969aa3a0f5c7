"""What a person does to a batch on the Batches page."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from db.errors import NotFound, UserFacingError
from tasks.errors import UsageError
from ui.handlers.batch_after import after_page, decide_after
from ui.handlers.batch_form import answer_form, blank_form
from ui.handlers.batch_report import report_page
from ui.handlers.batches import act_on_batch
from ui.handlers.schedules import change_schedule, schedules_page
from ui.routes.parts import answered, fragment, saved
from ui.routes.problem import problem
from ui.routes.question import read_question, unclear
from ui.services import StudioServices
from ui.views.batch_after import after_html
from ui.views.batch_form import batch_form_html
from ui.views.batches import acted_sentence
from ui.views.schedules import schedules_html

REPORT_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    "X-Content-Type-Options": "nosniff",
}
LONGEST_FORM = 1_000_000  # bytes of JSON: ten thousand ids


class Act(BaseModel):
    """What is to be done; `budget` in dollars, as the person wrote it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    act: str = Field(max_length=16)
    budget: str = Field(default="", max_length=32)


def batches_router(services: StudioServices) -> APIRouter:
    """`POST /api/batches/{batch_id}`: `{"sentence", "state"}`, or a problem. `/fragments/batches/new` is the
    form that begins one, `POST /batches/new` what it asks; `/fragments/batches/{id}/after` shows old beside
    new, and `POST /batches/{id}/after` decides.
    """
    routes = APIRouter()

    @routes.get("/fragments/batches/new", include_in_schema=False)
    def form() -> Response:
        return fragment(lambda: batch_form_html(blank_form(services)))

    @routes.post("/batches/new", include_in_schema=False)
    async def begin(request: Request) -> Response:
        return await saved(
            request, lambda said: batch_form_html(answer_form(services, said)), longest=LONGEST_FORM
        )

    @routes.get("/fragments/batches/schedules", include_in_schema=False)
    def schedules() -> Response:
        return fragment(lambda: schedules_html(schedules_page()))

    @routes.post("/batches/schedules", include_in_schema=False)
    async def schedule(request: Request) -> Response:
        return await saved(request, lambda said: schedules_html(change_schedule(services, said)))

    @routes.get("/fragments/batches/{batch_id}/after", include_in_schema=False)
    def after(batch_id: str, beginning: Annotated[str, Query(alias="from", max_length=64)] = "") -> Response:
        return fragment(lambda: after_html(after_page(services, batch_id, after=beginning)))

    @routes.post("/batches/{batch_id}/after", include_in_schema=False)
    async def decide(batch_id: str, request: Request) -> Response:
        return await saved(request, lambda said: after_html(decide_after(services, batch_id, said)))

    @routes.get("/batches/{batch_id}/report.html", include_in_schema=False)
    def report(batch_id: str) -> Response:
        return answered(lambda: _page(batch_id, report_page(services, batch_id)))

    @routes.post("/api/batches/{batch_id}", include_in_schema=False)
    async def act(batch_id: str, request: Request) -> Response:
        asked = await read_question(request, Act)
        return await run_in_threadpool(_acted, services, batch_id, asked) if asked else unclear()

    return routes


def _page(batch_id: str, page: str) -> Response:
    headers = REPORT_HEADERS | {"Content-Disposition": f'attachment; filename="batch {batch_id}.html"'}
    return Response(page, media_type="text/html", headers=headers)


def _acted(services: StudioServices, batch_id: str, asked: Act) -> Response:
    try:
        done = act_on_batch(services, asked.act, batch_id=batch_id, budget=asked.budget)
    except UserFacingError as error:
        status = 404 if isinstance(error, NotFound) else 422 if isinstance(error, UsageError) else 409
        return problem(status, error.code, error.sentence)
    content = {"sentence": acted_sentence(asked.act, done), "state": done.state}
    return JSONResponse(content, headers={"Cache-Control": "no-store"})
