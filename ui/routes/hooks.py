"""Webhooks: what Replicate tells of its own accord. They only ever add evidence.

A delivery is believed by its signature alone. Replayed, reordered, late or doubled it changes nothing more:
a call is settled once, and only while its outcome is unknown.
"""

import re
from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tasks.providers.replicate.records import sighting_in
from tasks.providers.replicate.webhook_signature import NotGenuine, check_signature, nobody_to_ask
from tasks.runtime import Runtime
from tasks.settlement.reconcile import resume, settle_by_sighting
from ui.routes.problem import problem

_CALL_ID = re.compile(r"[0-9a-f-]{36}")
LONGEST_BODY = 2 * 1024 * 1024  # bytes; a prediction with a photo by value in it is under half a megabyte


def hooks_router(
    runtime: Runtime, secret: str, provider_time: Callable[[], datetime | None] = nobody_to_ask
) -> APIRouter:
    """`POST /hooks/replicate/{call}`. Without a `secret` nothing could be believed: no such path."""
    routes = APIRouter()
    if secret:
        _add_replicate(routes, runtime, secret, provider_time)
    return routes


def _add_replicate(
    routes: APIRouter, runtime: Runtime, secret: str, provider_time: Callable[[], datetime | None]
) -> None:
    @routes.post("/hooks/replicate/{call}", include_in_schema=False)
    async def replicate(call: str, request: Request) -> Response:
        if not _CALL_ID.fullmatch(call):
            return problem(404, "no_such_call", "There is no such call.")
        try:
            body = await _body(request)
        except ClientDisconnect:
            return problem(400, "incomplete", "The delivery broke off.")
        if body is None:
            return problem(413, "too_large", "This delivery is too large.")
        try:
            await run_in_threadpool(
                check_signature, body, request.headers, secret, provider_time=provider_time
            )
        except NotGenuine as error:
            return problem(401, error.code, error.sentence)
        sighting = sighting_in(body)
        if sighting is None:
            return problem(400, "no_prediction", "There is no prediction in this delivery.")
        await run_in_threadpool(settle_by_sighting, runtime, call, sighting)
        # Answered first: the picture takes longer than Replicate waits.
        fetching = BackgroundTask(resume, runtime, call) if sighting.is_final else None
        return Response(status_code=204, background=fetching)


async def _body(request: Request) -> bytes | None:
    """The raw body, or None when it is longer than any prediction is."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LONGEST_BODY:
            return None
    return bytes(received)
