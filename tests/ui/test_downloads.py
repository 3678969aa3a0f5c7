"""Downloads as a browser gets them."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.models import Review
from db.repositories import audit, images
from tasks.consent.record import withdraw_consent
from tests.support.studio import StandInStudio
from ui.routes.downloads import downloads_router


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(downloads_router(studio.services))
    with TestClient(app) as client:
        yield client


@pytest.fixture
def character_id(studio: StandInStudio) -> str:
    return studio.character(name="Zoë 李")


@pytest.fixture
def picture_id(studio: StandInStudio, character_id: str) -> str:
    with studio.services.record.reading() as session:
        drawn = images.of_character(session, character_id)
    return next(each.image.id for each in drawn if each.image.style == "watercolor")


def hold_back(studio: StandInStudio, picture_id: str) -> None:
    with studio.services.record.writing() as session:
        images.review(session, picture_id, review=Review.REJECTED, actor="system", reason="undressed")


def _times_given_out(studio: StandInStudio) -> int:
    with studio.services.record.reading() as session:
        return len(audit.newest(session, limit=999))


def name_in(disposition: str) -> str:
    found = re.search(r"filename\*=UTF-8''(\S+)$", disposition)
    assert found
    return unquote(found[1])


def test_a_picture_is_saved_under_a_name_that_says_who_and_what(
    client: TestClient, character_id: str, picture_id: str
) -> None:
    answer = client.get(f"/downloads/picture/{picture_id}")
    assert answer.content.startswith(b"\x89PNG")
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; ")
    assert disposition.isascii()
    assert name_in(disposition) == f"Zoë 李 {character_id[-6:]} - Watercolor.png"
    assert "no-store" in answer.headers["cache-control"]


def test_the_name_can_be_left_out(client: TestClient, character_id: str, picture_id: str) -> None:
    answer = client.get(f"/downloads/picture/{picture_id}?names=no")
    assert name_in(answer.headers["content-disposition"]) == (
        f"character {character_id[-6:]} - Watercolor.png"
    )


def test_a_character_comes_as_a_zip(client: TestClient, character_id: str) -> None:
    answer = client.get(f"/downloads/character/{character_id}/pictures.zip")
    assert answer.headers["content-type"] == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert sum(name.endswith(".png") for name in names) == 2


def test_a_selection_comes_as_one_zip_or_sheet(studio: StandInStudio, client: TestClient) -> None:
    ids = [studio.character(name=name) for name in ("A", "B")]
    answer = client.post("/downloads/selection.zip", data={"ids": ids, "names": "no"})
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert sum(name.endswith(".png") for name in names) == 4
    sheet = client.post("/downloads/selection.pdf", data={"ids": " ".join(ids)})
    assert sheet.content.startswith(b"%PDF-")
    assert client.post("/downloads/selection.zip", data={}).json()["code"] == "nothing_chosen"
    given = _times_given_out(studio)
    asked = client.post("/downloads/selection.zip", data={"ids": ids, "ask": "yes"})
    assert (asked.status_code, asked.content) == (204, b"")
    refused = client.post("/downloads/selection.zip", data={"address": "?q=nobody+at+all", "ask": "yes"})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_chosen")
    assert _times_given_out(studio) == given  # asking gives nothing out
    studio.character(name="Somebody else")
    found = client.post("/downloads/selection.zip", data={"address": "?q=somebody"})
    names = zipfile.ZipFile(io.BytesIO(found.content)).namelist()
    assert {name.split(" ")[0] for name in names if "/" in name} == {"Somebody"}
    nobody = client.post("/downloads/selection.zip", data={"address": "?q=nobody+at+all"})
    assert nobody.json()["code"] == "nothing_chosen"


def test_lineage_comes_as_json(client: TestClient, character_id: str) -> None:
    document = json.loads(client.get(f"/downloads/character/{character_id}/lineage.json").content)
    assert {each["style"] for each in document["pictures"]} == {"watercolor", "anime"}


def test_what_cannot_be_made_is_said_in_words(client: TestClient, picture_id: str) -> None:
    for address, status, code in (
        (f"/downloads/picture/{picture_id}?form=svg", 409, "no_design"),
        (f"/downloads/picture/{picture_id}?form=hologram", 409, "no_form"),
        ("/downloads/picture/nobodys", 404, "not_found"),
        ("/downloads/character/nobody/pictures.zip", 404, "not_found"),
    ):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["sentence"].endswith(".")


def test_what_is_held_back_leaves_by_no_way(
    studio: StandInStudio, client: TestClient, picture_id: str
) -> None:
    link = urlsplit(client.post(f"/downloads/links/{picture_id}").json()["url"])
    hold_back(studio, picture_id)
    assert client.get(f"/downloads/picture/{picture_id}").json()["code"] == "held_back"
    assert client.post(f"/downloads/links/{picture_id}").json()["code"] == "held_back"
    assert client.get(f"{link.path}?{link.query}").json()["code"] == "held_back"


def test_a_copied_link_shows_the_picture_to_whoever_has_it_unaltered(
    client: TestClient, picture_id: str
) -> None:
    said = client.post(f"/downloads/links/{picture_id}").json()
    link = urlsplit(said["url"])
    assert said["minutes"] == 60
    shown = client.get(f"{link.path}?{link.query}")
    assert shown.content.startswith(b"\x89PNG")
    assert "Zo" not in name_in(shown.headers["content-disposition"])
    assert client.get(f"{link.path}?{link.query}x").status_code == 403
    assert client.get(f"{link.path}?e=1&s=x").status_code == 403
    page = client.get(f"{link.path}?{link.query}x", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.status_code == 403 and page.headers["content-type"].startswith("text/html")
    assert (
        "This picture can&#39;t be shown" in page.text
        and client.get(f"{link.path}?e=1&s=x").json()["sentence"] in page.text
    )


def test_a_copied_link_ends_with_the_consent_and_its_opening_is_on_record(
    studio: StandInStudio, client: TestClient, character_id: str, picture_id: str
) -> None:
    link = urlsplit(client.post(f"/downloads/links/{picture_id}").json()["url"])
    assert client.get(f"{link.path}?{link.query}").status_code == 200
    with studio.services.record.reading() as session:
        entered = audit.newest(session, limit=9, what=character_id)
    opened = {each.act: each for each in entered if each.who == "shared link"}
    assert set(opened) == {"link.used", "picture.given_out"}
    assert opened["link.used"].data == {"purpose": "shared", "image_id": picture_id}
    withdraw_consent(studio.services.runtime, character_id=character_id, by=None)
    refused = client.get(f"{link.path}?{link.query}")
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_withdrawn")
    assert "storykin" not in refused.text  # no command for whoever is outside the house
