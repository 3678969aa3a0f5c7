"""Webhooks: what providers tell of their own accord. They only ever add evidence.

A delivery is believed by its signature alone, and only about calls to the provider that signed it. Replayed,
reordered, late or doubled it changes nothing more: a call is settled once, and only while its outcome is
unknown.
"""

import re
from collections.abc import Mapping

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from db.log import Log
from flows.request_body import BodyTooLong, read_body
from tasks.providers.spec import Setup, WebhookReceiver
from tasks.providers.specs import all_specs
from tasks.providers.webhook import NotGenuine
from tasks.runtime import Runtime
from tasks.settlement.reconcile import resume_call, settle_by_provider_record
from ui.routes.problem import problem

log = Log("webhooks")

_CALL_ID = re.compile(r"[0-9a-f-]{36}")
LONGEST_BODY = 2 * 1024 * 1024  # bytes; a prediction with a photo by value in it is under half a megabyte


def webhook_receivers(setup: Setup) -> dict[str, WebhookReceiver]:
    """Who may deliver, by the provider's id: every provider whose deliveries the settings let us check.

    A receiver that can't be made is left out: a broken package must not keep the studio from starting.
    """
    made = {}
    for spec in all_specs().values():
        if not spec.webhook:
            continue
        try:
            receiver = spec.load(spec.webhook)(setup)
        except Exception as error:
            log.error("webhooks left out", error=error, provider=spec.id)
            continue
        if receiver is not None:
            made[spec.id] = receiver
    return made


def hooks_router(runtime: Runtime, receivers: Mapping[str, WebhookReceiver]) -> APIRouter:
    """`POST /hooks/<provider>/{call}` for every provider in `receivers`, and for no other."""
    routes = APIRouter()
    for provider, receiver in receivers.items():
        _add_route(routes, runtime, provider, receiver)
    return routes


def _add_route(routes: APIRouter, runtime: Runtime, provider: str, receiver: WebhookReceiver) -> None:
    @routes.post(f"/hooks/{provider}/{{call}}", include_in_schema=False)
    async def deliver(call: str, request: Request) -> Response:
        if not _CALL_ID.fullmatch(call):
            return problem(404, "no_such_call", "There is no such call.")
        try:
            body = await read_body(request, LONGEST_BODY)
        except ClientDisconnect:
            return problem(400, "incomplete", "The delivery broke off.")
        except BodyTooLong:
            return problem(413, "too_large", "This delivery is too large.")
        try:
            await run_in_threadpool(receiver.check, body, request.headers)
        except NotGenuine as error:
            return problem(401, error.code, error.sentence)
        provider_record = receiver.read(body)
        if provider_record is None:
            return problem(400, "no_prediction", "There is no prediction in this delivery.")
        await run_in_threadpool(settle_by_provider_record, runtime, call, provider_record, provider=provider)
        # Answered first: the picture takes longer than a provider waits.
        fetching = BackgroundTask(resume_call, runtime, call) if provider_record.is_final else None
        return Response(status_code=204, background=fetching)
