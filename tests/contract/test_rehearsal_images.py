"""The rehearsal cloud's image edits, spoken to by the real SDK and by our adapter, beside the spec."""

import io
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from PIL import Image

from tasks.errors import CallFailed, OutcomeUnknown, Refused, StorykinError, Throttled
from tasks.providers.openai.images import OpenAIImages, OpenAIImagesSettings
from tests.contract.image_requests import CALL_ID, Keeper, a_photo, image_request
from tests.support.faulty_proxy import Cut, faulty_proxy
from tests.support.rehearsal import (  # noqa: F401
    API_KEY,
    Rehearsal,
    running_rehearsal,
    session_rehearsal,
)
from tests.support.shared import errors_by_spec
from ui.rehearsal.usage_log import Entry

MODEL = "gpt-image-2.6-flare"


@pytest.fixture
def cloud(running_rehearsal: Rehearsal) -> Rehearsal:  # noqa: F811
    return running_rehearsal.with_empty_books()


@pytest.fixture
def client(cloud: Rehearsal) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=cloud.openai_url, api_key=API_KEY, max_retries=0, timeout=120) as talking:
        yield talking


def edit(client: openai.OpenAI, **changes: Any) -> Any:
    asked: dict[str, Any] = {
        "image": a_photo().data,
        "prompt": "Redraw the person.",
        "model": MODEL,
        "size": "1024x1024",
        "quality": "low",
    }
    return client.images.with_raw_response.edit(**asked | changes)


def adapter(base_url: str) -> OpenAIImages:
    return OpenAIImages(OpenAIImagesSettings(api_key=API_KEY, base_url=base_url, read_seconds=60))


def only_entry(cloud: Rehearsal) -> Entry:
    (entry,) = cloud.settled_bank().entries.values()
    return entry


def test_an_edit_gives_a_picture_of_the_size_that_the_spec_describes(
    client: openai.OpenAI, cloud: Rehearsal
) -> None:
    answer = edit(client)
    parsed = answer.parse()
    with Image.open(io.BytesIO(b64decode(parsed.data[0].b64_json))) as picture:
        assert (picture.format, picture.size) == ("PNG", (1024, 1024))
    usage, entry = parsed.usage, only_entry(cloud)
    details = usage.input_tokens_details
    assert usage.input_tokens == details.text_tokens + details.image_tokens
    # $5 for text, $8 for pictures that go along, $30 for what is drawn, a million tokens
    owed = details.text_tokens * 5 + details.image_tokens * 8 + usage.output_tokens * 30
    assert (entry.outcome, entry.charge_microusd, entry.delivered) == ("completed", owed, 1)
    assert entry.id == answer.headers["x-request-id"]
    assert errors_by_spec("openai", "ImagesResponse", answer.http_response.json()) == []


def test_our_adapter_buys_a_picture_and_knows_what_it_cost(cloud: Rehearsal) -> None:
    provider, request = adapter(cloud.openai_url), image_request(keeper=Keeper())
    output = provider.collect(provider.submit(request), request)
    entry = only_entry(cloud)
    assert (entry.call_id, entry.charge_microusd) == (CALL_ID, output.cost_microusd)
    assert output.data is not None
    with Image.open(io.BytesIO(output.data)) as picture:
        assert picture.size == (1024, 1280)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"model": openai.omit}, "model"),
        ({"size": "1000x1000"}, "size"),
        ({"size": "256x256"}, "size"),
        ({"quality": "standard"}, "quality"),
        ({"input_fidelity": "high"}, "input_fidelity"),
        ({"prompt": "x" * 32_001}, "prompt"),
        ({"image": b"no picture"}, "image"),
        ({"image": [a_photo().data] * 17}, "image"),
        ({"model": "gpt-image-1"}, "model"),
    ],
)
def test_what_the_real_one_would_not_take_is_turned_away_unbilled(
    client: openai.OpenAI, cloud: Rehearsal, changes: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        edit(client, **changes)
    assert caught.value.param == param or param in str(caught.value)
    assert cloud.usage.entries == {}


def test_the_list_of_models_says_when_they_are_switched_off(client: openai.OpenAI) -> None:
    told = client.models.with_raw_response.list().http_response.json()["data"]
    ends = {each["id"]: each["shutdown_date"] for each in told}
    assert (ends["gpt-image-1-mini"], ends[MODEL]) == ("2026-12-01", None)
    assert all(errors_by_spec("openai", "Model", each) == [] for each in told)


@pytest.mark.parametrize(
    ("fault", "error", "billed"),
    [
        ({"kind": "throttled", "seconds": 3}, Throttled, 0),
        ({"kind": "quota", "operation": "edits"}, CallFailed, 0),
        ({"kind": "moderation_blocked"}, Refused, 0),
        ({"kind": "status", "status": 500}, OutcomeUnknown, 0),
        ({"kind": "status", "status": 500, "when": "after"}, OutcomeUnknown, 1),
        ({"kind": "drop"}, OutcomeUnknown, 0),
        ({"kind": "drop", "when": "after"}, OutcomeUnknown, 1),
        ({"kind": "cut"}, OutcomeUnknown, 1),
        ({"kind": "truncated"}, OutcomeUnknown, 1),
        ({"kind": "html", "when": "after", "status": 200}, OutcomeUnknown, 1),
        ({"kind": "no_picture"}, CallFailed, 1),
        ({"kind": "junk_picture"}, CallFailed, 1),
    ],
)
def test_whatever_goes_wrong_is_billed_once_at_the_most(
    cloud: Rehearsal, fault: dict[str, Any], error: type[StorykinError], billed: int
) -> None:
    cloud.fault(**fault)
    with pytest.raises(error) as caught:
        adapter(cloud.openai_url).submit(image_request(keeper=Keeper()))
    entries = cloud.settled_bank().entries.values()
    assert sum(entry.billed for entry in entries) == billed
    if isinstance(caught.value, CallFailed):
        assert caught.value.charged_microusd == sum(entry.charge_microusd for entry in entries)


def test_an_answer_that_takes_too_long_is_possibly_paid(cloud: Rehearsal) -> None:
    cloud.fault("delay", when="after", operation="edits", seconds=3)
    slow = OpenAIImages(OpenAIImagesSettings(api_key=API_KEY, base_url=cloud.openai_url, read_seconds=1))
    with pytest.raises(OutcomeUnknown):
        slow.submit(image_request())
    assert only_entry(cloud).billed


def test_a_picture_without_usage_is_booked_at_its_estimate(cloud: Rehearsal) -> None:
    cloud.fault("no_usage")
    provider, request = adapter(cloud.openai_url), image_request(keeper=Keeper())
    output = provider.collect(provider.submit(request), request)
    assert output.cost_microusd == provider.estimate_microusd(request) >= only_entry(cloud).charge_microusd


def test_a_connection_cut_by_the_way_is_not_used_again(cloud: Rehearsal) -> None:
    with faulty_proxy(cloud.port) as proxy:
        proxy.cut(r"^POST .*/images/edits$", Cut.AFTER)
        with pytest.raises(OutcomeUnknown):
            adapter(f"{proxy.url}/v1").submit(image_request())
    assert only_entry(cloud).billed
