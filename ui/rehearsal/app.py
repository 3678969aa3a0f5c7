"""The rehearsal cloud as one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ui.rehearsal.cloud import Cloud
from ui.rehearsal.engine import RehearsalEngine
from ui.rehearsal.fault_middleware import FaultInjectionMiddleware
from ui.rehearsal.faults import Fault, Faults
from ui.rehearsal.openai.api import openai_router
from ui.rehearsal.operator_api import operator_router
from ui.rehearsal.photos import local_client
from ui.rehearsal.replicate.api import replicate_router
from ui.rehearsal.replicate.prediction_service import PredictionService
from ui.rehearsal.request_info import RequestInfo
from ui.rehearsal.responses import openai_error, replicate_problem
from ui.rehearsal.settings import RehearsalSettings
from ui.rehearsal.usage_log import UsageLog


def create_cloud(settings: RehearsalSettings, faults: list[Fault]) -> Cloud:
    """Build the parts of a rehearsal. UsageError when another process writes the same usage log."""
    usage_log = UsageLog(settings.books)
    engine, client = RehearsalEngine(quick=settings.quick), local_client(settings.trusted)
    predictions = PredictionService(settings, usage_log, engine, client)
    return Cloud(settings, usage_log, Faults(faults), engine, client, predictions)


def create_rehearsal(cloud: Cloud) -> FastAPI:
    """The ASGI application for `cloud`; other Host headers than this machine's names are refused."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await cloud.close()

    app = FastAPI(
        title="Storykin's rehearsal cloud", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    for router in (openai_router(cloud), replicate_router(cloud), operator_router(cloud)):
        app.include_router(router)
    app.add_middleware(FaultInjectionMiddleware, faults=cloud.faults, usage_log=cloud.usage_log)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    app.add_exception_handler(HTTPException, _not_found)
    return app


async def _not_found(request: Request, error: Exception) -> Response:
    """404 (or the error's status) in the format of the vendor that the path belongs to."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    info = getattr(request.state, "info", None)
    if not isinstance(info, RequestInfo):
        return JSONResponse({"detail": "There is nothing here."}, status)
    if info.vendor == "openai":
        return openai_error(status, f"Invalid URL ({info.method} {info.path})")
    return replicate_problem(status, "The requested resource could not be found.")
