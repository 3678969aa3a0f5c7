"""Photo and consent of a character in the studio, and the texts, periods and erasures of the house."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.models import CharacterStatus, ErasureStep, Role
from db.repositories import characters, erasures, users
from tasks.accounts.person import Person
from tasks.consent.record import consents_shown, withdraw_consent
from tasks.consent.rules import WithdrawnByCustomer
from tasks.erasure.ask import ask_erasure
from tasks.erasure.settings import RetentionSettings
from tests.support.studio import StandInStudio
from ui.access import NotAllowed
from ui.acting import acting
from ui.handlers import privacy
from ui.handlers.detail import character_page
from ui.i18n import said, speaking
from ui.routes.privacy import privacy_router
from ui.views.detail import banner_html, stage_html
from ui.views.privacy import consent_panel_html


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(privacy_router(studio.services))
    with TestClient(app) as client:
        yield client


@pytest.fixture
def character(studio: StandInStudio) -> str:
    return studio.character(styles=("anime",))


@pytest.fixture(autouse=True)
def no_prefect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Erasing has nothing to forget there."""
    monkeypatch.setattr("flows.erasure.forget_character", lambda _id: None)


def send(client: TestClient, character: str, **said: Any) -> Any:
    return client.post(f"/character/{character}/consent", json=said)


def attribute(html: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', html)
    assert found
    return found[1]


def test_a_consent_is_shown_withdrawn_and_given_anew(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    page = client.get(f"/character/{character}/consent").text
    assert attribute(page, "data-stands") == "yes" and "It stays with us." in page
    assert "Nothing leaves it." in page
    gone = send(client, character, act="withdraw")
    assert attribute(gone.text, "data-stands") == "no"
    assert "Everything, since the consent was withdrawn" in gone.text
    given = send(
        client,
        character,
        act="give",
        role="parent",
        text="2026-11-30 de",
        processors=["replicate"],
        keep_canon=True,
    )
    assert attribute(given.text, "data-stands") == "yes"
    newest = consents_shown(studio.services.runtime, character_id=character)[0]
    assert (newest.role, newest.language, newest.processors, newest.keep_canon) == (
        "parent",
        "de",
        ("replicate",),
        True,
    )
    assert newest.words in given.text.replace("&#39;", "'")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"act": "give", "role": "king", "text": "2026-11-30 en"}, "usage"),
        ({"act": "give", "role": "parent", "text": "none en"}, "unknown_text"),
        ({"act": "give", "role": "parent", "text": "2026-11-30 en", "processors": ["x"]}, "no_such_provider"),
        ({"act": "give", "role": "parent", "text": "2026-11-30 en", "processors": 7}, "no_such_provider"),
        ({"act": "hold", "reason": " "}, "no_reason"),
        ({"act": "dance"}, "unknown_action"),
    ],
)
def test_what_is_no_consent_is_said(
    client: TestClient, character: str, said: dict[str, Any], code: str
) -> None:
    answer = send(client, character, **said)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_the_page_of_who_has_withdrawn_says_so_and_offers_no_drawing(
    studio: StandInStudio, character: str
) -> None:
    shown = character_page(studio.services, character)
    assert "withdrawn" not in banner_html(shown) and " disabled" not in stage_html(shown)
    withdraw_consent(studio.services.runtime, character_id=character, by=None)
    shown = character_page(studio.services, character)
    assert 'data-state="withdrawn"' in banner_html(shown)
    buttons = re.findall(r"<button[^>]*draw_style[^>]*>", stage_html(shown))
    assert buttons and all(" disabled" in each for each in buttons)


def test_a_legal_hold_keeps_from_erasing_until_it_is_lifted(client: TestClient, character: str) -> None:
    held = send(client, character, act="hold", reason="Case 7")
    assert attribute(held.text, "data-held") == "yes" and "Case 7" in held.text
    agreed = attribute(held.text, 'name="agreed" value')
    refused = client.post(f"/character/{character}/erase", json={"agreed": agreed})
    assert (refused.status_code, refused.json()["code"]) == (409, "legal_hold")
    assert attribute(send(client, character, act="lift").text, "data-held") == "no"


def test_a_legal_hold_is_lifted_by_an_administrator_alone(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    send(client, character, act="hold", reason="Case 7")
    with acting(Person(None, "Op", Role.OPERATOR)):
        shown = consent_panel_html(privacy.consent_panel(studio.services, character))
        with pytest.raises(NotAllowed):
            privacy.change_consent(studio.services, character, {"act": "lift"})
    assert 'data-testid="lift"' not in shown and "Only an administrator may lift" in shown
    page = client.get(f"/character/{character}/consent").text
    assert attribute(page, "data-held") == "yes" and 'data-testid="lift"' in page


def test_a_consent_that_the_customer_has_withdrawn_is_renewed_by_an_administrator_alone(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    give = {"act": "give", "role": "parent", "text": "2026-11-30 en"}
    operator = Person(None, "Op", Role.OPERATOR)
    send(client, character, act="withdraw")
    with acting(operator):  # the house itself has withdrawn it, and may be wrong
        privacy.change_consent(studio.services, character, give)
    withdraw_consent(studio.services.runtime, character_id=character, by=None, actor="customer")
    with acting(operator):
        shown = consent_panel_html(privacy.consent_panel(studio.services, character))
        with pytest.raises(WithdrawnByCustomer):
            privacy.change_consent(studio.services, character, give)
    assert shown.count("Withdrawn by the customer") == 1 and 'data-testid="give"' not in shown
    page = send(client, character, **give).text
    assert attribute(page, "data-stands") == "yes" and "Withdrawn by the customer" in page
    with acting(operator):  # a consent stands: another one may follow it
        privacy.change_consent(studio.services, character, give)


def test_an_erasure_takes_what_was_agreed_to_and_leaves_a_certificate(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    page = client.get(f"/character/{character}/consent").text
    assert "1 photo, 1 picture" in page
    other = client.post(f"/character/{character}/erase", json={"agreed": "1-7-0"})
    assert (other.status_code, other.json()["code"]) == (422, "agreed_to_else")
    done = client.post(
        f"/character/{character}/erase", json={"agreed": attribute(page, 'name="agreed" value')}
    )
    assert attribute(done.text, "data-erased") == "yes"
    with studio.services.record.reading() as session:
        assert characters.get(session, character).status is CharacterStatus.ERASED
        job = erasures.of_character(session, character)
    assert job and job.step is ErasureStep.DONE
    told = client.get(f"/erasures/{job.id}/certificate.json")
    assert json.loads(told.text)["character"] == character
    assert client.get(f"/erasures/{job.id}/certificate.pdf").content.startswith(b"%PDF-")
    assert client.get(f"/erasures/{job.id}/certificate.doc").status_code == 422
    assert job.id in client.get("/fragments/privacy").text
    assert "Download everything" not in done.text


def test_an_operator_erases_whom_they_have_made_and_an_administrator_everybody(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    with studio.services.record.writing() as session:
        stranger = users.ensure_operator(session).id
    agreed = {"agreed": attribute(client.get(f"/character/{character}/consent").text, 'name="agreed" value')}
    with studio.services.record.writing() as session:
        characters.get(session, character).created_by = None
    with acting(Person(stranger, "Op", Role.OPERATOR)), pytest.raises(NotAllowed):
        privacy.erase(studio.services, character, agreed)
    with acting(Person(stranger, "Admin", Role.ADMINISTRATOR)):
        assert privacy.erase(studio.services, character, agreed).erasure is not None


def test_the_access_archive_holds_photo_picture_and_consent(client: TestClient, character: str) -> None:
    answer = client.get(f"/character/{character}/access.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert {"record.json", "consents.json"} <= set(names)
    assert sorted(each.partition("/")[0] for each in names if "/" in each) == ["photo", "pictures"]


def test_a_text_is_written_once_and_never_changed(client: TestClient) -> None:
    page = client.get("/fragments/privacy").text
    assert "2026-11-30" in page and "7 days" in page and "Nobody has been erased yet." in page
    said = {"version": "2027-01", "language": "de", "text": "Sie dürfen. {processors}"}
    written = client.post("/privacy/texts", json=said)
    assert written.status_code == 200 and "Sie dürfen." in written.text
    other = client.post("/privacy/texts", json=said | {"text": "Sie dürfen nicht."})
    assert other.status_code == 409
    for wrong in ({"version": ""}, {"language": "xx"}, {"text": " "}, {"version": "2026-11-30"}):
        assert client.post("/privacy/texts", json=said | wrong).status_code == 422


def test_who_is_no_administrator_is_offered_no_new_text(studio: StandInStudio) -> None:
    with acting(Person(None, "", Role.AUDITOR)):
        assert privacy.privacy_page(studio.services).may_write is False


def test_an_erasure_that_goes_on_says_so(studio: StandInStudio, client: TestClient, character: str) -> None:
    job = ask_erasure(studio.services.runtime, character_id=character, by=None)
    page = client.get(f"/character/{character}/consent").text
    assert "Not done yet." in page
    assert client.get(f"/erasures/{job}/certificate.json").status_code == 422


def test_every_period_has_its_words_in_german_too(studio: StandInStudio) -> None:
    words = privacy._SETTING_WORDS
    assert set(words) == set(RetentionSettings.model_fields)
    with acting(Person("ada", "Ada", Role.AUDITOR)):
        assert [each.words for each in privacy.privacy_page(studio.services).settings] == [
            words[name] for name in RetentionSettings.model_fields
        ]
    with speaking("de"):
        assert not [each for each in words.values() if said(each) == each]
