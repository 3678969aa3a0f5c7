"""Our providers, the ledger and the evidence against the rehearsal cloud: whatever it does, its bank shows
one bill for one picture, and the picture is ours in the end.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from fastapi import FastAPI

from db.engine import Record
from db.models import CallState, ProviderCall
from db.repositories import calls
from tasks.create_character import create_character
from tasks.describe_photo import describe_photo
from tasks.errors import CallFailed, NotReady, NotSent, OutcomeUnknown, OutputLost, ProviderError, Refused
from tasks.illustrate import illustrate
from tasks.intake.normalize import NormalizedPhoto
from tasks.providers import output_life
from tasks.providers.model_registry import image_model
from tasks.providers.openai.vision import OpenAISettings, OpenAIVision
from tasks.providers.protocols import Photo
from tasks.providers.replicate.image import Patience, ReplicateImage
from tasks.providers.replicate.inputs import check_schema
from tasks.providers.replicate.webhooks import ReplicateWebhooks
from tasks.providers.replicate.wire import ReplicateWire
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tasks.settlement.reconcile import ReconcileRules, settle_unknown_calls
from tasks.write_prompt import PictureWork, write_prompt
from tests.contract.replicate_answers import photo
from tests.support.providers import BookkeepingImage, BookkeepingVision
from tests.support.records import fresh_record
from tests.support.rehearsal import (
    API_KEY,
    API_TOKEN,
    Rehearsal,
    running_rehearsal,
    session_rehearsal,
)
from tests.support.runtimes import name_every_provider
from tests.support.waiting import until
from tests.support.web_server import free_socket, serving, url_of
from ui.routes.hooks import hooks_router

__all__ = ["running_rehearsal", "session_rehearsal"]

SLUG = "google/nano-banana-2.1"
AT_ONCE = ReconcileRules(grace=timedelta(0))  # this cloud's list lags only when it is told to


@dataclass
class Rehearsed:
    """A picture to be made, and the cloud it is asked of."""

    cloud: Rehearsal
    runtime: Runtime
    work: PictureWork

    def draw(self) -> str:
        return illustrate(self.runtime, self.work)

    @property
    def call(self) -> ProviderCall:
        with self.runtime.record.reading() as session:
            call = calls.by_work_key(session, self.work.work_key)
            assert call is not None
            return call

    @property
    def accepted(self) -> int:
        """How many requests for this picture the cloud took on."""
        return len(self.cloud.entries_of(self.call.id))

    @property
    def billed_microusd(self) -> int:
        return sum(entry.charge_microusd for entry in self.cloud.entries_of(self.call.id))


@pytest.fixture
def rehearsed(running_rehearsal: Rehearsal, tmp_path: Path) -> Iterator[Rehearsed]:
    url = fresh_record(tmp_path / "record.db")
    store = DiskStore(tmp_path / "store", base_url="http://127.0.0.1:7860", secret=b"s" * 32)
    runtime = Runtime(
        record=Record(url),
        store=store,
        vision=BookkeepingVision(),
        image=BookkeepingImage(),
    )
    runtime = replace(runtime, image=_image(running_rehearsal, runtime))
    yield Rehearsed(running_rehearsal, runtime, _work(runtime, tmp_path.name))
    runtime.record.close()


def _image(cloud: Rehearsal, runtime: Runtime, hook_base: str = "") -> ReplicateImage:
    brief = httpx.Timeout(5.0)
    return ReplicateImage(
        ReplicateWire(API_TOKEN, cloud.url, create_timeout=brief, read_timeout=brief),
        slug=SLUG,
        store=runtime.store,
        hook_base=hook_base,
        patience=Patience(deadline=5.0, first_pause=0.05, longest_pause=0.2),
    )


def _work(runtime: Runtime, name: str) -> PictureWork:
    seen = Photo(data=photo().data, sha256=hashlib.sha256(photo().data).hexdigest(), width=120, height=120)
    character_id = create_character(
        runtime,
        photo=NormalizedPhoto(photo=seen, faces=1, warnings=[]),
        name=name,
        gender="girl",
        consent=True,
    )
    name_every_provider(runtime, character_id)
    profile_id = describe_photo(runtime, character_id)
    return write_prompt(
        runtime, character_id=character_id, profile_id=profile_id, style="storybook", ordinal=1
    )


def test_a_picture_is_drawn_billed_once_and_kept(rehearsed: Rehearsed) -> None:
    rehearsed.draw()
    call = rehearsed.call
    assert call.state is CallState.STORED
    assert rehearsed.accepted == 1
    assert call.actual_microusd == call.estimate_microusd


LOST_ANSWERS: list[dict[str, Any]] = [
    {"kind": "delay", "when": "after", "seconds": 6.0},
    {"kind": "drop", "when": "before"},
    {"kind": "drop", "when": "after"},
    {"kind": "cut"},
    {"kind": "truncated"},
    {"kind": "empty_body", "when": "after"},
    {"kind": "html", "when": "before"},
    {"kind": "html", "when": "after"},
    {"kind": "html", "when": "after", "status": 200},
    *(
        {"kind": "status", "when": when, "status": status}
        for when in ("before", "after")
        for status in (500, 502, 503, 504)
    ),
]


@pytest.mark.parametrize("fault", LOST_ANSWERS, ids=str)
def test_a_lost_answer_is_settled_by_the_books_and_billed_once(
    rehearsed: Rehearsed, fault: dict[str, Any]
) -> None:
    rehearsed.cloud.fault(operation="create", **fault)
    try:
        rehearsed.draw()
    except OutcomeUnknown:
        before = rehearsed.accepted
        with pytest.raises(OutcomeUnknown):
            rehearsed.draw()  # no machine sends it again
        assert rehearsed.accepted == before
        # That it never arrived is believed of books that were read twice.
        assert any(settle_unknown_calls(rehearsed.runtime, rules=AT_ONCE) for _ in range(2))
        rehearsed.draw()
    assert rehearsed.call.state is CallState.STORED
    assert rehearsed.accepted == 1
    assert rehearsed.call.actual_microusd == rehearsed.billed_microusd


def test_books_that_lag_prove_nothing_yet(rehearsed: Rehearsed) -> None:
    rehearsed.cloud.fault("status", operation="create", when="after", status=500)
    rehearsed.cloud.fault("list_late", seconds=600.0)
    with pytest.raises(OutcomeUnknown):
        rehearsed.draw()
    assert settle_unknown_calls(rehearsed.runtime) == []
    rehearsed.cloud.behave()
    settle_unknown_calls(rehearsed.runtime)
    rehearsed.draw()
    assert rehearsed.accepted == 1


def test_books_without_inputs_prove_nothing(rehearsed: Rehearsed) -> None:
    rehearsed.cloud.fault("drop", operation="create", when="after")
    rehearsed.cloud.fault("list_without_input")
    with pytest.raises(OutcomeUnknown):
        rehearsed.draw()
    assert settle_unknown_calls(rehearsed.runtime, rules=AT_ONCE) == []
    assert rehearsed.call.state is CallState.UNKNOWN


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "e005"}, Refused),
        ({"kind": "e003"}, CallFailed),
        ({"kind": "pa"}, CallFailed),
        ({"kind": "aborted"}, CallFailed),
        ({"kind": "no_output"}, CallFailed),
        ({"kind": "stuck"}, CallFailed),
        ({"kind": "throttled", "operation": "create"}, NotSent),
        ({"kind": "no_credit", "operation": "create"}, CallFailed),
    ],
    ids=str,
)
def test_how_it_ended_is_told_and_the_bill_agrees(
    rehearsed: Rehearsed, fault: dict[str, Any], error: type[ProviderError]
) -> None:
    rehearsed.cloud.fault(**fault)
    with pytest.raises(error):
        rehearsed.draw()
    call = rehearsed.call
    assert (call.actual_microusd or 0) == rehearsed.billed_microusd


@pytest.mark.parametrize("kind", ["missing_output", "expired_output", "junk_output"])
def test_an_output_that_is_not_given_stays_ordered_until_its_hour_is_over(
    rehearsed: Rehearsed, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    rehearsed.cloud.fault(kind)
    for _ in range(2):
        with pytest.raises(NotReady, match="is not bought twice"):
            rehearsed.draw()
    assert rehearsed.call.state in (CallState.ACCEPTED, CallState.DELIVERED)
    # As if the provider kept nothing: no clock that can be set says how old the picture is.
    monkeypatch.setattr(output_life, "OUTPUT_LIFE", -timedelta(days=1))
    for _ in range(2):
        with pytest.raises(OutputLost):
            rehearsed.draw()
    assert rehearsed.accepted == 1
    assert rehearsed.call.actual_microusd == rehearsed.billed_microusd > 0


def test_a_data_url_is_kept(rehearsed: Rehearsed) -> None:
    rehearsed.cloud.fault("data_url")
    rehearsed.draw()
    assert rehearsed.call.state is CallState.STORED


def test_a_changed_schema_is_seen_before_anything_is_paid(rehearsed: Rehearsed) -> None:
    wire = ReplicateWire(API_TOKEN, rehearsed.cloud.url)
    model = image_model(SLUG)
    assert check_schema(model, _schema(wire)) == []
    rehearsed.cloud.fault("schema_changed")
    assert check_schema(model, _schema(wire)) != []


def _schema(wire: ReplicateWire) -> dict[str, Any]:
    published: dict[str, Any] = wire.model(SLUG)["latest_version"]["openapi_schema"]
    return published


def test_the_token_stays_between_us_and_the_api(rehearsed: Rehearsed) -> None:
    rehearsed.draw()
    summary = httpx.get(f"{rehearsed.cloud.url}/bank/summary").json()
    assert summary["keys_shown_to_output_host"] == 0


WEBHOOKS: list[dict[str, Any]] = [
    {},
    {"kind": "webhook_twice"},
    {"kind": "webhook_reordered"},
    {"kind": "webhook_forged"},
    {"kind": "webhook_late", "seconds": 1.0},
]


@pytest.mark.parametrize("fault", WEBHOOKS, ids=str)
def test_webhooks_alone_find_a_picture_whose_answer_was_lost(
    rehearsed: Rehearsed, fault: dict[str, Any]
) -> None:
    """The books tell nothing here, so what settles the call is a signed delivery, before or after it is
    unknown.
    """
    app, listening = FastAPI(), free_socket()
    app.include_router(
        hooks_router(rehearsed.runtime, {"replicate": ReplicateWebhooks(rehearsed.cloud.webhook_secret)})
    )
    assert isinstance(rehearsed.runtime.image, ReplicateImage)
    rehearsed.cloud.fault("drop", operation="create", when="after")
    rehearsed.cloud.fault("list_without_input")
    if fault:
        rehearsed.cloud.fault(**fault)
    hooked = replace(rehearsed.runtime, image=_image(rehearsed.cloud, rehearsed.runtime, url_of(listening)))
    with serving(app, listening):
        with pytest.raises(OutcomeUnknown):
            illustrate(hooked, rehearsed.work)

        def stored() -> bool:
            settle_unknown_calls(hooked)
            return rehearsed.call.state is CallState.STORED

        until(stored, "the picture that the webhook told of")
    assert rehearsed.accepted == 1
    assert rehearsed.call.actual_microusd == rehearsed.billed_microusd


@pytest.mark.parametrize("kind", ["webhook_stale", "webhook_never"])
def test_without_a_good_webhook_and_without_books_it_waits_for_a_person(
    rehearsed: Rehearsed, kind: str
) -> None:
    app, listening = FastAPI(), free_socket()
    app.include_router(
        hooks_router(rehearsed.runtime, {"replicate": ReplicateWebhooks(rehearsed.cloud.webhook_secret)})
    )
    rehearsed.cloud.fault("drop", operation="create", when="after")
    rehearsed.cloud.fault("list_without_input")
    rehearsed.cloud.fault(kind)
    hooked = replace(rehearsed.runtime, image=_image(rehearsed.cloud, rehearsed.runtime, url_of(listening)))
    with serving(app, listening):
        with pytest.raises(OutcomeUnknown):
            illustrate(hooked, rehearsed.work)
        until(lambda: rehearsed.billed_microusd, "the picture to be drawn")
        assert settle_unknown_calls(hooked, rules=AT_ONCE) == []
    assert rehearsed.call.state is CallState.UNKNOWN


def _vision(cloud: Rehearsal) -> OpenAIVision:
    return OpenAIVision(OpenAISettings(api_key=API_KEY, base_url=cloud.openai_url, read_seconds=5.0))


def _charges(cloud: Rehearsal) -> list[int]:
    return [each.charge_microusd for each in cloud.usage.entries.values() if each.operation == "responses"]


def test_what_the_looking_cost_is_what_the_bank_says(running_rehearsal: Rehearsal) -> None:
    before = len(_charges(running_rehearsal))
    answer = _vision(running_rehearsal).describe(photo())
    assert _charges(running_rehearsal)[before:] == [answer.cost_microusd]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "refusal"}, Refused),
        ({"kind": "incomplete"}, CallFailed),
        ({"kind": "incomplete", "reason": "content_filter"}, Refused),
        ({"kind": "failed"}, CallFailed),
        ({"kind": "truncated_json"}, CallFailed),
        ({"kind": "no_text"}, CallFailed),
        ({"kind": "quota", "operation": "responses"}, CallFailed),
        ({"kind": "throttled", "operation": "responses"}, NotSent),
        ({"kind": "html", "operation": "responses"}, OutcomeUnknown),
        ({"kind": "html", "operation": "responses", "status": 200}, OutcomeUnknown),
        ({"kind": "drop", "operation": "responses", "when": "after"}, OutcomeUnknown),
        ({"kind": "drop", "operation": "responses", "when": "before"}, OutcomeUnknown),
        ({"kind": "cut", "operation": "responses"}, OutcomeUnknown),
        ({"kind": "truncated", "operation": "responses"}, OutcomeUnknown),
    ],
    ids=str,
)
def test_a_look_that_fails_is_told_apart_and_its_price_known(
    running_rehearsal: Rehearsal, fault: dict[str, Any], error: type[ProviderError]
) -> None:
    before = len(_charges(running_rehearsal))
    running_rehearsal.fault(**fault)
    with pytest.raises(error) as caught:
        _vision(running_rehearsal).describe(photo())
    charges = _charges(running_rehearsal)[before:]
    assert len(charges) <= 1
    if isinstance(caught.value, CallFailed | Refused):
        assert caught.value.charged_microusd == sum(charges)


class CountedRequests(httpx2.HTTPTransport):
    """The real transport, which counts what it is given to send."""

    def __init__(self) -> None:
        super().__init__(limits=httpx2.Limits(max_keepalive_connections=0))
        self.count = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.count += 1
        return super().handle_request(request)


def _is_its_own_word(fault: dict[str, Any]) -> bool:
    """OpenAI's own 500 and 503 say that nothing was done, and are tried again."""
    return fault.get("status") in (500, 503)


@pytest.mark.parametrize("fault", [each for each in LOST_ANSWERS if not _is_its_own_word(each)], ids=str)
def test_a_lost_look_is_one_request_and_possibly_paid_until_a_person_settles_it(
    rehearsed: Rehearsed, fault: dict[str, Any]
) -> None:
    sent = CountedRequests()
    settings = OpenAISettings(api_key=API_KEY, base_url=rehearsed.cloud.openai_url, read_seconds=2.0)
    runtime = replace(rehearsed.runtime, vision=OpenAIVision(settings, transport=sent))
    rehearsed.cloud.fault(operation="responses", **fault)
    for _ in range(2):  # no machine sends it again
        with pytest.raises(OutcomeUnknown):
            describe_photo(runtime, rehearsed.work.character_id)
    assert sent.count == 1
    assert settle_unknown_calls(runtime, rules=AT_ONCE) == []
    with runtime.record.reading() as session:
        (call,) = calls.unknown(session)
        assert (call.provider, call.actual_microusd) == ("openai", None)
        assert len(rehearsed.cloud.entries_of(call.id)) == (fault.get("when") != "before")
        assert calls.reserved_microusd(session) == call.estimate_microusd > 0


def test_token_counts_of_every_kind_are_billed_alike(running_rehearsal: Rehearsal) -> None:
    usage = {"cached_tokens": 400, "cache_write_tokens": 300, "reasoning_tokens": 250}
    before = len(_charges(running_rehearsal))
    running_rehearsal.fault("usage", usage=usage)
    answer = _vision(running_rehearsal).describe(photo())
    assert (answer.usage["cached"], answer.usage["cache_write"], answer.usage["reasoning"]) == (400, 300, 250)
    assert _charges(running_rehearsal)[before:] == [answer.cost_microusd]
