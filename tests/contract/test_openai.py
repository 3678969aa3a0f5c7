"""OpenAIVision against a real loopback server: what it asks, what it makes of every kind of answer, and how
often it asks.
"""

import io
import socket
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from tasks.errors import CallFailed, NotSent, OutcomeUnknown, ProviderError, Refused, Throttled
from tasks.providers.openai.vision import OpenAISettings, OpenAIVision
from tasks.providers.protocols import Photo
from tests.contract.openai_answers import (
    COST,
    error,
    moderation,
    refusal_part,
    response,
    said,
    seen_profile,
    text_part,
)
from tests.support.scripted_server import CUT, HANG, Answer, ScriptedServer, html, scripted_server
from tests.support.shared import errors_by_spec, recorded_answers

ASK = "/v1/responses$"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


def a_photo(width: int = 2048, height: int = 1024) -> Photo:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 150, 120)).save(file, "JPEG")
    return Photo(data=file.getvalue(), sha256="ab" * 32, width=width, height=height)


def vision(url: str, **changes: Any) -> OpenAIVision:
    settings: dict[str, Any] = {
        "api_key": "sk-test",
        "base_url": f"{url}/v1",
        "safety_identifier": "5a" * 32,
        "read_seconds": 60.0,
    }
    return OpenAIVision(OpenAISettings(**settings | changes))


def failure(server: ScriptedServer, answer: Answer) -> ProviderError:
    server.on("POST", ASK, answer)
    with pytest.raises(ProviderError) as caught:
        vision(server.url, read_seconds=answer.patience).describe(a_photo())
    assert len(server.seen("POST", ASK)) == 1, "a paid request leaves exactly once"
    return caught.value


def test_the_photo_is_described_and_the_bill_is_in_micro_dollars(server: ScriptedServer) -> None:
    server.on("POST", ASK, Answer(body=response()))
    answer = vision(server.url).describe(a_photo())
    assert answer.profile == seen_profile()
    assert answer.cost_microusd == COST
    assert answer.usage == {
        "input": 3000,
        "cached": 1000,
        "cache_write": 500,
        "output": 700,
        "reasoning": 200,
    }
    assert (answer.provider_id, answer.model) == ("resp_0a1b2c", "gpt-5.6-luna-2026-07-09")


def test_the_request_is_one_that_the_published_spec_takes(server: ScriptedServer) -> None:
    server.on("POST", ASK, Answer(body=response()))
    vision(server.url).describe(a_photo())
    assert errors_by_spec("openai", "CreateResponse", server.requests[0].json) == []


def test_openai_is_told_our_name_for_the_request(server: ScriptedServer) -> None:
    server.on("POST", "/v1/moderations$", Answer(body=moderation(flagged=False)))
    server.on("POST", ASK, Answer(body=response()))
    vision(server.url, moderation=True).describe(a_photo(), "0193-our-call")
    assert [each.headers["x-client-request-id"] for each in server.requests] == ["0193-our-call"] * 2


def test_what_others_exported_for_openai_does_not_speak_for_us(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-somebody")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_somebody")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-somebody")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer somebody\nX-Else: somebody")
    server.on("POST", "/v1/moderations$", Answer(body=moderation(flagged=False)))
    server.on("POST", ASK, Answer(body=response()))
    vision(server.url, moderation=True).describe(a_photo())
    assert [each.headers["authorization"] for each in server.requests] == ["Bearer sk-test"] * 2
    assert "somebody" not in str([dict(each.headers) for each in server.requests])


def test_the_photo_goes_by_value_and_small_and_is_not_kept(server: ScriptedServer) -> None:
    server.on("POST", ASK, Answer(body=response()))
    vision(server.url).describe(a_photo(2048, 1024))
    asked = server.requests[0].json
    picture = asked["input"][0]["content"][1]
    assert picture["detail"] == "high"
    head, _, encoded = picture["image_url"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(b64decode(encoded))).size == (1536, 768)
    assert asked["store"] is False
    assert asked["safety_identifier"] == "5a" * 32
    assert asked["text"]["format"]["strict"] is True


def test_the_schema_is_strict_all_the_way_down(server: ScriptedServer) -> None:
    server.on("POST", ASK, Answer(body=response()))
    vision(server.url).describe(a_photo())
    objects = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            assert "default" not in node
            if node.get("type") == "object":
                objects.append(node)
            for each in node.values():
                walk(each)
        elif isinstance(node, list):
            for each in node:
                walk(each)

    walk(server.requests[0].json["text"]["format"]["schema"])
    assert len(objects) == 4
    assert all(each["additionalProperties"] is False for each in objects)
    assert all(each["required"] == list(each["properties"]) for each in objects)


REFUSALS = {
    "it refuses in words": response(output=said(refusal_part())),
    "the content filter stopped it": response(
        status="incomplete", incomplete_details={"reason": "content_filter"}, output=[]
    ),
    "the picture breaks the content policy": response(
        status="failed", error={"code": "image_content_policy_violation", "message": "no"}, output=[]
    ),
}


@pytest.mark.parametrize("body", REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refusal_is_final_and_says_what_it_cost(server: ScriptedServer, body: dict[str, Any]) -> None:
    told = failure(server, Answer(body=body))
    assert isinstance(told, Refused)
    assert told.charged_microusd == COST


CHARGED = {
    "broke off in the middle of the JSON": (
        response(
            status="incomplete",
            incomplete_details={"reason": "max_output_tokens"},
            output=said(text_part('{"attributes": {"hair')),
        ),
        "incomplete",
    ),
    "spent every token on thinking": (
        response(status="incomplete", incomplete_details={"reason": "max_output_tokens"}, output=[]),
        "incomplete",
    ),
    "broken JSON under a good status": (response(output=said(text_part('{"attributes": '))), "bad_json"),
    "JSON that is no profile": (response(output=said(text_part('{"name": "Ada"}'))), "bad_profile"),
    "nothing at all": (response(output=[]), "empty_answer"),
    "a picture it can't read": (
        response(status="failed", error={"code": "image_parse_error", "message": "bad"}, output=[]),
        "image_parse_error",
    ),
    "a status nobody knows": (response(status="pondering"), "unexpected_answer"),
}


@pytest.mark.parametrize(("body", "code"), CHARGED.values(), ids=CHARGED.keys())
def test_an_answer_that_is_no_use_is_failed_with_its_price(
    server: ScriptedServer, body: dict[str, Any], code: str
) -> None:
    told = failure(server, Answer(body=body))
    assert isinstance(told, CallFailed)
    assert (told.code, told.charged_microusd) == (code, COST)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (Answer(429, error("rate_limit_exceeded", "requests")), Throttled, "rate_limited"),
        (Answer(429, error("insufficient_quota", "insufficient_quota")), CallFailed, "insufficient_quota"),
        (Answer(429, error(None, "insufficient_quota")), CallFailed, "insufficient_quota"),
        (Answer(500, error(None, "server_error")), NotSent, "provider_down"),
        (Answer(503, error(None, "server_error")), NotSent, "provider_down"),
        (Answer(400, error("image_too_large")), CallFailed, "image_too_large"),
        (Answer(400, error("content_policy_violation")), Refused, "content_policy"),
        (Answer(401, error("invalid_api_key")), CallFailed, "unauthorized"),
        (Answer(403, error("unsupported_country")), CallFailed, "unauthorized"),
        (Answer(404, error("model_not_found")), CallFailed, "model_not_found"),
        (html(502), OutcomeUnknown, "outcome_unknown"),
        (html(500), OutcomeUnknown, "outcome_unknown"),
        (Answer(504, error(None)), OutcomeUnknown, "outcome_unknown"),
        (Answer(200, '{"id": "resp_1", "status": "comp'), OutcomeUnknown, "outcome_unknown"),
        (Answer(200, ""), OutcomeUnknown, "outcome_unknown"),
        (Answer(200, "[" * 100_000), OutcomeUnknown, "outcome_unknown"),
        (CUT, OutcomeUnknown, "outcome_unknown"),
        (HANG, OutcomeUnknown, "outcome_unknown"),
        (Answer(drip="body"), OutcomeUnknown, "outcome_unknown"),
        (Answer(drip="head"), OutcomeUnknown, "outcome_unknown"),
        (Answer(404, {"detail": "Not Found"}), CallFailed, "unexpected_answer"),
        (Answer(404, error("not_found")), CallFailed, "unexpected_answer"),
        (Answer(302, {}, {"Location": "/elsewhere"}), CallFailed, "unexpected_answer"),
        (Answer(200, response(), sent=40), OutcomeUnknown, "outcome_unknown"),
    ],
)
def test_where_it_failed_says_what_it_means(
    server: ScriptedServer, answer: Answer, kind: type[ProviderError], code: str
) -> None:
    told = failure(server, answer)
    assert (type(told), told.code) == (kind, code)


@pytest.mark.parametrize(
    "answer",
    [
        html(200),
        html(201),
        Answer(200, "[]"),
        Answer(200, '"yes"'),
        Answer(200, {"status": "ok"}),
        Answer(200, {"status": ["completed"]}),
        Answer(200, {"output": "a picture"}),
        Answer(200, {"detail": "accepted, but who are you"}),
        Answer(202, response(status="queued", output=[], usage=None)),
        Answer(200, response(status="pondering", usage=None)),
    ],
)
def test_a_success_that_can_not_be_read_is_possibly_paid_and_says_where_to_look(
    server: ScriptedServer, answer: Answer
) -> None:
    told = failure(server, answer)
    assert isinstance(told, OutcomeUnknown)
    assert "possibly paid" in told.sentence
    assert "Check OPENAI_BASE_URL" in told.sentence


def test_a_redirect_is_not_followed_and_sends_nothing_elsewhere(server: ScriptedServer) -> None:
    told = failure(server, Answer(302, {}, {"Location": f"{server.url}/elsewhere"}))
    assert isinstance(told, CallFailed | OutcomeUnknown)
    assert server.seen("GET", "elsewhere") == server.seen("POST", "elsewhere") == []


def test_the_wait_it_asks_for_is_passed_on(server: ScriptedServer) -> None:
    told = failure(server, Answer(429, error("rate_limit_exceeded"), {"Retry-After": "17"}))
    assert isinstance(told, NotSent)
    assert told.retry_after == 17


def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    with pytest.raises(NotSent):
        vision(url).describe(a_photo())


def test_a_flagged_photo_is_never_sent_on(server: ScriptedServer) -> None:
    server.on("POST", "/v1/moderations", Answer(body=moderation(flagged=True)))
    with pytest.raises(Refused) as caught:
        vision(server.url, moderation=True).describe(a_photo())
    assert (caught.value.code, caught.value.charged_microusd) == ("moderation", 0)
    assert server.seen("POST", ASK) == []
    asked = server.seen("POST", "moderations")[0].json
    assert errors_by_spec("openai", "CreateModerationRequest", asked) == []


def test_an_unflagged_photo_is_sent_on(server: ScriptedServer) -> None:
    server.on("POST", "/v1/moderations", Answer(body=moderation(flagged=False)))
    server.on("POST", ASK, Answer(body=response()))
    assert vision(server.url, moderation=True).describe(a_photo()).cost_microusd == COST


@pytest.mark.parametrize(
    "answer",
    [CUT, HANG, html(502), Answer(503, error(None)), Answer(200, '{"results": [{"fl'), Answer(200, "")],
)
def test_a_lost_moderation_cost_nothing(server: ScriptedServer, answer: Answer) -> None:
    server.on("POST", "/v1/moderations", answer)
    with pytest.raises(NotSent):
        vision(server.url, moderation=True, read_seconds=answer.patience).describe(a_photo())
    assert server.seen("POST", ASK) == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(404, error("not_found")), "no_moderation"),
        (Answer(405, {"detail": "Method Not Allowed"}), "no_moderation"),
        (html(200), "unexpected_answer"),
        (Answer(200, {}), "unexpected_answer"),
        (Answer(200, {"results": []}), "unexpected_answer"),
        (Answer(200, {"results": [{"categories": {}}]}), "unexpected_answer"),
        (Answer(200, []), "unexpected_answer"),
    ],
)
def test_a_moderation_that_says_neither_yes_nor_no_lets_nothing_through(
    server: ScriptedServer, answer: Answer, code: str
) -> None:
    server.on("POST", "/v1/moderations", answer)
    with pytest.raises(CallFailed) as caught:
        vision(server.url, moderation=True).describe(a_photo())
    assert (caught.value.code, caught.value.charged_microusd) == (code, 0)
    assert server.seen("POST", ASK) == []


def test_a_model_that_is_not_there_is_said_by_its_code(server: ScriptedServer) -> None:
    told = failure(server, Answer(404, error("model_not_found")))
    assert "model_not_found" in told.sentence


def test_an_answer_that_leaves_out_what_we_do_not_need_is_an_answer(server: ScriptedServer) -> None:
    whole = response()
    server.on("POST", ASK, Answer(body={"output": whole["output"]}))
    looking = vision(server.url)
    answer = looking.describe(a_photo())
    assert answer.profile == seen_profile()
    assert answer.cost_microusd == looking.estimate_microusd(a_photo())


def test_what_is_not_accounted_for_is_put_down_at_its_estimate(server: ScriptedServer) -> None:
    none = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    for usage in (None, none, {"input_tokens": 10**30}):
        server.on("POST", ASK, Answer(body=response(usage=usage)))
        looking = vision(server.url)
        assert looking.describe(a_photo()).cost_microusd == looking.estimate_microusd(a_photo())


def test_a_failed_answer_without_a_bill_cost_nothing(server: ScriptedServer) -> None:
    body = response(status="failed", error={"code": "server_error", "message": "x"}, output=[], usage=None)
    told = failure(server, Answer(body=body))
    assert isinstance(told, CallFailed)
    assert told.charged_microusd == 0


@pytest.mark.parametrize("named", ["x" * 500, "null\x00byte", 7, None, ["resp_1"]], ids=repr)
def test_an_id_that_could_not_be_kept_loses_no_answer(server: ScriptedServer, named: Any) -> None:
    server.on("POST", ASK, Answer(body=response(id=named, model=named)))
    answer = vision(server.url).describe(a_photo())
    assert (answer.provider_id, answer.model) == ("", "gpt-5.6-luna")


def test_the_estimate_is_never_below_the_bill_of_a_full_answer() -> None:
    estimate = vision("http://127.0.0.1:1").estimate_microusd(a_photo(2048, 2048))
    assert estimate >= (4_000 * 1_200_000 + 3_000 * 200_000) // 1_000_000


def test_a_recorded_refusal_is_read_as_one(server: ScriptedServer) -> None:
    name = "test_refusal__openai_gpt_4o_responses__sync.yaml"
    (status, body) = recorded_answers(name)[0]
    assert isinstance(failure(server, Answer(status, body)), Refused)


def test_a_recorded_truncation_is_read_as_one(server: ScriptedServer) -> None:
    (status, body) = recorded_answers("test_max_tokens__openai_gpt_4o_responses__sync.yaml")[0]
    told = failure(server, Answer(status, body))
    assert isinstance(told, CallFailed)
    assert told.code == "incomplete"
    assert told.charged_microusd > 0


def test_a_recorded_bad_request_is_final(server: ScriptedServer) -> None:
    (status, body) = recorded_answers("test_openai_responses_model_http_error.yaml")[0]
    told = failure(server, Answer(status, body))
    assert isinstance(told, CallFailed)
    assert told.code == "decimal_below_min_value"


@pytest.mark.parametrize(
    "name",
    [
        "test_structured_output__strict__openai_gpt_4o_responses__sync.yaml",
        "test_call_with_image_content__openai_gpt_4o_responses.yaml",
        "test_openai_responses_image_url_input.yaml",
    ],
)
def test_recorded_answers_are_read_up_to_their_content(server: ScriptedServer, name: str) -> None:
    """Other questions were asked there, so the content is no profile: everything before it must be read."""
    (status, body) = recorded_answers(name)[0]
    told = failure(server, Answer(status, body))
    assert isinstance(told, CallFailed)
    assert told.code in ("bad_profile", "bad_json")
    assert told.charged_microusd > 0
