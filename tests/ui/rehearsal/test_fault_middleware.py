"""The fault middleware and the operator's page: what is lost, late, cut or set by a button."""

import socket

import httpx
import pytest

from tests.support.rehearsal import Rehearsal
from tests.support.waiting import until
from tests.ui.rehearsal.asking import asked, ended, made


def test_a_request_dropped_before_acceptance_is_on_no_book(client: httpx.Client, cloud: Rehearsal) -> None:
    before = cloud.usage.summary()
    cloud.fault("drop", operation="create")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        asked(client)
    after = cloud.usage.summary()
    assert after["accepted"] == before["accepted"]
    assert after["turned_away"]["create 0"] == before["turned_away"].get("create 0", 0) + 1
    assert asked(client).status_code == 201


@pytest.mark.parametrize("kind", ["drop", "cut"])
def test_a_request_dropped_after_acceptance_is_booked_and_its_answer_lost(
    client: httpx.Client, cloud: Rehearsal, kind: str
) -> None:
    before = cloud.usage.summary()["accepted"]
    cloud.fault(kind, operation="create", when="after")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        asked(client)
    until(lambda: cloud.usage.summary()["accepted"] == before + 1, "the request to be booked")


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ({"kind": "status", "status": 502}, 502, "application/problem+json"),
        ({"kind": "status", "status": 500, "when": "after"}, 500, "application/problem+json"),
        ({"kind": "throttled", "seconds": 7}, 429, "application/problem+json"),
        ({"kind": "no_credit"}, 402, "application/problem+json"),
        ({"kind": "html"}, 502, "text/html; charset=utf-8"),
        ({"kind": "html", "status": 200}, 200, "text/html; charset=utf-8"),
        ({"kind": "empty_body"}, 200, "application/json"),
        ({"kind": "truncated", "operation": "create"}, 201, "application/json"),
    ],
)
def test_an_answer_may_be_replaced(
    client: httpx.Client, cloud: Rehearsal, fault: dict[str, object], status: int, kind: str
) -> None:
    before = cloud.usage.summary()["accepted"]
    cloud.fault(**fault)  # type: ignore[arg-type]
    answer = asked(client)
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    booked = fault.get("when") == "after" or fault["kind"] == "truncated"
    assert cloud.usage.summary()["accepted"] - before == booked
    if fault["kind"] == "throttled":
        assert answer.headers["retry-after"] == "7"
    if fault["kind"] == "truncated":
        with pytest.raises(ValueError, match=r"Unterminated|delimiter|Expecting"):
            answer.json()


def test_half_a_request_is_none(client: httpx.Client, cloud: Rehearsal) -> None:
    before = cloud.usage.summary()
    head = (
        "POST /v1/models/google/nano-banana/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Authorization: Bearer r8_rehearsal\r\nContent-Length: 1000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", cloud.port)) as connection:
        connection.sendall(head.encode() + b'{"input": {"prompt": "x"}}')
    assert client.get("/v1/account").status_code == 200
    assert cloud.usage.summary() == before


def test_an_answer_may_be_late_and_the_request_booked_all_the_same(
    client: httpx.Client, cloud: Rehearsal
) -> None:
    before = cloud.usage.summary()["accepted"]
    cloud.fault("delay", operation="create", when="after", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/v1/models/google/nano-banana/predictions", json={"input": {"prompt": "x"}}, timeout=0.5)
    until(lambda: cloud.usage.summary()["accepted"] == before + 1, "the request to be booked")


def test_a_download_may_be_cut_and_counts_as_undelivered(client: httpx.Client, cloud: Rehearsal) -> None:
    done = ended(client, made(client)["id"])
    cloud.fault("cut", operation="output", when="after")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        httpx.get(done["output"])
    assert cloud.usage.entries[done["id"]].delivered == 0
    httpx.get(done["output"])
    assert cloud.usage.entries[done["id"]].delivered == 1


def test_faults_are_set_shown_and_taken_away(client: httpx.Client, cloud: Rehearsal) -> None:
    answer = client.post("/faults", json=[{"kind": "pa"}, {"kind": "drop", "nth": 2}])
    ids = [each["id"] for each in answer.json()]
    assert [each["kind"] for each in cloud.faults()] == ["pa", "drop"]
    client.delete(f"/faults/{ids[0]}")
    assert [each["kind"] for each in cloud.faults()] == ["drop"]
    cloud.behave()
    assert cloud.faults() == []


def test_a_fault_that_makes_no_sense_is_refused(client: httpx.Client, cloud: Rehearsal) -> None:
    for given in ({"kind": "dorp"}, {"kind": "drop", "colour": "red"}, "drop", 3):
        answer = client.post("/faults", json=given)
        assert answer.status_code == 422, answer.text
        assert answer.json()["detail"]
    assert cloud.faults() == []


def test_the_page_shows_the_accounts_and_its_buttons_work(client: httpx.Client, cloud: Rehearsal) -> None:
    made(client)
    page = client.get("/").text
    assert "Rehearsal cloud" in page and "Billed, never delivered" in page and cloud.url in page
    answer = client.post("/page/faults/webhook_twice")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "each webhook comes twice" in client.get("/").text
    client.post("/page/faults/clear")
    assert cloud.faults() == []


def test_another_sites_page_can_set_nothing(client: httpx.Client, cloud: Rehearsal) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/page/faults/drop", headers=foreign).status_code == 403
    assert client.post("/faults", content='{"kind":"drop"}').status_code == 415
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert cloud.faults() == []


def test_the_bank_is_there_to_be_read(client: httpx.Client, cloud: Rehearsal) -> None:
    id = made(client)["id"]
    books = client.get("/bank").json()
    assert id in [entry["id"] for entry in books["entries"]]
    assert books["summary"].keys() <= client.get("/bank/summary").json().keys()
