"""Predictions: made, polled, called off, listed, forgotten, and every way in which they go wrong."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from db.ids import new_id
from tests.support.rehearsal import Rehearsal, rehearsing
from tests.support.waiting import until
from tests.ui.rehearsal.asking import MODEL, a_hook, a_photo, an_input, asked, data_url, ended, made


def test_a_prediction_ends_with_a_picture_and_a_bill(client: httpx.Client, cloud: Rehearsal) -> None:
    document = made(client, "watercolor")
    assert (document["status"], document["output"], document["version"]) == ("starting", None, "hidden")
    done = ended(client, document["id"])
    assert done["status"] == "succeeded"
    picture = httpx.get(done["output"])
    assert picture.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(picture.content)).format == "JPEG"
    entry = until(
        lambda: next(
            each for each in cloud.usage.entries.values() if each.id == document["id"] and each.told
        ),
        "the end to be booked",
    )
    assert (entry.charge_microusd, entry.delivered, entry.style) == (39_000, 1, "watercolor")


def test_each_prediction_is_another_picture(client: httpx.Client) -> None:
    first, second = (ended(client, made(client)["id"])["output"] for _ in range(2))
    assert httpx.get(first).content != httpx.get(second).content


def test_the_call_is_told_from_the_webhook_the_link_or_the_pictures_comment(
    client: httpx.Client, cloud: Rehearsal
) -> None:
    ids = [new_id() for _ in range(3)]
    inputs: list[dict[str, Any]] = [
        {"webhook": f"http://127.0.0.1:9/hooks/replicate/{ids[0]}"},
        {"input": an_input(image_input=[f"http://127.0.0.1:9/bucket/inputs/{ids[1]}.jpg?X-Amz-Signature=1"])},
        {"input": an_input(image_input=[data_url(a_photo(comment=f"storykin:{ids[2]}"))])},
    ]
    made_ids = [
        client.post(f"/v1/models/{MODEL}/predictions", json={"input": an_input(), **body}).json()["id"]
        for body in inputs
    ]
    assert [cloud.usage.entries[each].call_id for each in made_ids] == ids


def test_the_same_work_has_the_same_digest_whatever_its_link(client: httpx.Client, cloud: Rehearsal) -> None:
    photos = [data_url(a_photo(comment=f"storykin:{new_id()}")) for _ in range(2)]
    entries = []
    for photo in photos:
        id = client.post(
            f"/v1/models/{MODEL}/predictions", json={"input": an_input(image_input=[photo])}
        ).json()["id"]
        ended(client, id)
        entries.append(cloud.usage.entries[id])
    assert entries[0].digest == entries[1].digest
    assert entries[0].photo_sha256 == entries[1].photo_sha256 is not None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"input": {}}, "prompt is required"),
        ({"input": an_input(image_input="x")}, "Expected: array"),
        ({"input": an_input(image_input=["not an address"])}, "format 'uri'"),
        ({"input": an_input(output_format="webp")}, "must be one of"),
        ({"input": an_input(seed=3)}, "Additional property seed"),
        ({"input": an_input(), "webhok": "x"}, "Additional property webhok"),
        ({"input": an_input(), "version": "x"}, "Additional property version"),
        ({"input": an_input(), "webhook": "https://example.com/hook"}, "HTTPS URL"),
        ({"input": an_input(), "webhook_events_filter": ["done"]}, "must be some of"),
        ({"prompt": "x"}, "input is required"),
    ],
)
def test_a_wrong_request_is_turned_away_field_by_field(
    client: httpx.Client, cloud: Rehearsal, body: dict[str, Any], said: str
) -> None:
    before = cloud.usage.summary()["accepted"]
    answer = client.post(f"/v1/models/{MODEL}/predictions", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert said in answer.json()["detail"]
    assert cloud.usage.summary()["accepted"] == before


@pytest.mark.parametrize(
    ("name", "value"), [("Prefer", "wait=61"), ("Cancel-After", "4s"), ("Cancel-After", "soon")]
)
def test_a_wrong_header_is_turned_away(client: httpx.Client, name: str, value: str) -> None:
    assert asked(client, headers={name: value}).status_code == 422


def test_a_wrong_token_is_told_so(client: httpx.Client) -> None:
    answer = asked(client, headers={"Authorization": "Bearer r8_wrong"})
    assert (answer.status_code, answer.json()["title"]) == (401, "Unauthenticated")


def test_an_unknown_model_is_not_found(client: httpx.Client) -> None:
    assert client.post("/v1/models/no/such/predictions", json={"input": {}}).status_code == 404
    assert client.get("/v1/models/no/such").status_code == 404


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("e005", "failed", "(E005)"),
        ("e003", "failed", "(E003)"),
        ("pa", "failed", "(code: PA)"),
        ("aborted", "aborted", None),
    ],
)
def test_a_failure_is_free(
    client: httpx.Client, cloud: Rehearsal, kind: str, status: str, said: str | None
) -> None:
    cloud.fault(kind)
    done = ended(client, made(client)["id"])
    assert (done["status"], done["output"]) == (status, None)
    assert said is None or said in done["error"]
    assert cloud.usage.entries[done["id"]].charge_microusd == 0


def test_a_success_without_a_picture_is_billed(client: httpx.Client, cloud: Rehearsal) -> None:
    cloud.fault("no_output")
    done = ended(client, made(client)["id"])
    assert (done["status"], done["output"]) == ("succeeded", None)
    assert cloud.usage.entries[done["id"]].billed


@pytest.mark.parametrize(
    ("kind", "aim", "status"),
    [("missing_output", {}, 404), ("expired_output", {"status": 410}, 410), ("expired_output", {}, 404)],
)
def test_a_picture_may_be_gone(
    client: httpx.Client, cloud: Rehearsal, kind: str, aim: dict[str, Any], status: int
) -> None:
    cloud.fault(kind, **aim)
    done = ended(client, made(client)["id"])
    assert httpx.get(done["output"]).status_code == status
    assert cloud.usage.entries[done["id"]].delivered == 0


def test_a_web_page_may_stand_where_the_picture_should(client: httpx.Client, cloud: Rehearsal) -> None:
    cloud.fault("junk_output")
    answer = httpx.get(ended(client, made(client)["id"])["output"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_picture_may_come_as_a_data_url(client: httpx.Client, cloud: Rehearsal) -> None:
    cloud.fault("data_url")
    done = ended(client, made(client)["id"])
    assert done["output"].startswith("data:image/jpeg;base64,")
    until(lambda: cloud.usage.entries[done["id"]].delivered, "the delivery to be booked")


def test_a_stuck_prediction_can_be_called_off(client: httpx.Client, cloud: Rehearsal) -> None:
    cloud.fault("stuck")
    id = made(client)["id"]
    until(lambda: client.get(f"/v1/predictions/{id}").json()["status"] == "processing", "it to start")
    assert client.post(f"/v1/predictions/{id}/cancel").json()["status"] == "canceled"
    assert client.get(f"/v1/predictions/{id}").json()["status"] == "canceled"
    assert cloud.usage.entries[id].outcome == "canceled"


def test_calling_off_what_has_ended_changes_nothing(client: httpx.Client) -> None:
    done = ended(client, made(client)["id"])
    assert client.post(f"/v1/predictions/{done['id']}/cancel").json()["status"] == "succeeded"


def test_cancel_after_ends_what_runs_and_aborts_what_waits(client: httpx.Client, cloud: Rehearsal) -> None:
    cloud.fault("stuck", style="anime")
    cloud.fault("slow_start", style="flat", seconds=60)
    running, waiting = (
        asked(client, style, headers={"Cancel-After": "5s"}).json()["id"] for style in ("anime", "flat")
    )
    assert ended(client, running)["status"] == "canceled"
    assert ended(client, waiting)["status"] == "aborted"


def test_preferring_to_wait_gives_the_picture_before_the_status(client: httpx.Client) -> None:
    answer = asked(client, headers={"Prefer": "wait=20"})
    assert answer.headers["preference-applied"] == "wait=20"
    assert answer.json()["status"] == "processing"
    assert answer.json()["output"].startswith("data:image/jpeg;base64,")


def test_a_photo_may_be_given_as_a_link_on_this_machine(client: httpx.Client, cloud: Rehearsal) -> None:
    link = ended(client, made(client)["id"])["output"]
    given = {"input": an_input(image_input=[link])}
    done = ended(client, client.post(f"/v1/models/{MODEL}/predictions", json=given).json()["id"])
    assert done["status"] == "succeeded"
    assert cloud.usage.entries[done["id"]].photo_sha256 is not None


def test_a_photo_is_fetched_from_this_machine_only(client: httpx.Client) -> None:
    for address in ("https://example.com/photo.jpg", "http://127.0.0.1:9/photo.jpg"):
        done = ended(
            client,
            client.post(
                f"/v1/models/{MODEL}/predictions", json={"input": an_input(image_input=[address])}
            ).json()["id"],
        )
        assert (done["status"], "Can't read the input image" in done["error"]) == ("failed", True)


def test_the_low_credit_limit_is_one_at_once(client: httpx.Client, cloud: Rehearsal) -> None:
    cloud.fault("low_credit")
    first, second = asked(client), asked(client)
    assert (first.status_code, second.status_code) == (201, 429)
    assert 9 <= int(second.headers["retry-after"]) <= 11
    assert second.json()["retry_after"] == int(second.headers["ratelimit-reset"])
    assert "6 requests per minute with a burst of 1" in second.json()["detail"]


def test_a_changed_model_says_so_and_means_it(client: httpx.Client, cloud: Rehearsal) -> None:
    def fields() -> set[str]:
        document = client.get(f"/v1/models/{MODEL}").json()
        schemas = document["latest_version"]["openapi_schema"]["components"]["schemas"]
        return set(schemas["Input"]["properties"])

    assert {"prompt", "image_input"} <= fields()
    cloud.fault("schema_changed")
    assert {"text", "images"} <= fields()
    assert asked(client).status_code == 422


def test_models_whose_output_is_a_list_give_one(client: httpx.Client) -> None:
    given = {"prompt": "x", "image_input": [data_url(a_photo())], "size": "1K"}
    made_one = client.post("/v1/models/bytedance/seedream-4/predictions", json={"input": given}).json()
    assert [each.startswith("http://127.0.0.1") for each in ended(client, made_one["id"])["output"]] == [True]


def test_the_list_is_newest_first_pages_and_shows_inputs(rehearsal: Rehearsal) -> None:
    headers = {"Authorization": "Bearer r8_rehearsal"}
    with httpx.Client(base_url=rehearsal.url, headers=headers, trust_env=False, timeout=60) as client:
        since = datetime.now(UTC)
        ids = [made(client, webhook=a_hook("http://127.0.0.1:9")[0])["id"] for _ in range(103)]
        page = client.get("/v1/predictions", params={"created_after": since.isoformat()}).json()
        rest = client.get(page["next"]).json()
        seen = [each["id"] for each in page["results"] + rest["results"]]
        assert (len(page["results"]), rest["next"], seen) == (100, None, ids[::-1])
        assert page["results"][0]["input"]["image_input"][0].startswith("data:image/jpeg")
        later = {"created_after": (since + timedelta(hours=1)).isoformat()}
        assert client.get("/v1/predictions", params=later).json()["results"] == []
        rehearsal.fault("list_without_input")
        assert "input" not in client.get("/v1/predictions").json()["results"][0]
        rehearsal.fault("list_late", seconds=3600)
        assert client.get("/v1/predictions").json()["results"] == []
        assert client.get("/v1/predictions", params={"created_after": "yesterday"}).status_code == 400


def test_inputs_and_outputs_are_removed_after_their_time(tmp_path: Path) -> None:
    with rehearsing(tmp_path, "--data-seconds", "0") as forgetful:
        headers = {"Authorization": "Bearer r8_rehearsal"}
        with httpx.Client(base_url=forgetful.url, headers=headers, trust_env=False) as client:
            done = ended(client, made(client)["id"])
            assert (done["input"], done["output"], done["data_removed"]) == ({}, None, True)


def test_pictures_end_when_the_settings_say(tmp_path: Path) -> None:
    with rehearsing(tmp_path, "--output-seconds", "0") as short_lived:
        headers = {"Authorization": "Bearer r8_rehearsal"}
        with httpx.Client(base_url=short_lived.url, headers=headers, trust_env=False) as client:
            assert httpx.get(ended(client, made(client)["id"])["output"]).status_code == 404


def test_showing_the_key_to_the_host_of_pictures_is_noticed(rehearsal: Rehearsal) -> None:
    headers = {"Authorization": "Bearer r8_rehearsal"}
    with httpx.Client(base_url=rehearsal.url, headers=headers, trust_env=False) as client:
        output = ended(client, made(client)["id"])["output"]
        httpx.get(output)
        assert client.get("/bank/summary").json()["keys_shown_to_output_host"] == 0
        client.get(output)
        assert client.get("/bank/summary").json()["keys_shown_to_output_host"] == 1
