"""One thing done to many characters: asked first what it would do and cost, then done."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from db.errors import Conflict, NotFound, UserFacingError
from ui.handlers import bulk
from ui.routes.problem import problem
from ui.services import StudioServices


class Asked(BaseModel):
    """Whom it is for, by ids or by the list's `address`, and what; `agreed` is the price that was seen."""

    model_config = ConfigDict(strict=True, extra="forbid")

    action: str = Field(max_length=32)
    ids: list[str] = Field(default_factory=list, max_length=5000)
    address: str | None = Field(default=None, max_length=2000)
    style: str = Field(default="", max_length=64)
    agreed: int = Field(default=0, ge=0)  # micro-dollars


def bulk_router(services: StudioServices) -> APIRouter:
    """`POST /api/characters/bulk/plan` and `/api/characters/bulk`."""
    routes = APIRouter()

    @routes.post("/api/characters/bulk/plan", include_in_schema=False)
    def plan(asked: Asked) -> Response:
        """`{"sentence", "count", "microusd", "left_out"}`: nothing is done yet."""
        try:
            ids = bulk.chosen(services, asked.ids, asked.address)
            told = bulk.plan(services, asked.action, ids, asked.style)
        except UserFacingError as error:
            return _problem(error)
        return JSONResponse(
            {
                "sentence": bulk.plan_words(asked.action, asked.style, told),
                "count": len(told.ids),
                "microusd": told.microusd,
                "left_out": bulk.left_out_words(told.left_out),
            }
        )

    @routes.post("/api/characters/bulk", include_in_schema=False)
    def perform(asked: Asked) -> Response:
        """`{"sentence", "count", "left_out"}`."""
        try:
            ids = bulk.chosen(services, asked.ids, asked.address)
            done = bulk.perform(services, asked.action, ids, asked.style, asked.agreed)
        except UserFacingError as error:
            return _problem(error)
        return JSONResponse(
            {
                "sentence": bulk.done_words(asked.action, asked.style, done),
                "count": done.done,
                "left_out": bulk.left_out_words(done.left_out),
            }
        )

    return routes


def _problem(error: UserFacingError) -> Response:
    status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Conflict) else 422
    return problem(status, error.code, error.sentence)
