"""Webhooks: genuine ones settle once; forged, stale, doubled and misdirected ones change nothing."""

import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from db.ids import new_id, utc_now
from db.models import CallKind, CallState, ProviderCall
from db.repositories import calls, claims
from tasks.providers import registry
from tasks.providers.replicate.webhooks import ReplicateWebhooks
from tasks.runtime import Runtime
from tests.contract.replicate_answers import done, failed, prediction
from tests.support.providers import BookkeepingImage
from tests.support.runtimes import open_runtime
from ui.routes.hooks import LONGEST_BODY, hooks_router, webhook_receivers
from ui.security import SecurityMiddleware, SecurityPolicy

SECRET = "whsec_" + b64encode(b"the secret of the test, 32 bytes").decode()
OTHER_SECRET = "whsec_" + b64encode(b"somebody else's secret, 32 bytes").decode()


def signature(body: bytes, *, id: str, at: int, secret: str = SECRET) -> str:
    """As Standard Webhooks has it: HMAC-SHA256 over `id.timestamp.body`, by no package that checks it."""
    key = b64decode(secret.removeprefix("whsec_"))
    return "v1," + b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, "sha256")).decode()


@dataclass(frozen=True)
class Delivery:
    """One webhook, as it goes over the wire."""

    call_id: str
    body: bytes
    headers: dict[str, str]


def delivery(
    call_id: str, content: Any, *, id: str = "msg_1", age: int = 0, secret: str = SECRET
) -> Delivery:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    at = int(time.time()) - age
    signed = signature(body, id=id, at=at, secret=secret)
    return Delivery(
        call_id,
        body,
        {
            "webhook-id": id,
            "webhook-timestamp": str(at),
            "webhook-signature": signed,
            "content-type": "application/json",
        },
    )


@pytest.fixture
def runtime(tmp_path: Path, migrated_record: Path) -> Iterator[Runtime]:
    with open_runtime(tmp_path, migrated_record, BookkeepingImage(name="replicate")) as runtime:
        yield runtime


@pytest.fixture
async def browser(runtime: Runtime) -> Any:
    app = FastAPI()
    app.include_router(hooks_router(runtime, {"replicate": ReplicateWebhooks(SECRET)}))
    app.add_middleware(SecurityMiddleware, policy=SecurityPolicy("https://storykin.example"))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://storykin.example") as client:
        yield client


async def knock(browser: httpx.AsyncClient, told: Delivery) -> int:
    path = f"/hooks/replicate/{told.call_id}"
    return (await browser.post(path, content=told.body, headers=told.headers)).status_code


def a_call(runtime: Runtime, *states: CallState, work: str = "w") -> ProviderCall:
    with runtime.record.writing() as session:
        call = claims.claim(
            session,
            work_key=work * 64,
            kind=CallKind.IMAGE,
            provider="replicate",
            model="google/nano-banana-2.1",
            estimate_microusd=67_000,
            owner="w",
            lease_seconds=60,
        ).call
        for state in states:
            call = calls.advance(session, call_id=call.id, fence=call.fence, to=state)
        return call


def as_it_is(runtime: Runtime, call: ProviderCall) -> ProviderCall:
    with runtime.record.reading() as session:
        return calls.get(session, call.id)


@pytest.fixture
def unknown(runtime: Runtime) -> ProviderCall:
    return a_call(runtime, CallState.SENDING, CallState.UNKNOWN)


async def test_a_genuine_delivery_settles_its_call(
    browser: httpx.AsyncClient, runtime: Runtime, unknown: ProviderCall
) -> None:
    told = delivery(unknown.id, prediction("processing", call_id=unknown.id))
    assert await knock(browser, told) == 204
    call = as_it_is(runtime, unknown)
    assert (call.state, call.provider_id) == (CallState.ACCEPTED, "p1")


async def test_the_same_delivery_again_changes_nothing(
    browser: httpx.AsyncClient, runtime: Runtime, unknown: ProviderCall
) -> None:
    told = delivery(unknown.id, done(call_id=unknown.id))
    assert await knock(browser, told) == 204
    before = as_it_is(runtime, unknown)
    assert await knock(browser, told) == 204
    after = as_it_is(runtime, unknown)
    assert (after.state, after.fence, after.updated_at) == (before.state, before.fence, before.updated_at)


async def test_start_after_completed_changes_nothing_more(
    browser: httpx.AsyncClient, runtime: Runtime, unknown: ProviderCall
) -> None:
    await knock(browser, delivery(unknown.id, failed("CUDA", call_id=unknown.id), id="msg_2"))
    assert as_it_is(runtime, unknown).state is CallState.FAILED
    assert await knock(browser, delivery(unknown.id, prediction(call_id=unknown.id))) == 204
    assert as_it_is(runtime, unknown).state is CallState.FAILED


async def test_a_delivery_before_the_answer_is_kept_as_evidence(
    browser: httpx.AsyncClient, runtime: Runtime
) -> None:
    call = a_call(runtime, CallState.SENDING)
    assert await knock(browser, delivery(call.id, prediction(call_id=call.id))) == 204
    now = as_it_is(runtime, call)
    assert (now.state, now.fence, now.provider_id) == (CallState.SENDING, call.fence, "p1")


@pytest.mark.parametrize(
    "states",
    [
        [CallState.SENDING, CallState.ACCEPTED],
        [CallState.SENDING, CallState.ACCEPTED, CallState.DELIVERED],
        [CallState.SENDING, CallState.REFUSED],
        [CallState.SENDING, CallState.UNKNOWN, CallState.WRITTEN_OFF],
    ],
    ids=str,
)
async def test_a_late_delivery_leaves_every_other_state_alone(
    browser: httpx.AsyncClient, runtime: Runtime, states: list[CallState]
) -> None:
    call = a_call(runtime, *states)
    assert await knock(browser, delivery(call.id, done(call_id=call.id))) == 204
    now = as_it_is(runtime, call)
    assert (now.state, now.fence) == (call.state, call.fence)
    with runtime.record.reading() as session:
        (late,) = calls.unknown(session)  # what the provider has besides is on record by itself
    assert (late.provider_id, late.attempt_of, late.estimate_microusd) == ("p1", call.id, 67_000)


async def test_word_of_a_call_that_the_record_holds_for_unsent_takes_it_on(
    browser: httpx.AsyncClient, runtime: Runtime
) -> None:
    """The record may be yesterday's, or its worker about to send once more what has arrived."""
    call = a_call(runtime)
    assert await knock(browser, delivery(call.id, prediction(call_id=call.id))) == 204
    now = as_it_is(runtime, call)
    assert (now.state, now.provider_id, now.fence > call.fence) == (CallState.ACCEPTED, "p1", True)
    assert now.sent_at is not None


def spoiled(genuine: Delivery) -> dict[str, Delivery]:
    headers = genuine.headers
    return {
        "another body": replace(genuine, body=genuine.body.replace(b"succeeded", b"failed")),
        "one more blank": replace(genuine, body=genuine.body + b" "),
        "another id": replace(genuine, headers=headers | {"webhook-id": "msg_2"}),
        "another time": replace(
            genuine, headers=headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}
        ),
        "its time in other digits": replace(
            genuine, headers=headers | {"webhook-timestamp": f" +{headers['webhook-timestamp']}"}
        ),
        "its time with a fraction": replace(
            genuine, headers=headers | {"webhook-timestamp": f"{headers['webhook-timestamp']}.5"}
        ),
        "no time": replace(genuine, headers=headers | {"webhook-timestamp": "soon"}),
        "a time without end": replace(genuine, headers=headers | {"webhook-timestamp": "9" * 400}),
        "no signature": replace(genuine, headers=headers | {"webhook-signature": ""}),
        "half a signature": replace(genuine, headers=headers | {"webhook-signature": "v1"}),
        "a broken signature": replace(genuine, headers=headers | {"webhook-signature": "v1,%%%"}),
        "no headers": replace(genuine, headers={}),
        "no text": replace(genuine, body=b"\xff\xfe\x00"),
        "another's secret": delivery(genuine.call_id, genuine.body, secret=OTHER_SECRET),
        "a quarter of an hour old": delivery(genuine.call_id, genuine.body, age=900),
        "from the future": delivery(genuine.call_id, genuine.body, age=-900),
    }


@pytest.mark.parametrize("how", spoiled(delivery("x", b"{}")).keys())
async def test_what_is_not_genuine_is_turned_away(
    browser: httpx.AsyncClient, runtime: Runtime, unknown: ProviderCall, how: str
) -> None:
    told = spoiled(delivery(unknown.id, done(call_id=unknown.id)))[how]
    assert await knock(browser, told) == 401
    now = as_it_is(runtime, unknown)
    assert (now.state, now.fence) == (CallState.UNKNOWN, unknown.fence)


async def test_of_several_signatures_one_is_enough(
    browser: httpx.AsyncClient, runtime: Runtime, unknown: ProviderCall
) -> None:
    told = delivery(unknown.id, done(call_id=unknown.id))
    old = delivery(unknown.id, told.body, secret=OTHER_SECRET).headers["webhook-signature"]
    both = f"{old} {told.headers['webhook-signature']}"
    assert await knock(browser, replace(told, headers=told.headers | {"webhook-signature": both})) == 204


@pytest.mark.parametrize("beside", ["v1,AAAA", "v2,xx", "v1a,c2lnbmVk", "v1", "v1,%%%", ","])
async def test_a_signature_of_another_kind_beside_it_does_no_harm(
    browser: httpx.AsyncClient, runtime: Runtime, unknown: ProviderCall, beside: str
) -> None:
    told = delivery(unknown.id, done(call_id=unknown.id))
    both = f"{beside} {told.headers['webhook-signature']}"
    assert await knock(browser, replace(told, headers=told.headers | {"webhook-signature": both})) == 204
    assert as_it_is(runtime, unknown).state is CallState.ACCEPTED


async def test_a_right_signature_under_another_version_is_none(
    browser: httpx.AsyncClient, unknown: ProviderCall
) -> None:
    told = delivery(unknown.id, done(call_id=unknown.id))
    renamed = told.headers["webhook-signature"].replace("v1,", "v2,")
    assert await knock(browser, replace(told, headers=told.headers | {"webhook-signature": renamed})) == 401


@pytest.mark.parametrize(("age", "answer"), [(290, 204), (-290, 204), (310, 401), (-310, 401)])
async def test_five_minutes_late_is_late(
    browser: httpx.AsyncClient, unknown: ProviderCall, age: int, answer: int
) -> None:
    told = delivery(unknown.id, prediction(call_id=unknown.id), age=age)
    assert await knock(browser, told) == answer


async def test_a_genuine_delivery_to_another_calls_path_settles_nothing(
    browser: httpx.AsyncClient, runtime: Runtime, unknown: ProviderCall
) -> None:
    about = a_call(runtime, CallState.SENDING, CallState.ACCEPTED, work="x")
    told = delivery(about.id, done(call_id=about.id))
    assert await knock(browser, replace(told, call_id=unknown.id)) == 204
    assert as_it_is(runtime, unknown).state is CallState.UNKNOWN


async def test_a_delivery_for_a_call_that_is_gone_is_taken_and_forgotten(browser: httpx.AsyncClient) -> None:
    call_id = new_id()
    assert await knock(browser, delivery(call_id, done(call_id=call_id))) == 204
    assert await knock(browser, delivery("../../etc", done())) == 404


@pytest.mark.parametrize("content", [b"not json", b"[]", b'{"status": "succeeded"}', b"null"])
async def test_a_signed_body_without_a_prediction_is_told_so(
    browser: httpx.AsyncClient, unknown: ProviderCall, content: bytes
) -> None:
    assert await knock(browser, delivery(unknown.id, content)) == 400


async def test_a_huge_body_is_not_read_to_its_end(browser: httpx.AsyncClient, unknown: ProviderCall) -> None:
    assert await knock(browser, delivery(unknown.id, b" " * (LONGEST_BODY + 1))) == 413


async def test_without_a_secret_there_is_no_such_path(runtime: Runtime) -> None:
    app = FastAPI()
    app.include_router(hooks_router(runtime, webhook_receivers(registry.setup())))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="https://storykin.example"
    ) as client:
        assert await knock(client, delivery(new_id(), done())) == 404


async def test_a_browser_on_another_site_is_still_turned_away(
    browser: httpx.AsyncClient, unknown: ProviderCall
) -> None:
    told = delivery(unknown.id, done(call_id=unknown.id))
    headers = told.headers | {"origin": "https://evil.example"}
    assert await knock(browser, replace(told, headers=headers)) == 403


@pytest.mark.parametrize(("age", "off", "status"), [(900, -900, 204), (-900, 900, 204), (900, 0, 401)])
async def test_how_old_a_delivery_is_the_clock_says_by_which_it_was_signed(
    runtime: Runtime, unknown: ProviderCall, age: int, off: int, status: int
) -> None:
    """This machine's clock may be wrong: then every genuine delivery would be turned away."""
    app = FastAPI()
    app.include_router(
        hooks_router(
            runtime, {"replicate": ReplicateWebhooks(SECRET, lambda: utc_now() + timedelta(seconds=off))}
        )
    )
    told = delivery(unknown.id, done(call_id=unknown.id), age=age)
    forged = delivery(unknown.id, done(call_id=unknown.id), secret=OTHER_SECRET, age=age)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="https://storykin.example"
    ) as client:
        assert await knock(client, forged) == 401
        assert await knock(client, told) == status


async def test_a_provider_has_no_say_in_a_call_to_another(runtime: Runtime, unknown: ProviderCall) -> None:
    """Signed as it should be, by somebody the studio also works with."""
    app = FastAPI()
    app.include_router(hooks_router(runtime, {"acme": ReplicateWebhooks(SECRET)}))
    told = delivery(unknown.id, done(call_id=unknown.id))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="https://storykin.example"
    ) as client:
        answer = await client.post(f"/hooks/acme/{unknown.id}", content=told.body, headers=told.headers)
    assert answer.status_code == 204
    assert as_it_is(runtime, unknown).state is CallState.UNKNOWN
