"""The rehearsal cloud as one application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ui.rehearsal.answer import openai_error, replicate_problem
from ui.rehearsal.artist import Artist
from ui.rehearsal.cloud import Cloud
from ui.rehearsal.facts import Facts
from ui.rehearsal.fault_middleware import FaultInjectionMiddleware
from ui.rehearsal.faults import Fault, Faults
from ui.rehearsal.openai.api import openai_router
from ui.rehearsal.operator_api import operator_router
from ui.rehearsal.photos import local_client
from ui.rehearsal.replicate.api import replicate_router
from ui.rehearsal.replicate.prediction_service import PredictionService
from ui.rehearsal.settings import RehearsalSettings
from ui.rehearsal.usage_log import UsageLog


def create_cloud(settings: RehearsalSettings, faults: list[Fault]) -> Cloud:
    """The parts of a rehearsal. Raises UsageError when another one keeps the same books."""
    bank = UsageLog(settings.books)
    artist, client = Artist(quick=settings.quick), local_client(settings.trusted)
    desk = PredictionService(settings, bank, artist, client)
    return Cloud(settings, bank, Faults(faults), artist, client, desk)


def create_rehearsal(cloud: Cloud) -> FastAPI:
    """The application; it answers to this machine's own names only."""

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await cloud.close()

    app = FastAPI(
        title="Storykin's rehearsal cloud", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None
    )
    for router in (openai_router(cloud), replicate_router(cloud), operator_router(cloud)):
        app.include_router(router)
    app.add_middleware(FaultInjectionMiddleware, faults=cloud.faults, bank=cloud.bank)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    app.add_exception_handler(HTTPException, _not_here)
    return app


async def _not_here(request: Request, error: Exception) -> Response:
    """An address that neither provider has, or that a rehearsal does without."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    facts = getattr(request.state, "facts", None)
    if not isinstance(facts, Facts):
        return JSONResponse({"detail": "There is nothing here."}, status)
    if facts.vendor == "openai":
        return openai_error(status, f"Invalid URL ({facts.method} {facts.path})")
    return replicate_problem(status, "The requested resource could not be found.")
