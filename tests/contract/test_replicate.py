"""ReplicateImage against a real loopback server: one POST whatever happens, a deadline, and what each
answer means.
"""

import io
import socket
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from PIL import Image

from db.ids import new_id, utc_now
from tasks.errors import (
    CallFailed,
    NotReady,
    NotSent,
    OutcomeUnknown,
    OutputLost,
    ProviderError,
    Refused,
    Throttled,
    UsageError,
)
from tasks.providers import output_life
from tasks.providers.http.guarded_fetch import OutputWithheld
from tasks.providers.http.public_addresses import is_here
from tasks.providers.replicate import image
from tasks.providers.replicate import output as replicate_output
from tasks.providers.replicate.image import Patience, ReplicateImage
from tasks.providers.replicate.input_photo import MOST_BYTES, called_for
from tasks.providers.replicate.prediction import PredictionStatus, read_prediction
from tasks.providers.replicate.wire import ReplicateWire
from tasks.providers.request_history import RequestHistory
from tasks.providers.store.disk import DiskStore
from tasks.storage.persist_output import persist_output
from tests.contract.replicate_answers import (
    CALL_ID,
    OTHER_CALL,
    done,
    failed,
    page,
    photo,
    picture_url,
    prediction,
    request,
)
from tests.support.scripted_server import CUT, HANG, Answer, ScriptedServer, Seen, html, scripted_server
from tests.support.shared import errors_by_spec, recorded_body, shared

TOKEN = "r8_thetokenofthetest"
CREATE = "/v1/models/google/nano-banana-2.1/predictions$"
GET = "/v1/predictions/p1$"
CANCEL = "/v1/predictions/p1/cancel$"
LIST = r"/v1/predictions\?"
PRICE = 33_600


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        running.on("GET", LIST, Answer(body=page()))
        yield running


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "store", base_url="http://127.0.0.1:7860", secret=b"s" * 32)


class Clock:
    """Time that passes only while someone sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def replicate(
    server_url: str,
    store: DiskStore,
    *,
    deadline: float = 20.0,
    clock: Clock | None = None,
    exchange: float = 60.0,
    **changes: Any,
) -> ReplicateImage:
    clock, limit = clock or Clock(), httpx.Timeout(exchange)
    return ReplicateImage(
        ReplicateWire(TOKEN, server_url, create_timeout=limit, read_timeout=limit),
        slug=changes.pop("slug", "google/nano-banana-2.1"),
        store=store,
        patience=Patience(deadline=deadline, sleep=clock.sleep, clock=lambda: clock.now),
        **changes,
    )


def submit_error(server: ScriptedServer, store: DiskStore, answer: Answer) -> ProviderError:
    server.on("POST", CREATE, answer)
    with pytest.raises(ProviderError) as caught:
        replicate(server.url, store, exchange=answer.patience).submit(request())
    assert len(server.seen("POST")) == 1, "a paid request leaves exactly once"
    return caught.value


def collect_error(server: ScriptedServer, store: DiskStore, body: dict[str, Any]) -> ProviderError:
    server.on("GET", GET, Answer(body=body))
    with pytest.raises(ProviderError) as caught:
        replicate(server.url, store).collect("p1", request())
    return caught.value


# The request


def test_a_picture_is_asked_for_once_with_a_deadline_and_our_token(
    server: ScriptedServer, store: DiskStore
) -> None:
    server.on("POST", CREATE, Answer(201, prediction()))
    assert replicate(server.url, store, deadline=90).submit(request()) == "p1"
    (asked,) = server.seen("POST")
    assert asked.headers["cancel-after"] == "90s"
    assert asked.headers["cf-aig-max-attempts"] == "1"  # a gateway must not send it again
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert "prefer" not in asked.headers  # waiting inside the request is where answers get lost
    assert set(asked.json) == {"input"}


def test_with_a_webhook_secret_it_is_told_where_to_knock(server: ScriptedServer, store: DiskStore) -> None:
    server.on("POST", CREATE, Answer(202, prediction()))
    replicate(server.url, store, hook_base="https://storykin.example/").submit(request())
    asked = server.requests[0].json
    assert asked["webhook"] == f"https://storykin.example/hooks/replicate/{CALL_ID}"
    assert asked["webhook_events_filter"] == ["start", "completed"]


def test_the_request_is_one_that_the_published_spec_takes(server: ScriptedServer, store: DiskStore) -> None:
    server.on("POST", CREATE, Answer(201, prediction()))
    replicate(server.url, store, hook_base="https://storykin.example").submit(request())
    assert errors_by_spec("replicate", "schemas_prediction_request", server.requests[0].json) == []


def test_a_photo_from_the_disk_goes_by_value_small_and_carries_the_calls_id(
    server: ScriptedServer, store: DiskStore
) -> None:
    server.on("POST", CREATE, Answer(201, prediction()))
    replicate(server.url, store).submit(replace(request(), photo=photo(1800)))
    sent = server.requests[0].json["input"]
    (picture,) = sent["image_input"]
    jpeg = b64decode(picture.partition(",")[2])
    assert len(jpeg) <= MOST_BYTES
    assert len(picture) <= 256 * 1024
    Image.open(io.BytesIO(jpeg)).load()
    assert called_for(sent) == CALL_ID


def test_the_favourite_goes_along_as_the_second_picture(server: ScriptedServer, store: DiskStore) -> None:
    server.on("POST", CREATE, Answer(201, prediction()))
    asked = replace(request(), references=(photo(60),))
    replicate(server.url, store).submit(asked)
    sent = server.requests[0].json["input"]
    sizes = [Image.open(io.BytesIO(b64decode(url.partition(",")[2]))).size for url in sent["image_input"]]
    assert sizes == [(120, 120), (60, 60)]  # the photo first, as the prompt counts them
    assert called_for(sent) == CALL_ID


def test_a_model_of_one_picture_is_asked_with_no_second_one(server: ScriptedServer, store: DiskStore) -> None:
    one = replicate(server.url, store, slug="black-forest-labs/flux-kontext-pro")
    assert (one.most_photos, replicate(server.url, store).most_photos) == (1, 14)
    with pytest.raises(UsageError) as refused:
        one.submit(replace(request(), references=(photo(60),)))
    assert refused.value.code == "too_much_input" and server.seen("POST") == []


def test_the_models_own_field_names_are_used(server: ScriptedServer, store: DiskStore) -> None:
    slug = "black-forest-labs/flux-kontext-pro"
    server.on("POST", f"/v1/models/{slug}/predictions$", Answer(201, prediction()))
    replicate(server.url, store, slug=slug).submit(request())
    sent = server.requests[0].json["input"]
    assert isinstance(sent.pop("input_image"), str)
    assert sent == {
        "prompt": "Redraw the person in the photo.",
        "aspect_ratio": "4:5",
        "output_format": "png",
        "seed": 7,
        "safety_tolerance": 2,
        "prompt_upsampling": False,
    }


def test_a_model_past_its_sunset_is_not_asked(server: ScriptedServer, store: DiskStore) -> None:
    with pytest.raises(UsageError, match=r"google/nano-banana-2\.1"):
        replicate(server.url, store, slug="google/nano-banana").submit(request())
    assert server.requests == []


# What each answer to the create means


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (Answer(400, {"detail": "bad", "status": 400}), CallFailed, "invalid_input"),
        (Answer(401, {"title": "Unauthenticated", "status": 401}), CallFailed, "unauthorized"),
        (Answer(402, {"title": "Insufficient credit", "status": 402}), CallFailed, "insufficient_credit"),
        (Answer(403, {"detail": "no"}), CallFailed, "unauthorized"),
        (Answer(404, {"detail": "no"}), CallFailed, "model_not_found"),
        (Answer(413, {"detail": "no"}), CallFailed, "input_too_large"),
        (Answer(422, {"title": "Input validation failed", "status": 422}), CallFailed, "invalid_input"),
        (Answer(429, {"detail": "Request was throttled."}), Throttled, "rate_limited"),
        (Answer(302, {}, {"Location": "/elsewhere"}), CallFailed, "unexpected_answer"),
        (Answer(500, {"detail": "Internal server error"}), OutcomeUnknown, "outcome_unknown"),
        (Answer(503, {"detail": "unavailable"}), OutcomeUnknown, "outcome_unknown"),
        (Answer(502, {"detail": "bad gateway"}), OutcomeUnknown, "outcome_unknown"),
        (Answer(504, {"detail": "timeout"}), OutcomeUnknown, "outcome_unknown"),
        (html(502), OutcomeUnknown, "outcome_unknown"),
        (html(500), OutcomeUnknown, "outcome_unknown"),
        (html(200), OutcomeUnknown, "outcome_unknown"),
        (Answer(201, {"detail": "accepted, but who are you"}), OutcomeUnknown, "outcome_unknown"),
        (Answer(201, prediction(), sent=60), OutcomeUnknown, "outcome_unknown"),
        (CUT, OutcomeUnknown, "outcome_unknown"),
        (HANG, OutcomeUnknown, "outcome_unknown"),
        (Answer(drip="body"), OutcomeUnknown, "outcome_unknown"),
        (Answer(drip="head"), OutcomeUnknown, "outcome_unknown"),
    ],
)
def test_where_it_failed_says_what_it_means(
    server: ScriptedServer, store: DiskStore, answer: Answer, kind: type[ProviderError], code: str
) -> None:
    told = submit_error(server, store, answer)
    assert (type(told), told.code) == (kind, code)


@pytest.mark.parametrize("answer", [html(200), html(202), Answer(201, ""), Answer(200, [])])
def test_a_success_that_can_not_be_read_says_where_to_look(
    server: ScriptedServer, store: DiskStore, answer: Answer
) -> None:
    told = submit_error(server, store, answer)
    assert isinstance(told, OutcomeUnknown)
    assert "Check REPLICATE_BASE_URL" in told.sentence


def test_a_server_that_is_not_there_was_sent_nothing(store: DiskStore) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    with pytest.raises(NotSent):
        replicate(url, store).submit(request())


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Answer(429, {"detail": "x"}, {"Retry-After": "12"}), 12),
        (Answer(429, {"detail": "Request was throttled. Your rate limit resets in ~30s."}), 30),
        (Answer(429, {"detail": "x"}, {"ratelimit-reset": "9"}), 9),
        (Answer(429, {"detail": "x"}, {"ratelimit-reset": str(int(time.time()) + 10_000)}), 600),
        (Answer(429, {"detail": "x", "retry_after": 10}), 10),
        (Answer(429, {"detail": "x", "retry_after": "10"}), 10),
        (Answer(429, '{"detail": "x", "retry_after": NaN}'), None),
        (Answer(429, '{"detail": "x", "retry_after": 1e999}'), None),
        (Answer(429, {"detail": "x", "retry_after": [1]}), None),
        (Answer(429, {"detail": "x"}, {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}), 600),
        (Answer(429, {"detail": "x"}, {"Retry-After": "soon"}), None),
        (Answer(429, {"detail": "x"}), None),
    ],
)
def test_the_wait_it_asks_for_is_passed_on(
    server: ScriptedServer, store: DiskStore, answer: Answer, wait: float | None
) -> None:
    told = submit_error(server, store, answer)
    assert isinstance(told, NotSent)
    assert told.retry_after == wait


def test_a_500_that_took_the_request_all_the_same_is_found_in_the_books(
    server: ScriptedServer, store: DiskStore
) -> None:
    server.on("POST", CREATE, Answer(500, {"detail": "oops"}))
    server.on("GET", LIST, Answer(body=page(prediction(id="p9", call_id=OTHER_CALL), prediction(id="p2"))))
    assert replicate(server.url, store).submit(request()) == "p2"
    assert len(server.seen("POST")) == 1


@pytest.mark.parametrize(
    "books",
    [html(502), CUT, Answer(body=page(prediction(call_id=None, input={}, data_removed=True)))],
)
def test_a_500_whose_books_say_nothing_is_possibly_paid(
    server: ScriptedServer, store: DiskStore, books: Answer
) -> None:
    server.on("GET", LIST, books)
    assert isinstance(submit_error(server, store, Answer(500, {"detail": "oops"})), OutcomeUnknown)


# Waiting for the picture


def test_it_is_polled_every_one_to_three_seconds_until_it_is_there(
    server: ScriptedServer, store: DiskStore
) -> None:
    waiting = [Answer(body=prediction("starting"))] * 2 + [Answer(body=prediction("processing"))] * 4
    server.on("GET", GET, *waiting, Answer(body=done()))
    clock = Clock()
    output = replicate(server.url, store, clock=clock, deadline=60).collect("p1", request())
    assert output.url == "https://replicate.delivery/x/out.png"
    assert (output.cost_microusd, output.seconds, output.content_type) == (PRICE, 7.5, "image/png")
    assert clock.slept[0] == 1.0
    assert max(clock.slept) == 3.0


def test_a_status_nobody_knows_is_waited_out(server: ScriptedServer, store: DiskStore) -> None:
    server.on("GET", GET, Answer(body=prediction("booting")), Answer(body=done()))
    assert replicate(server.url, store).collect("p1", request()).url


def test_one_that_its_books_do_not_show_yet_is_asked_for_again(
    server: ScriptedServer, store: DiskStore
) -> None:
    nothing = Answer(404, {"detail": "The requested resource could not be found."})
    server.on("GET", GET, nothing, nothing, Answer(body=done()))
    assert replicate(server.url, store).collect("p1", request()).url


AN_HOUR = timedelta(hours=1)
NOT_FOUND = Answer(404, {"detail": "The requested resource could not be found.", "status": 404})


def test_one_that_its_books_do_not_show_within_the_hour_is_asked_for_another_time(
    server: ScriptedServer, store: DiskStore
) -> None:
    server.on("GET", GET, NOT_FOUND)
    with pytest.raises(NotReady):
        replicate(server.url, store).collect("p1", request(new_id()))
    with pytest.raises(NotReady):
        replicate(server.url, store).collect("p1", replace(request(), age=lambda: AN_HOUR))
    assert server.seen("POST") == []
    with pytest.raises(OutputLost):
        replicate(server.url, store).collect("p1", replace(request(), age=lambda: 2 * AN_HOUR))


@pytest.mark.parametrize(
    "answer",
    [
        html(404),
        Answer(404, ""),
        Answer(404, "not found", {"Content-Type": "text/plain"}),
        Answer(404, {"error": "no route"}),
        Answer(404, {"detail": None}),
        Answer(404, []),
    ],
)
def test_a_404_that_is_not_its_own_word_says_nothing_however_old_the_picture_is(
    server: ScriptedServer, store: DiskStore, answer: Answer
) -> None:
    server.on("GET", GET, answer)
    server.on("POST", CANCEL, answer)
    with pytest.raises(NotReady):
        replicate(server.url, store, deadline=5).collect("p1", request(CALL_ID))


def test_an_outage_while_polling_is_waited_out(server: ScriptedServer, store: DiskStore) -> None:
    troubles = [
        html(502),
        html(404),
        html(404),
        html(404),
        Answer(drip="body"),
        CUT,
        Answer(429, {"detail": "slow"}, {"Retry-After": "2"}),
        Answer(503, {"a": 1}),
    ]
    server.on("GET", GET, *troubles, Answer(body=done()))
    assert replicate(server.url, store, exchange=0.7).collect("p1", request()).url
    assert server.seen("POST") == []


def test_at_our_deadline_it_is_called_off(server: ScriptedServer, store: DiskStore) -> None:
    def told(_seen: Seen) -> Answer:
        ended = bool(server.seen("POST", CANCEL))
        return Answer(body=prediction("canceled" if ended else "processing"))

    server.on("GET", GET, told)
    server.on("POST", CANCEL, Answer(body=prediction("processing")))
    with pytest.raises(CallFailed) as caught:
        replicate(server.url, store, deadline=5).collect("p1", request())
    assert (caught.value.code, caught.value.charged_microusd) == ("canceled", 0)
    assert len(server.seen("POST", CANCEL)) == 1


def test_a_picture_that_is_finished_as_it_is_called_off_is_kept(
    server: ScriptedServer, store: DiskStore
) -> None:
    def told(_seen: Seen) -> Answer:
        return Answer(body=done() if server.seen("POST", CANCEL) else prediction("processing"))

    server.on("GET", GET, told)
    server.on("POST", CANCEL, Answer(body=prediction("processing")))
    assert replicate(server.url, store, deadline=5).collect("p1", request()).url


def test_one_that_will_not_be_called_off_is_left_to_be_collected_later(
    server: ScriptedServer, store: DiskStore
) -> None:
    server.on("GET", GET, Answer(body=prediction("processing")))
    server.on("POST", CANCEL, Answer(body=prediction("processing")))
    with pytest.raises(NotReady):
        replicate(server.url, store, deadline=5).collect("p1", request())


@pytest.mark.parametrize(
    ("body", "kind", "code", "charged"),
    [
        (failed("flagged as sensitive. Please try again (E005) (x1)"), Refused, "flagged_sensitive", 0),
        (failed("Service is unavailable due to high demand (E003)"), CallFailed, "provider_overloaded", 0),
        (failed("Prediction interrupted; please retry (code: PA)"), CallFailed, "interrupted", 0),
        (failed("CUDA out of memory"), CallFailed, "prediction_failed", 0),
        (
            failed("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
            CallFailed,
            "input_unreachable",
            0,
        ),
        (failed("HTTPSConnectionPool(host='bucket', port=443)"), CallFailed, "input_unreachable", 0),
        (failed("Failed to download input image"), CallFailed, "input_unreachable", 0),
        (failed("Unable to fetch the file at the given URL"), CallFailed, "input_unreachable", 0),
        (failed("403 Client Error: Forbidden for url"), CallFailed, "input_unreachable", 0),
        (failed("Failed to load the model's weights"), CallFailed, "prediction_failed", 0),
        (prediction("canceled"), CallFailed, "canceled", 0),
        (prediction("aborted"), CallFailed, "aborted", 0),
        (prediction("succeeded"), CallFailed, "empty_output", PRICE),
        (prediction("succeeded", output=[]), CallFailed, "empty_output", PRICE),
    ],
)
def test_how_it_ended_says_what_it_cost(
    server: ScriptedServer, store: DiskStore, body: Any, kind: type[Exception], code: str, charged: int
) -> None:
    told = collect_error(server, store, body)
    assert isinstance(told, Refused | CallFailed)
    assert (type(told), told.code, told.charged_microusd) == (kind, code, charged)


@pytest.mark.parametrize("body", [prediction("succeeded", data_removed=True), {"detail": "gone"}])
def test_an_output_that_was_not_fetched_in_time_is_lost(
    server: ScriptedServer, store: DiskStore, body: dict[str, Any]
) -> None:
    status = 200 if "id" in body else 404
    server.on("GET", GET, Answer(status, body))
    with pytest.raises(OutputLost):
        replicate(server.url, store).collect("p1", replace(request(), age=lambda: 2 * AN_HOUR))


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_output_that_is_not_given_is_asked_for_again_at_the_address_it_then_has(
    server: ScriptedServer, store: DiskStore, status: int
) -> None:
    png = b64decode(picture_url().partition(",")[2])
    server.on("GET", "/first.png$", Answer(status, {}))
    server.on("GET", "/second.png$", Answer(200, png, {"Content-Type": "image/png"}))
    told = [done(f"{server.url}/{name}.png") for name in ("first", "second")]
    server.on("GET", GET, *(Answer(body=each) for each in told))
    provider, asked = replicate(server.url, store), request(new_id())
    with pytest.raises(OutputWithheld):
        provider.collect("p1", asked)
    assert persist_output(store, provider.collect("p1", asked), "ab" * 32, provider="replicate").width == 82


def test_an_output_that_was_never_given_is_lost_when_its_hour_is_over(
    server: ScriptedServer, store: DiskStore
) -> None:
    server.on("GET", "/out.png$", Answer(404, {}))
    made = utc_now() - 2 * AN_HOUR
    server.on("GET", GET, Answer(body=done(f"{server.url}/out.png", created_at=made)))
    aged = replace(request(), age=lambda: 2 * AN_HOUR)
    with pytest.raises(OutputLost) as caught:
        replicate(server.url, store).collect("p1", aged)
    assert caught.value.charged_microusd == PRICE


@pytest.mark.parametrize("ahead", [timedelta(days=-1), timedelta(0), timedelta(days=1)])
def test_how_old_an_output_is_its_own_clock_says(
    server: ScriptedServer, store: DiskStore, ahead: timedelta
) -> None:
    """Whatever this machine's clock shows: a paid picture is not given up for it, nor kept waiting for."""
    there = utc_now() + ahead
    dated = {"Date": format_datetime(there, usegmt=True)}
    aged = replace(request(), age=lambda: 2 * AN_HOUR)  # the record's word alone is not enough
    server.on("GET", GET, Answer(200, done(created_at=there - timedelta(minutes=30)), dated))
    young = replicate(server.url, store).collect("p1", aged)
    assert timedelta(minutes=29) < young.age() < timedelta(minutes=40)
    server.on("GET", GET, Answer(200, done(created_at=there - timedelta(minutes=90)), dated))
    assert output_life.is_surely_deleted(replicate(server.url, store).collect("p1", aged).age())


def test_a_data_url_is_a_picture_too(server: ScriptedServer, store: DiskStore) -> None:
    server.on("GET", GET, Answer(body=done(picture_url())))
    output = replicate(server.url, store).collect("p1", request())
    kept = persist_output(store, output, "ab" * 32, provider="replicate")
    assert (kept.width, kept.height, kept.stored.content_type) == (82, 102, "image/png")


def test_of_several_pictures_the_first_is_kept_and_all_are_paid(
    server: ScriptedServer, store: DiskStore
) -> None:
    server.on("GET", GET, Answer(body=done(["https://replicate.delivery/a.png", "https://b.invalid/2"])))
    output = replicate(server.url, store).collect("p1", request())
    assert (output.url, output.cost_microusd) == ("https://replicate.delivery/a.png", 2 * PRICE)


# A stand-in on this machine


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_its_address_may_be_given_in_every_usual_way(
    server: ScriptedServer, store: DiskStore, path: str
) -> None:
    server.on("POST", CREATE, Answer(201, prediction()))
    server.on("GET", GET, Answer(body=done()))
    provider = replicate(server.url + path, store)
    assert provider.submit(request()) == "p1"
    assert provider.collect("p1", request()).url
    assert provider.find_requests(CALL_ID, AN_HOUR).complete


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_its_output_may_be_on_any_port_of_this_machine(
    server: ScriptedServer, store: DiskStore, host: str
) -> None:
    png = b64decode(picture_url().partition(",")[2])
    with scripted_server() as files:
        files.on("GET", "/out.png$", Answer(200, png, {"Content-Type": "image/png"}))
        port = files.url.rpartition(":")[2]
        output_url = f"http://{host}:{port}/out.png"
        server.on("GET", GET, Answer(body=done([output_url])))
        output = replicate(server.url, store).collect("p1", request())
        (fetched,) = files.seen("GET")
    assert persist_output(store, output, "ab" * 32, provider="replicate").stored.content_type == "image/png"
    assert "authorization" not in fetched.headers


def test_what_a_stand_in_calls_a_picture_is_looked_at_all_the_same(
    server: ScriptedServer, store: DiskStore
) -> None:
    server.on("GET", "/out.png$", html(200))
    server.on("GET", GET, Answer(body=done(f"{server.url}/out.png")))
    output = replicate(server.url, store).collect("p1", request())
    assert output.cost_microusd == PRICE
    with pytest.raises(OutputWithheld) as caught:
        persist_output(store, output, "ab" * 32, provider="replicate")
    assert caught.value.code == "output_not_an_image"


def test_the_real_ones_output_is_never_read_from_this_machine(
    server: ScriptedServer, store: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("GET", GET, Answer(body=done(f"{server.url}/out.png")))
    provider = replicate(server.url, store)
    monkeypatch.setattr(replicate_output, "is_here", lambda url: url != server.url and is_here(url))
    output = provider.collect("p1", request())
    with pytest.raises(OutputWithheld):
        persist_output(store, output, "ab" * 32, provider="replicate")
    assert server.seen("GET", "out.png") == []


def test_the_next_page_is_asked_of_the_stand_in_even_if_it_names_the_real_one(
    server: ScriptedServer, store: DiskStore
) -> None:
    server.on("GET", r"predictions\?cursor=2", Answer(body=page(prediction(id="p7"))))
    first = page(next="https://api.replicate.com/v1/predictions?cursor=2")
    server.on("GET", "created_after", Answer(body=first))
    search = replicate(server.url, store).find_requests(CALL_ID, AN_HOUR)
    assert [each.provider_id for each in search.provider_records] == ["p7"]


@pytest.mark.parametrize(
    ("origin", "here", "told"),
    [
        ("https://storykin.example", False, True),
        ("https://storykin.example", True, True),
        ("http://127.0.0.1:7860", True, True),
        ("http://127.0.0.1:7860", False, False),
        ("http://storykin.example", False, False),
    ],
)
def test_the_real_one_is_told_an_https_address_or_none(
    server: ScriptedServer,
    store: DiskStore,
    monkeypatch: pytest.MonkeyPatch,
    origin: str,
    here: bool,
    told: bool,
) -> None:
    monkeypatch.setattr(image, "is_here", lambda _url: here)
    server.on("POST", CREATE, Answer(201, prediction()))
    replicate(server.url, store, hook_base=origin).submit(request())
    assert ("webhook" in server.requests[0].json) is told


# Our token


def test_the_token_never_goes_to_the_host_of_an_output(server: ScriptedServer, store: DiskStore) -> None:
    png = b64decode(picture_url().partition(",")[2])
    server.on("GET", "/out.png$", Answer(200, png, {"Content-Type": "image/png"}))
    server.on("GET", GET, Answer(body=done(f"{server.url}/out.png")))
    output = replicate(server.url, store).collect("p1", request())
    assert output.url == f"data:image/unknown;base64,{b64encode(png).decode()}"
    (fetched,) = server.seen("GET", "out.png")
    assert "authorization" not in fetched.headers
    assert TOKEN not in str(fetched)


def test_the_list_is_not_followed_to_another_host(server: ScriptedServer, store: DiskStore) -> None:
    with scripted_server() as other:
        server.on("GET", LIST, Answer(body=page(next=f"{other.url}/v1/predictions?cursor=x")))
        provider = replicate(server.url, store)
        with pytest.raises(NotReady):
            provider.find_requests(CALL_ID, AN_HOUR)
        assert other.requests == []


# Its books


def test_its_books_are_read_page_by_page(server: ScriptedServer, store: DiskStore) -> None:
    server.on("GET", r"predictions\?cursor=2", Answer(body=page(prediction(id="p7"))))
    first = page(prediction(id="p8", call_id=OTHER_CALL), next=f"{server.url}/v1/predictions?cursor=2")
    server.on("GET", "created_after", Answer(body=first))
    provider = replicate(server.url, store)
    assert isinstance(provider, RequestHistory)
    search = provider.find_requests(CALL_ID, AN_HOUR)
    assert [each.provider_id for each in search.provider_records] == ["p7"]
    assert search.complete
    assert "created_after=20" in server.requests[0].path


def test_older_entries_of_a_list_that_knows_no_filter_hide_nothing(
    server: ScriptedServer, store: DiskStore
) -> None:
    old = prediction(id="p0", call_id=None, input={}, created_at=utc_now() - 2 * AN_HOUR)
    server.on("GET", "created_after", Answer(body=page(prediction(), old)))
    search = replicate(server.url, store).find_requests(CALL_ID, AN_HOUR)
    assert [each.provider_id for each in search.provider_records] == ["p1"]
    assert search.complete


def test_books_with_a_torn_page_prove_nothing(server: ScriptedServer, store: DiskStore) -> None:
    first = page(prediction(id="p8"), next=f"{server.url}/v1/predictions?cursor=2")
    server.on("GET", "created_after", Answer(body=first))
    server.on("GET", "cursor=2", Answer(body={"detail": "odd"}))
    with pytest.raises(NotReady):
        replicate(server.url, store).find_requests(CALL_ID, AN_HOUR)


@pytest.mark.parametrize("ahead", [timedelta(hours=-3), timedelta(hours=3)])
def test_its_books_are_asked_by_its_own_clock(
    server: ScriptedServer, store: DiskStore, ahead: timedelta
) -> None:
    there = utc_now() + ahead
    made = prediction(created_at=there - timedelta(minutes=50))

    def listed(seen: Seen) -> Answer:
        since = datetime.fromisoformat(parse_qs(urlsplit(seen.path).query)["created_after"][0])
        shown = [made] if since <= there - timedelta(minutes=50) else []
        return Answer(200, page(*shown), {"Date": format_datetime(there, usegmt=True)})

    server.on("GET", "created_after", listed)
    search = replicate(server.url, store).find_requests(CALL_ID, AN_HOUR)
    assert [each.provider_id for each in search.provider_records] == ["p1"]
    assert search.as_of is not None and abs(search.as_of - there) < timedelta(minutes=1)


# What was recorded, and what the published specs say


@pytest.mark.parametrize("status", [each.value for each in PredictionStatus if each.value != "unknown"])
def test_what_our_tests_answer_with_is_what_the_spec_describes(status: str) -> None:
    assert errors_by_spec("replicate", "schemas_prediction_response", prediction(status)) == []


def test_recorded_predictions_are_read(server: ScriptedServer, store: DiskStore) -> None:
    read = 0
    for path in sorted(shared("recordings/replicate/bodies").iterdir()):
        _status, body = recorded_body(path.name)
        if isinstance(body, dict) and "urls" in body and "input" in body:
            known = read_prediction(body)
            assert known is not None
            assert known.status is not PredictionStatus.UNKNOWN
            assert known.created_at is not None
            read += 1
    assert read > 5


def test_a_recorded_output_as_data_url_is_read() -> None:
    name = "test_models_predictions_create_blocking[True-10].0.json"
    known = read_prediction(recorded_body(name)[1])
    assert known is not None
    assert known.status is PredictionStatus.PROCESSING
    assert not known.is_final  # an output is there already, and more may come: it is waited for


def test_a_recorded_rejection_is_final(server: ScriptedServer, store: DiskStore) -> None:
    status, body = recorded_body("run__invalid-token.0.json")
    told = submit_error(server, store, Answer(status, body, {"Content-Type": "application/problem+json"}))
    assert (type(told), told.code) == (CallFailed, "unauthorized")


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        ({"model": "google/nano-banana-3", "version": "hidden"}, "google/nano-banana-3"),
        ({"model": "google/nano-banana-2.1", "version": "5c7d5dc6"}, "google/nano-banana-2.1:5c7d5dc6"),
        ({"model": None, "version": None}, "google/nano-banana-2.1"),
    ],
)
def test_the_model_that_answered_is_told_even_if_it_is_another(
    server: ScriptedServer, store: DiskStore, told: dict[str, Any], stored: str
) -> None:
    server.on("GET", GET, Answer(body=done(**told)))
    assert replicate(server.url, store).collect("p1", request()).details["model"] == stored
