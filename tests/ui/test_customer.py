"""The customer's part of a character's page, Today and the list: links made there, and answers told there."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.repositories import images
from tasks.consent.record import withdraw_consent
from tasks.proof.answer import approve, ask_for_change
from tasks.proof.look import look
from tests.support.rows import a_picture, a_ready_character
from tests.support.studio import StandInStudio
from ui.cli import main
from ui.handlers.characters import filter_of_address, list_characters
from ui.handlers.customer import customer_panel
from ui.handlers.overview import Looks, today_page
from ui.routes.customer import customer_router
from ui.views.overview import today_html


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(customer_router(studio.services))
    with TestClient(app) as client:
        yield client


@pytest.fixture
def character(studio: StandInStudio) -> str:
    with studio.services.record.writing() as session:
        owner = a_ready_character(session, "Maya").id
        for style in ("anime", "watercolor"):
            a_picture(session, owner, style)
        return owner


def ids(studio: StandInStudio, character: str) -> list[str]:
    with studio.services.record.reading() as session:
        return [each.image.id for each in images.of_character(session, character)]


def send(client: TestClient, character: str, **said: Any) -> Any:
    return client.post(f"/character/{character}/customer", json=said)


def token_in(html: str) -> str:
    found = re.search(r'value="http://127\.0\.0\.1:7860/proof/([\w-]{43})"', html)
    assert found
    return found[1]


def state(html: str) -> str:
    found = re.search(r'data-testid="link-state" data-state="([a-z_]+)"', html)
    return found[1] if found else ""


def test_a_link_is_made_of_chosen_pictures_and_its_address_is_shown_once(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    assert state(client.get(f"/character/{character}/customer").text) == ""
    chosen = ids(studio, character)[:1]
    made = send(client, character, act="make", pictures=chosen, days="3", changes="1")
    assert made.status_code == 200 and state(made.text) == "open"
    proof = look(studio.services.runtime, token_in(made.text))
    assert [each.image.id for each in proof.pictures] == chosen
    assert "/proof/" not in client.get(f"/character/{character}/customer").text
    newer = send(client, character, act="renew", pictures=chosen, days="", changes="")
    assert token_in(newer.text) != token_in(made.text)
    ended = send(client, character, act="withdraw")
    assert "link-state" in ended.text and state(ended.text) == "withdrawn"


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"act": "make", "pictures": []}, 422, "nothing_to_show"),
        ({"act": "make", "pictures": ["another's"]}, 422, "unknown_picture"),
        ({"act": "make", "pictures": "x"}, 422, "nothing_to_show"),
        ({"act": "make", "pictures": ["x"], "days": "many"}, 422, "usage"),
        ({"act": "renew", "pictures": ["x"]}, 422, "no_link"),
        ({"act": "dance"}, 422, "unknown_action"),
    ],
)
def test_what_can_t_be_made_is_said(
    client: TestClient, character: str, said: dict[str, Any], status: int, code: str
) -> None:
    answer = send(client, character, **said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_nobody_and_who_has_not_consented_get_no_link(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    assert client.get("/character/nobody/customer").status_code == 404
    withdraw_consent(studio.services.runtime, character_id=character, by=None)
    assert "make-link" not in client.get(f"/character/{character}/customer").text
    refused = send(client, character, act="make", pictures=ids(studio, character))
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_withdrawn")


def test_today_the_list_and_the_page_tell_of_the_customer(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    services = studio.services
    looks = Looks(services)

    def waiting() -> dict[str, int]:
        return {each.name: each.count for each in today_page(services, looks).waiting}

    def shown(what: str) -> list[str]:
        listing = list_characters(services, filter_of_address({"show": what}))
        return [card.customer for card in listing.cards]

    token = token_in(send(client, character, act="make", pictures=ids(studio, character)).text)
    assert (waiting()["customer"], waiting()["change"]) == (1, 0)
    assert shown("customer") == ["Waiting for the customer"] and shown("change") == []
    seen = look(services.runtime, token).seen
    ask_for_change(services.runtime, token=token, reason="hair", note="<b>longer</b>", number=1, seen=seen)
    assert (waiting()["customer"], waiting()["change"]) == (0, 1)
    assert shown("change") == ["Change asked for"]
    page = client.get(f"/character/{character}/customer").text
    assert state(page) == "change" and "&lt;b&gt;longer&lt;/b&gt;" in page
    assert "asks for a change: The hair" in today_html(today_page(services, looks))
    newer = token_in(send(client, character, act="renew", pictures=ids(studio, character)).text)
    assert (waiting()["customer"], waiting()["change"], waiting()["attention"]) == (1, 0, 0)
    approve(services.runtime, token=newer, number=2, seen=look(services.runtime, newer).seen)
    assert (waiting()["customer"], waiting()["change"]) == (0, 0)
    assert shown("approved") == ["Approved by the customer"]
    assert not customer_panel(services, character).can_renew
    assert "has approved a picture" in today_html(today_page(services, looks))


def test_links_are_made_listed_and_withdrawn_on_the_command_line(
    studio: StandInStudio, character: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["proof", "make", character, "anime", "--days", "2"]) == 0
    first = capsys.readouterr().out
    found = re.search(r"/proof/([\w-]{43})\n", first)
    assert found and len(look(studio.services.runtime, found[1]).pictures) == 1
    assert main(["proof", "list"]) == 0
    assert f"{character}  open, not opened yet" in capsys.readouterr().out
    assert main(["proof", "make", character]) == 2
    assert "link_open" in capsys.readouterr().err
    assert main(["proof", "renew", character, "--changes", "0"]) == 0
    capsys.readouterr()
    assert main(["proof", "list", character, "--json"]) == 0
    told = capsys.readouterr().out
    assert '"state": "renewed"' in told and '"changes_left": 0' in told and "token" not in told
    assert main(["proof", "withdraw", character]) == 0
    assert main(["proof", "list"]) == 0
    assert "No link waits" in capsys.readouterr().out
