"""Pictures by OpenAI, through the real package, against a server that answers from a script."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tasks.errors import (
    CallFailed,
    NotSent,
    OutcomeUnknown,
    OutputLost,
    ProviderError,
    Refused,
    Throttled,
    UsageError,
)
from tasks.providers.openai.image_models import openai_image_model, openai_image_models
from tasks.providers.openai.images import OpenAIImages, OpenAIImagesSettings
from tasks.providers.protocols import ImageRequest
from tasks.providers.request_history import RequestHistory
from tests.contract.image_requests import CALL_ID, PICTURE, Keeper, a_photo, form_of, image_request
from tests.contract.openai_answers import error
from tests.support.scripted_server import CUT, Answer, ScriptedServer, html, scripted_server
from tests.support.shared import errors_by_spec

EDITS = "^/v1/images/edits$"
USAGE = {
    "input_tokens": 1_500,
    "input_tokens_details": {"text_tokens": 500, "image_tokens": 1_000},
    "output_tokens": 2_000,
    "total_tokens": 3_500,
}
# 500 at 5, 1,000 at 8 and 2,000 at 30 dollars per million
COST = 2_500 + 8_000 + 60_000


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


def images(server: ScriptedServer, **settings: Any) -> OpenAIImages:
    usual: dict[str, Any] = {"api_key": "sk-test", "base_url": f"{server.url}/v1", "read_seconds": 60.0}
    return OpenAIImages(OpenAIImagesSettings(**usual | settings))


def drawn(**changes: Any) -> Answer:
    body = {
        "created": 1_795_900_000,
        "data": [{"b64_json": b64encode(PICTURE).decode()}],
        "output_format": "png",
        "quality": "medium",
        "size": "1024x1280",
        "usage": USAGE,
    }
    return Answer(body=body | changes, headers={"x-request-id": "req_0a1b2c"})


def refused(server: ScriptedServer, request: ImageRequest | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        images(server).submit(request or image_request())
    return caught.value


def test_the_picture_comes_with_the_answer_and_is_billed_by_its_tokens(server: ScriptedServer) -> None:
    server.on("POST", EDITS, drawn())
    provider, keeper = images(server), Keeper()
    request = image_request(keeper=keeper)
    provider_id = provider.submit(request)
    output = provider.collect(provider_id, request)
    assert (output.data, output.content_type, output.cost_microusd) == (PICTURE, "image/png", COST)
    assert provider_id.startswith("req_0a1b2c")
    assert len(server.requests) == 1


@pytest.mark.parametrize("named", [{}, {"model": None}, {"model": "gpt-image-2.7"}])
def test_the_model_is_the_one_that_the_answer_names(server: ScriptedServer, named: dict[str, Any]) -> None:
    server.on("POST", EDITS, drawn(**named))
    provider, request = images(server), image_request(keeper=Keeper())
    output = provider.collect(provider.submit(request), request)
    assert output.details.get("model") == named.get("model")


def test_the_request_names_everything_that_has_a_dying_default(server: ScriptedServer) -> None:
    server.on("POST", EDITS, drawn())
    images(server, safety_identifier="5a" * 32).submit(image_request())
    seen = server.requests[0]
    form = form_of(seen)
    assert form.fields == {
        "model": "gpt-image-2.6-flare",
        "prompt": "Redraw the person in the photo.",
        "n": "1",
        "size": "1024x1280",
        "quality": "medium",
        "output_format": "png",
        "background": "opaque",
        "moderation": "auto",
        "safety_identifier": "5a" * 32,
    }
    assert form.files == {"image": [a_photo().data]}
    assert seen.headers["x-client-request-id"] == CALL_ID
    assert seen.headers["authorization"] == "Bearer sk-test"


def test_a_picture_for_print_is_asked_for_larger_and_reserved_for_at_more(server: ScriptedServer) -> None:
    server.on("POST", EDITS, drawn())
    provider, draft = images(server), image_request()
    large = image_request(parameters={**draft.parameters, "resolution": "print"})
    provider.submit(large)
    assert form_of(server.requests[0]).fields["size"] == "1696x2112"
    assert provider.draws_for_print
    assert provider.estimate_microusd(large) - provider.estimate_microusd(draft) > 100_000


def test_the_request_is_one_that_the_published_spec_takes(server: ScriptedServer) -> None:
    server.on("POST", EDITS, drawn())
    images(server).submit(image_request(references=(a_photo(10), a_photo(200))))
    form = form_of(server.requests[0])
    body: dict[str, Any] = {**form.fields, "n": int(form.fields["n"])}
    body["image"] = [each.decode("latin-1") for each in form.files["image[]"]]
    assert errors_by_spec("openai", "CreateImageEditRequest", body) == []
    assert errors_by_spec("openai", "ImagesResponse", drawn(size="1024x1024").body) == []


def test_several_pictures_go_as_the_package_itself_sends_them(server: ScriptedServer) -> None:
    server.on("POST", EDITS, drawn())
    photos = [a_photo(10), a_photo(60), a_photo(200)]
    images(server).submit(image_request(photo=photos[0], references=tuple(photos[1:])))
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="sk-test", max_retries=0) as package:
        package.images.edit(
            image=[each.data for each in photos], prompt="the same", model="gpt-image-2.6-flare"
        )
    ours, theirs = (form_of(seen).files for seen in server.requests)
    assert ours == theirs == {"image[]": [each.data for each in photos]}


@pytest.mark.parametrize(
    ("wanted", "size", "format"),
    [("1:1", "1024x1024", "jpeg"), ("4:5", "1024x1280", "webp"), ("11:16", "1024x1536", "png")],
)
def test_shape_and_format_are_what_the_style_asks_for_as_near_as_can_be(
    server: ScriptedServer, wanted: str, size: str, format: str
) -> None:
    server.on("POST", EDITS, drawn())
    told = {"png": "tiff", "jpeg": "jpg"}.get(format, format)
    images(server).submit(image_request(parameters={"aspect_ratio": wanted, "output_format": told}))
    fields = form_of(server.requests[0]).fields
    assert (fields["size"], fields["output_format"]) == (size, format)


def test_every_size_is_one_that_the_models_draw() -> None:
    for model in openai_image_models().values():
        for aspect, size in model.sizes.items():
            width, height = map(int, size.split("x"))
            across, down = map(int, aspect.split(":"))
            assert width % 16 == height % 16 == 0
            assert 655_360 <= width * height <= 2560 * 1440
            assert abs(width / height / (across / down) - 1) < 0.01


def test_the_estimate_is_of_the_size_and_of_every_picture_that_goes_along(server: ScriptedServer) -> None:
    one = images(server).estimate_microusd(image_request())
    two = images(server).estimate_microusd(image_request(references=(a_photo(),)))
    square = images(server).estimate_microusd(image_request(parameters={"aspect_ratio": "1:1"}))
    assert square < one < two
    assert one - square == 53_000 // 4  # a quarter more pixels at medium quality


def test_cached_tokens_are_cheaper_and_untold_ones_are_pictures() -> None:
    from tasks.providers.openai.image_models import ImageUsage

    price = openai_image_model("gpt-image-2.6-sunburst").price()
    half_cached = USAGE["input_tokens_details"] | {  # type: ignore[operator]
        "cached_tokens_details": {"text_tokens": 100, "image_tokens": 400}
    }
    usage = ImageUsage.of({"usage": USAGE | {"input_tokens_details": half_cached}})
    assert usage.cost_microusd(price) == 400 * 5 + 125 + 600 * 8 + 400 * 2 + 60_000
    plain = ImageUsage.of({"usage": {"input_tokens": 1_000, "output_tokens": 0}})
    assert plain.cost_microusd(price) == 8_000


def test_an_answer_without_usage_was_not_free(server: ScriptedServer) -> None:
    server.on("POST", EDITS, drawn(usage=None))
    provider, request = images(server), image_request(keeper=Keeper())
    output = provider.collect(provider.submit(request), request)
    assert output.cost_microusd == provider.estimate_microusd(request)


@pytest.mark.parametrize(
    "answer",
    [
        CUT,
        Answer(500, error(None, "server_error")),
        Answer(503, error(None, "server_error")),
        html(502),
        html(200),
        Answer(200, ""),
        Answer(200, '{"created": 1, "data": [{"b64_'),
        Answer(200, {"id": "of something else"}),
        Answer(200, drawn().body, sent=40),
        Answer(408, error(None)),
    ],
)
def test_what_left_and_is_not_answered_is_possibly_paid_and_asked_for_once(
    server: ScriptedServer, answer: Answer
) -> None:
    server.on("POST", EDITS, answer)
    assert isinstance(refused(server), OutcomeUnknown)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [("moderation_blocked", "image_generation_user_error"), (None, "image_generation_user_error")],
)
def test_a_blocked_picture_is_refused_in_a_plain_sentence(
    server: ScriptedServer, code: str | None, kind: str
) -> None:
    server.on("POST", EDITS, Answer(400, error(code, kind)))
    told = refused(server)
    assert isinstance(told, Refused)
    assert told.sentence == "OpenAI's safety system would not draw this picture."
    assert told.charged_microusd is None  # nobody says


def test_a_429_is_not_sent_and_says_when_to_come_back(server: ScriptedServer) -> None:
    server.on("POST", EDITS, Answer(429, error("rate_limit_exceeded", "requests"), {"Retry-After": "7"}))
    told = refused(server)
    assert isinstance(told, Throttled) and told.retry_after == 7


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (429, error("insufficient_quota", "insufficient_quota"), "insufficient_quota"),
        (401, error("invalid_api_key"), "unauthorized"),
        (404, error("model_not_found"), "model_not_found"),
        (404, error(None), "unexpected_answer"),
        (400, error("invalid_value"), "invalid_value"),
    ],
)
def test_what_is_turned_away_costs_nothing(
    server: ScriptedServer, status: int, body: dict[str, Any], code: str
) -> None:
    server.on("POST", EDITS, Answer(status, body))
    told = refused(server)
    assert isinstance(told, CallFailed)
    assert (told.code, told.charged_microusd) == (code, 0)


def test_an_account_that_must_be_verified_is_told_so(server: ScriptedServer) -> None:
    body = error(None)
    body["error"]["message"] = "Your organization must be verified to use the model `gpt-image-2.6-flare`."
    server.on("POST", EDITS, Answer(403, body))
    assert "has to be verified" in refused(server).sentence


def test_nobody_listening_is_not_sent(server: ScriptedServer) -> None:
    with pytest.raises(NotSent):
        images(server, base_url="http://127.0.0.1:9/v1").submit(image_request())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ([], "empty_output"),
        ([{"revised_prompt": "?"}], "empty_output"),
        ([{"b64_json": "no base64 at all"}], "bad_output"),
        ([{"b64_json": b64encode(b"<html>").decode()}], "bad_output"),
        ([{"b64_json": b64encode(PICTURE[:40]).decode()}], "bad_output"),
    ],
)
def test_an_answer_without_a_picture_ends_the_call_with_its_price(
    server: ScriptedServer, data: list[Any], code: str
) -> None:
    server.on("POST", EDITS, drawn(data=data))
    told = refused(server, image_request(keeper=Keeper()))
    assert isinstance(told, CallFailed)
    assert (told.code, told.charged_microusd) == (code, COST)


def test_the_picture_is_kept_before_the_call_moves_on(server: ScriptedServer) -> None:
    server.on("POST", EDITS, drawn())
    keeper = Keeper()
    provider_id = images(server).submit(image_request(keeper=keeper))
    assert keeper.output is not None and keeper.output.data == PICTURE
    # the worker that asked is dead; another one, with nothing in its memory, goes on
    output = images(server).collect(provider_id, image_request(keeper=keeper))
    assert (output.data, output.cost_microusd) == (PICTURE, COST)
    assert len(server.requests) == 1


def test_a_store_that_is_away_for_a_moment_loses_nothing(server: ScriptedServer) -> None:
    server.on("POST", EDITS, drawn())
    keeper = Keeper(away=True)
    provider, request = images(server), image_request(keeper=keeper)
    provider_id = provider.submit(request)
    assert provider.collect(provider_id, request).data == PICTURE
    assert provider.collect(provider_id, request).data == PICTURE  # tried again


def test_what_came_while_the_store_was_away_dies_with_its_worker(server: ScriptedServer) -> None:
    server.on("POST", EDITS, drawn())
    keeper = Keeper(away=True)
    request = image_request(keeper=keeper)
    provider_id = images(server).submit(request)
    with pytest.raises(OutputLost) as caught:
        images(server).collect(provider_id, request)
    assert caught.value.charged_microusd


def test_two_answers_under_one_request_id_have_two_names(server: ScriptedServer) -> None:
    server.on("POST", EDITS, drawn())
    provider = images(server)
    assert provider.submit(image_request()) != provider.submit(image_request())


def test_the_last_check_is_made_before_anything_leaves(server: ScriptedServer) -> None:
    def gone() -> None:
        raise NotSent("The lease is gone.")

    with pytest.raises(NotSent):
        images(server).submit(image_request(last_check=gone))
    assert server.requests == []


def test_more_than_the_model_takes_is_not_sent(server: ScriptedServer) -> None:
    for request in (
        image_request(references=tuple(a_photo() for _ in range(16))),
        image_request(prompt="x" * 32_001),
    ):
        with pytest.raises(UsageError):
            images(server).submit(request)
    assert server.requests == []


def test_it_has_no_books_to_look_in(server: ScriptedServer) -> None:
    assert not isinstance(images(server), RequestHistory)


def test_an_unknown_model_is_told_with_the_known_ones(server: ScriptedServer) -> None:
    with pytest.raises(UsageError, match=r"STORYKIN_OPENAI_IMAGE_MODEL .* gpt-image-2.6-sunburst"):
        images(server, model="gpt-image-1")
