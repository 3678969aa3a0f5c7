"""One thing done to many characters: asked first what it would do and cost, then done."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from db.errors import Conflict, NotFound, UserFacingError
from ui.handlers import bulk
from ui.handlers.bulk import Wanted
from ui.routes.problem import problem
from ui.routes.question import read_question, unclear
from ui.services import StudioServices
from ui.views.bulk import (
    BulkTold,
    afterwards,
    done_sentence,
    left_out_sentences,
    meaning,
    plan_sentence,
)

LONGEST_BODY = 256 * 1024  # bytes of JSON: 5000 ids


class Asked(BaseModel):
    """Whom it is for, by ids or by the list's `address`, and what; `agreed` is the price that was seen."""

    model_config = ConfigDict(strict=True, extra="forbid")

    action: str = Field(max_length=32)
    ids: list[str] = Field(default_factory=list, max_length=5000)
    address: str | None = Field(default=None, max_length=2000)
    style: str = Field(default="", max_length=64)
    tag: str = Field(default="", max_length=200)
    agreed: int = Field(default=0, ge=0)  # micro-dollars
    confirmed: int = Field(default=0, ge=0)  # how many, as the person wrote it down

    @property
    def wanted(self) -> Wanted:
        """What is to be done."""
        return Wanted(self.action, self.style, self.tag, self.agreed, self.confirmed)


def bulk_router(services: StudioServices) -> APIRouter:
    """`POST /api/characters/bulk/plan` and `/api/characters/bulk`."""
    routes = APIRouter()

    @routes.post("/api/characters/bulk/plan", include_in_schema=False)
    async def plan(request: Request) -> Response:
        """`{"sentence", "count", "microusd", "meaning", "left_out"}`: nothing is done yet."""
        return await _answered(request, lambda asked: _plan(services, asked))

    @routes.post("/api/characters/bulk", include_in_schema=False)
    async def perform(request: Request) -> Response:
        """`{"sentence", "count", "afterwards", "left_out"}`."""
        return await _answered(request, lambda asked: _perform(services, asked))

    return routes


def _plan(services: StudioServices, asked: Asked) -> Response:
    ids = bulk.chosen(services, asked.ids, asked.address)
    found = bulk.plan(services, asked.wanted, ids)
    told = _told_of(
        asked,
        len(found.ids),
        microusd=found.microusd,
        photos=found.photos,
        pictures=found.pictures,
        processors=found.processors,
    )
    return JSONResponse(
        {
            "sentence": plan_sentence(told),
            "count": told.count,
            "microusd": found.microusd,
            "meaning": meaning(told) if told.count else [],
            "left_out": left_out_sentences(found.left_out),
        }
    )


def _perform(services: StudioServices, asked: Asked) -> Response:
    ids = bulk.chosen(services, asked.ids, asked.address)
    done = bulk.perform(services, asked.wanted, ids)
    told = _told_of(asked, done.done, problem=done.problem, unfinished=done.unfinished)
    return JSONResponse(
        {
            "sentence": done_sentence(told),
            "count": done.done,
            "afterwards": afterwards(told),
            "left_out": left_out_sentences(done.left_out),
        }
    )


def _told_of(asked: Asked, count: int, **numbers: Any) -> BulkTold:
    return BulkTold(asked.action, count, style=asked.style, tag=asked.tag, **numbers)


async def _answered(request: Request, answer: Callable[[Asked], Response]) -> Response:
    asked = await read_question(request, Asked, LONGEST_BODY)
    return await run_in_threadpool(_told, lambda: answer(asked)) if asked else unclear()


def _told(answer: Callable[[], Response]) -> Response:
    try:
        return answer()
    except UserFacingError as error:
        status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Conflict) else 422
        return problem(status, error.code, error.sentence)
