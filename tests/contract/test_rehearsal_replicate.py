"""The rehearsal cloud's Replicate, spoken to by the real SDK, held against spec and recordings."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from replicate.client import Client
from replicate.exceptions import ModelError, ReplicateError

from tests.contract.rehearsal_requests import photo_url
from tests.contract.test_rehearsal_openai import shape
from tests.support.faulty_proxy import Cut, faulty_proxy
from tests.support.rehearsal import (  # noqa: F401
    API_TOKEN,
    Rehearsal,
    running_rehearsal,
    session_rehearsal,
)
from tests.support.shared import errors_by_spec, recorded_body
from tests.support.waiting import until

MODEL = "google/nano-banana"
INPUT = {
    "prompt": "Redraw the person. Style: clean line art, expressive eyes, soft shading.",
    "image_input": [photo_url()],
    "aspect_ratio": "4:5",
    "output_format": "png",
}


@pytest.fixture
def cloud(running_rehearsal: Rehearsal) -> Rehearsal:  # noqa: F811
    return running_rehearsal


def sdk(base_url: str, token: str = API_TOKEN) -> Client:
    return Client(api_token=token, base_url=base_url)


@pytest.fixture
def client(cloud: Rehearsal) -> Iterator[Client]:
    talking = sdk(cloud.url)
    talking.poll_interval = 0.05
    yield talking
    talking._client.close()


def create(client: Any, **more: Any) -> Any:
    return client.models.predictions.create(model=MODEL, input=INPUT, **more)


def test_the_sdk_creates_polls_and_reads(client: Any) -> None:
    prediction = create(client)
    assert (prediction.status, prediction.model, prediction.version) == ("starting", MODEL, "hidden")
    prediction.wait()
    assert prediction.status == "succeeded"
    assert httpx.get(prediction.output).headers["content-type"] == "image/png"
    assert client.predictions.get(prediction.id).metrics["total_time"] >= 0


def test_the_sdk_runs_a_model_in_one_go(client: Any) -> None:
    output = client.run(MODEL, input=INPUT)
    assert output.read().startswith(b"\x89PNG")


def test_the_sdk_lists(client: Any) -> None:
    ids = [create(client).id for _ in range(3)]
    page = client.predictions.list()
    assert [each.id for each in page.results[:3]] == ids[::-1]
    assert page.results[0].input["image_input"] == INPUT["image_input"]


def test_the_sdk_calls_off(client: Any, cloud: Rehearsal) -> None:
    cloud.fault("stuck")
    prediction = create(client)
    assert client.predictions.cancel(prediction.id).status == "canceled"


def test_the_sdk_reads_the_models_schema_and_the_account(client: Any) -> None:
    model = client.models.get(MODEL)
    assert model.latest_version is not None
    fields = model.latest_version.openapi_schema["components"]["schemas"]["Input"]["properties"]
    assert fields["image_input"]["type"] == "array"
    assert client.accounts.current().type == "organization"
    assert client.webhooks.default.secret().key.startswith("whsec_")


def test_the_sdk_raises_a_failed_models_words(client: Any, cloud: Rehearsal) -> None:
    cloud.fault("e005")
    with pytest.raises(ModelError, match="E005"):
        client.run(MODEL, input=INPUT, wait=False)


def test_an_aborted_prediction_breaks_the_sdk_as_it_does_in_life(client: Any, cloud: Rehearsal) -> None:
    cloud.fault("aborted")
    prediction = create(client)
    address = f"{cloud.url}/v1/predictions/{prediction.id}"
    headers = {"Authorization": f"Bearer {API_TOKEN}"}
    until(lambda: httpx.get(address, headers=headers).json()["status"] == "aborted", "it to be aborted")
    with pytest.raises(ValueError, match="unexpected value"):
        client.predictions.get(prediction.id)


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ({"kind": "no_credit"}, 402, "insufficient credit"),
        ({"kind": "throttled", "seconds": 30}, 429, "resets in ~30s"),
        ({"kind": "status", "status": 500}, 500, "error"),
        ({"kind": "status", "status": 503, "operation": "create"}, 503, "error"),
        ({"kind": "html"}, 502, None),
    ],
)
def test_the_sdk_reads_each_failure_as_the_real_one(
    client: Any, cloud: Rehearsal, fault: dict[str, Any], status: int, said: str | None
) -> None:
    cloud.fault(**fault)
    with pytest.raises(ReplicateError) as caught:
        create(client)
    assert caught.value.status == status
    assert said is None or said in (caught.value.detail or "")


def test_a_wrong_token_and_a_wrong_input_are_told_so(cloud: Rehearsal, client: Any) -> None:
    stranger = sdk(cloud.url, "r8_wrong")
    with pytest.raises(ReplicateError) as caught:
        stranger.predictions.list()
    stranger._client.close()
    status, recorded = recorded_body("run__invalid-token.0.json")
    assert caught.value.status == status
    assert (caught.value.title, caught.value.detail) == (recorded["title"], recorded["detail"])
    with pytest.raises(ReplicateError, match="prompt is required"):
        client.models.predictions.create(model=MODEL, input={})


def test_requests_and_answers_fit_the_published_spec(cloud: Rehearsal) -> None:
    body = {
        "input": INPUT,
        "webhook": "http://127.0.0.1:9/hooks/replicate/x",
        "webhook_events_filter": ["start", "completed"],
    }
    assert errors_by_spec("replicate", "schemas_prediction_request", body) == []
    headers = {"Authorization": f"Bearer {API_TOKEN}", "Cancel-After": "5m"}
    with httpx.Client(base_url=cloud.url, headers=headers, trust_env=False) as http:
        created = http.post(f"/v1/models/{MODEL}/predictions", json=body)
        assert created.status_code == 201
        assert errors_by_spec("replicate", "schemas_prediction_response", created.json()) == []
        path = f"/v1/predictions/{created.json()['id']}"
        done = until(lambda: (got := http.get(path).json())["status"] == "succeeded" and got, "the end")
        assert errors_by_spec("replicate", "schemas_prediction_response", done) == []
        page = http.get("/v1/predictions").json()
        assert errors_by_spec("replicate", "schemas_paginated_prediction_response", page) == []
        model = http.get(f"/v1/models/{MODEL}").json()
        assert errors_by_spec("replicate", "schemas_model_response", model) == []
        assert errors_by_spec("replicate", "schemas_version_response", model["latest_version"]) == []


# What the spec of 2026 has and the recordings of 2023 and 2024 have not, by their age.
NEW_SINCE = {"data_removed", "deadline", "output", "source", "urls.stream", "urls.web", "metrics.total_time"}
GONE_SINCE = {"webhook_completed"}


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("models-predictions-create.0.json", "created"),
        ("test_predictions_create_by_model[False].0.json", "created"),
        ("predictions-cancel.4.json", "canceled"),
        ("predictions-get.0.json", "succeeded"),
        ("test_models_predictions_create_blocking[False-10].0.json", "waited"),
    ],
)
def test_its_answers_look_like_the_recorded_ones(cloud: Rehearsal, name: str, moment: str) -> None:
    _, recorded = recorded_body(name)
    ours, theirs = (
        {key: kind for key, kind in shape(each).items() if not key.startswith(("input", "output"))}
        for each in (_document(cloud, moment), recorded)
    )
    assert ours.keys() - theirs.keys() <= NEW_SINCE
    assert theirs.keys() - ours.keys() <= GONE_SINCE
    both = ours.keys() & theirs.keys()
    assert {
        key for key in both if ours[key] != theirs[key] and "null" not in (ours[key], theirs[key])
    } == set()
    assert moment != "waited" or recorded["status"] == _document(cloud, moment)["status"] == "processing"


def _document(cloud: Rehearsal, moment: str) -> Any:
    """A prediction's document at a moment of its life."""
    headers = {"Authorization": f"Bearer {API_TOKEN}"}
    with httpx.Client(base_url=cloud.url, headers=headers, trust_env=False, timeout=120) as http:
        if moment == "canceled":
            cloud.fault("stuck")
        wait = {"Prefer": "wait=10"} if moment == "waited" else {}
        made = http.post(f"/v1/models/{MODEL}/predictions", json={"input": INPUT}, headers=wait).json()
        path = f"/v1/predictions/{made['id']}"
        if moment == "canceled":
            until(lambda: http.get(path).json()["status"] == "processing", "the start")
            return http.post(f"{path}/cancel").json()
        if moment == "succeeded":
            return until(lambda: (got := http.get(path).json())["status"] == moment and got, "the end")
        return made


def test_a_create_whose_answer_is_lost_is_in_the_list(cloud: Rehearsal) -> None:
    with faulty_proxy(cloud.port) as proxy:
        client: Any = sdk(proxy.url)
        proxy.cut("POST .*/predictions$", Cut.AFTER)
        with pytest.raises(httpx.RemoteProtocolError):
            create(client)
        assert proxy.posts("/predictions") == 1
        client._client.close()
        headers = {"Authorization": f"Bearer {API_TOKEN}"}
        newest = httpx.get(f"{proxy.url}/v1/predictions", headers=headers).json()["results"][0]
        assert newest["input"] == INPUT
        assert newest["urls"]["get"].startswith(proxy.url)
