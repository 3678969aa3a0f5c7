"""A consent given by a link: what it shows, what counts afterwards, and what goes on then."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from starlette.testclient import TestClient

from db.engine import Session
from db.models import CharacterStatus, ConsentMeans, ConsentRole, CustomerLink, LinkPurpose, Role
from db.repositories import accounts, audit, characters, customer_links, events
from flows.consent_given import go_on_after_consent
from flows.request_run import AskedRun, Submit, request_run
from tasks.accounts import sessions
from tasks.accounts.person import Person
from tasks.consent.record import consents_shown, withdraw_consent
from tasks.consent.rules import (
    ConsentWithdrawn,
    NotNamedInConsent,
    NotTicked,
    WithdrawnByCustomer,
    check_consent,
)
from tasks.erasure.ask import ask_erasure
from tasks.errors import UsageError
from tasks.proof.consent import ask_consent
from tasks.proof.links import MadeLink, make_link, withdraw_link
from tasks.runtime import Runtime
from tests.support.rows import a_picture, a_ready_character
from tests.support.studio import StandInStudio
from tests.ui.test_views import Page
from ui.access import AccessMiddleware
from ui.acting import acting
from ui.authentication import PLAIN_COOKIE, Authenticator
from ui.cli import main
from ui.handlers import privacy
from ui.handlers.overview import Looks, today_page
from ui.i18n import LanguageMiddleware
from ui.routes.privacy import privacy_router
from ui.routes.proof import proof_router
from ui.security import SecurityMiddleware, SecurityPolicy
from ui.views.overview import today_html
from ui.views.privacy import consent_panel_html

ORIGIN = "http://127.0.0.1:7860"
SIGNED = {"answer": "consent", "agreed": "yes", "role": "parent", "signature": "  Jo  <b>Doe</b> "}


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(proof_router(studio.services))
    app.include_router(privacy_router(studio.services))
    app.add_middleware(LanguageMiddleware, preset="en")
    app.add_middleware(SecurityMiddleware, policy=SecurityPolicy(ORIGIN))
    with TestClient(app, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
def character(studio: StandInStudio) -> str:
    with studio.services.record.writing() as session:
        owner = a_ready_character(session, "Maya").id
        a_picture(session, owner, "anime")
        return owner


@pytest.fixture
def link(studio: StandInStudio, character: str) -> MadeLink:
    return ask(studio, character)


def ask(studio: StandInStudio, character: str, **more: Any) -> MadeLink:
    wanted = {"processors": ["replicate", "openai"], "by": None} | more
    return ask_consent(studio.services.runtime, character_id=character, **wanted)


def answer(client: TestClient, path: str, page: str | None = None, **said: Any) -> Any:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page or client.get(path).text)
    return client.post(path, data={"seen": found[1] if found else "", **said}, headers={"origin": ORIGIN})


def state(page: str) -> str:
    found = re.search(r'data-state="([a-z_-]+)"', page)
    assert found
    return found[1]


def may_have(studio: StandInStudio, character: str, provider: str) -> str:
    with studio.services.record.reading() as session:
        try:
            check_consent(session, character, provider)
        except (ConsentWithdrawn, NotNamedInConsent) as error:
            return error.code
    return "yes"


def test_the_page_says_what_is_agreed_to_and_names_nobody(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    shown = client.get(link.path)
    page = Page(shown.text)
    assert "Waiting for a consent" in today_html(today_page(studio.services, Looks(studio.services)))
    assert f"character?id={character}" in client.get("/fragments/privacy").text
    assert shown.status_code == 200 and "illustrations are made from the photo" in shown.text
    assert "Replicate" in shown.text and "deletes" in shown.text  # what is known of how long it keeps it
    ticks = [given for tag, given in page.tags if tag == "input" and given.get("type") == "checkbox"]
    assert [given["name"] for given in ticks] == ["processor", "processor", "agreed"]
    assert not [given for given in ticks if "checked" in given]  # nobody consents by leaving a tick
    with studio.services.record.reading() as session:
        owner = characters.get(session, character)
    hidden = [character, owner.name, owner.photo_asset_id or "", link.link_id]
    assert [each for each in hidden if each in shown.text] == []
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert [given["src"] for tag, given in page.tags if tag == "img" and "src" in given] == [
        f"{link.path}/photo"
    ]


def test_what_was_ticked_counts_with_the_signature_and_nothing_else(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    done = answer(client, link.path, **SIGNED, processor="replicate", keep_canon="yes")
    assert state(done.text) == "answered-consented"
    given = consents_shown(studio.services.runtime, character_id=character)[0]
    assert (given.means, given.role, given.processors) == (
        ConsentMeans.SIGNED_LINK,
        ConsentRole.PARENT,
        ("replicate",),
    )
    assert given.signature == "Jo <b>Doe</b>" and not given.keep_canon  # that was not asked
    assert "For that it is sent to Replicate" in given.words
    assert (may_have(studio, character, "replicate"), may_have(studio, character, "openai")) == (
        "yes",
        "consent_names_no_third_party",
    )
    with studio.services.record.reading() as session:
        told = [each for each in events.timeline(session, character) if each.kind == "consent.given"]
        entered = audit.newest(session, limit=9, what=character, act="consent.")
    assert [each.actor for each in told] == ["customer"] and "Doe" not in told[0].message + str(told[0].data)
    assert [each.data["link"] for each in entered if "link" in each.data] == [link.link_id]
    assert "has given consent" in today_html(today_page(studio.services, Looks(studio.services)))
    panel = client.get(f"/character/{character}/consent").text
    assert "signed “Jo &lt;b&gt;Doe&lt;/b&gt;”" in panel and "by a link of their own" in panel
    assert state(answer(client, link.path, **SIGNED).text) == "answered-consented"  # pressed twice
    assert answer(client, link.path, answer="refuse").status_code == 409
    assert len(consents_shown(studio.services.runtime, character_id=character)) == 2


@pytest.mark.parametrize(
    ("left_out", "sentence"),
    [
        ({"agreed": ""}, "Tick that you agree"),
        ({"role": "nobody"}, "Say who you are"),
        ({"signature": " \u200b "}, "Write your name"),
        ({"seen": "0" * 64}, "were changed while you were looking"),
        ({"answer": "dance"}, "did not arrive whole"),
    ],
)
def test_what_is_missing_is_said_and_what_was_filled_in_stays(
    studio: StandInStudio,
    client: TestClient,
    character: str,
    link: MadeLink,
    left_out: dict[str, str],
    sentence: str,
) -> None:
    refused = answer(client, link.path, **{**SIGNED, "processor": "openai", **left_out})
    assert refused.status_code in (409, 422) and sentence in refused.text
    page = Page(refused.text)
    ticked = [given["value"] for tag, given in page.tags if tag == "input" and "checked" in given]
    assert "openai" in ticked
    assert len(consents_shown(studio.services.runtime, character_id=character)) == 1


def test_who_does_not_agree_stops_everything(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    assert may_have(studio, character, "local") == "yes"  # an operator's tick
    assert state(answer(client, link.path, answer="refuse").text) == "answered-refused"
    assert may_have(studio, character, "local") == "consent_withdrawn"
    with studio.services.record.reading() as session:
        told = [each.kind for each in events.timeline(session, character)]
    assert {"consent.refused", "consent.withdrawn"} <= set(told)
    assert "does not consent" in today_html(today_page(studio.services, Looks(studio.services)))


def test_it_is_withdrawn_by_the_same_link(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    answer(client, link.path, **SIGNED)
    proof = make_link(studio.services.runtime, character_id=character, by=None)
    assert state(answer(client, link.path, answer="withdraw").text) == "answered-withdrawn"
    assert may_have(studio, character, "local") == "consent_withdrawn"
    assert client.get(proof.path).status_code == 410
    assert state(answer(client, link.path, answer="withdraw").text) == "answered-withdrawn"
    again = ask(studio, character)  # and may be given anew, by them alone
    assert state(answer(client, again.path, **SIGNED).text) == "answered-consented"
    assert may_have(studio, character, "local") == "yes"


def test_a_run_that_waited_for_it_goes_on(studio: StandInStudio, character: str) -> None:
    runtime, submitted = studio.services.runtime, list[str]()

    def submit(
        character_id: str, styles: list[str], run_token: str, *, another: bool = False, **chosen: str
    ) -> str:
        del run_token, another, chosen
        submitted.extend([character_id, *styles])
        return "flow run"

    app = FastAPI()
    app.include_router(proof_router(replace(studio.services, submit=submit)))
    request = request_run(runtime, character, ["flat"])
    withdraw_consent(runtime, character_id=character, by=None)
    with TestClient(app, base_url=ORIGIN) as client:
        answer(client, ask(studio, character, processors=()).path, **SIGNED)
    assert submitted == [character, "flat"]
    with studio.services.record.reading() as session:
        now = characters.get(session, character)
        assert now.status is CharacterStatus.QUEUED and now.run_token != request.run_token


def over(session: Session) -> None:
    session.connection().exec_driver_sql("DROP TRIGGER guard_customer_links_update")
    session.execute(update(CustomerLink).values(expires_at=datetime.now(UTC) - timedelta(minutes=1)))


def test_a_link_that_is_over_says_so_kindly(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    runtime = studio.services.runtime
    with pytest.raises(UsageError) as refused:
        ask(studio, character)
    assert refused.value.code == "link_open"
    newer = ask(studio, character, renew=True)
    assert (client.get(link.path).status_code, state(client.get(link.path).text)) == (410, "renewed")
    page = client.get(newer.path).text
    assert withdraw_link(runtime, character_id=character, by=None, purpose=LinkPurpose.CONSENT)
    gone = answer(client, newer.path, page, **SIGNED)
    assert (gone.status_code, state(gone.text)) == (410, "withdrawn")
    last = ask(studio, character)
    page = client.get(last.path).text
    with studio.services.record.writing() as session:
        over(session)
    late = answer(client, last.path, page, **SIGNED)
    assert (late.status_code, state(late.text)) == (410, "expired") and "Ask for a new one" in late.text
    assert len(consents_shown(runtime, character_id=character)) == 1
    ask_erasure(runtime, character_id=character, by=None)
    assert client.get(last.path).status_code == 404


def test_each_kind_of_link_does_its_own_alone(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    proof = make_link(studio.services.runtime, character_id=character, by=None)
    page = client.get(proof.path).text
    assert answer(client, proof.path, page, **SIGNED).status_code == 422
    assert answer(client, link.path, answer="approve", picture="1").status_code == 422
    assert len(consents_shown(studio.services.runtime, character_id=character)) == 1
    with studio.services.record.reading() as session:
        assert customer_links.count_waiting(session) == 1  # of proofs


def test_text_and_page_are_in_the_language_that_the_parent_reads(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    german = client.get(link.path, headers={"accept-language": "de"}).text
    assert '<html lang="de"' in german and "aus dem Foto Illustrationen" in german
    english = client.get(f"{link.path}?language=en", headers={"accept-language": "de"}).text
    assert '<html lang="en"' in english and f"{link.path}?language=de" in english
    done = answer(client, link.path, german, **SIGNED, language="de")
    assert "Einwilligung" in done.text
    given = consents_shown(studio.services.runtime, character_id=character)[0]
    assert given.language == "de" and given.words.endswith("was daraus gemacht wurde.")


def test_a_link_is_made_in_the_studio_and_on_the_command_line(
    studio: StandInStudio, client: TestClient, character: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def send(**said: Any) -> Any:
        return client.post(f"/character/{character}/consent", json=said, headers={"origin": ORIGIN})

    made = send(act="ask", processors=["openai"], version="2026-11-30", keep_canon=True, days="3")
    address = re.search(r'value="(http://127\.0\.0\.1:7860/proof/[\w-]{43})"', made.text)
    assert address and "keep_canon" in client.get(address[1]).text
    assert "/proof/" not in client.get(f"/character/{character}/consent").text  # shown once
    assert send(act="ask", processors=["local"]).json()["code"] == "no_such_provider"
    assert 'data-state="withdrawn"' in send(act="unask").text
    assert send(act="ask", processors=[], version="1999").json()["code"] == "unknown_text"
    assert main(["consent", "ask", character, "--processor", "replicate", "--days", "2"]) == 0
    found = re.search(r"/proof/[\w-]{43}", capsys.readouterr().out)
    assert found and state(client.get(found[0]).text) == "open"
    assert main(["consent", "ask", character, "--end"]) == 0
    assert client.get(found[0]).status_code == 410


OPERATOR, ADMINISTRATOR = Person(None, "Op", Role.OPERATOR), Person(None, "Ada", Role.ADMINISTRATOR)
GIVE = {"act": "give", "role": "parent", "text": "2026-11-30 en"}


def test_what_the_customer_did_not_tick_only_an_administrator_records(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    path = ask(studio, character, keep_canon=True).path
    answer(client, path, **SIGNED, processor="replicate")
    with acting(OPERATOR):
        for more in ({"processors": ["openai"]}, {"processors": [], "keep_canon": True}):
            with pytest.raises(NotTicked):
                privacy.change_consent(studio.services, character, GIVE | more)
        for fewer in (["replicate", "local"], list[str]()):
            privacy.change_consent(studio.services, character, GIVE | {"processors": fewer})
        with pytest.raises(NotTicked):  # and not in two steps either
            privacy.change_consent(studio.services, character, GIVE | {"processors": ["openai"]})
    assert may_have(studio, character, "openai") == "consent_names_no_third_party"
    with acting(ADMINISTRATOR):
        privacy.change_consent(studio.services, character, GIVE | {"processors": ["openai"]})
    assert may_have(studio, character, "openai") == "yes"


@pytest.mark.parametrize("refuses", [True, False])
def test_after_the_customers_no_an_administrator_alone_records_or_asks_anew(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink, refuses: bool
) -> None:
    """Also where the house had withdrawn it before: the customer has spoken last."""
    if refuses:
        withdraw_consent(studio.services.runtime, character_id=character, by=None)
        answer(client, ask(studio, character).path, answer="refuse")
    else:
        answer(client, link.path, **SIGNED)
        answer(client, link.path, answer="withdraw")
    asks = {"act": "ask", "processors": [], "version": "2026-11-30"}
    with acting(OPERATOR):
        shown = consent_panel_html(privacy.consent_panel(studio.services, character))
        for said in (GIVE, asks):
            with pytest.raises(WithdrawnByCustomer):
                privacy.change_consent(studio.services, character, said)
    assert 'data-testid="give"' not in shown and 'data-testid="ask"' not in shown
    with acting(ADMINISTRATOR):
        assert privacy.change_consent(studio.services, character, asks).made


@pytest.mark.parametrize("how", ["expired", "renewed"])
def test_a_withdrawal_by_a_link_that_is_good_no_more_is_not_thanked_for(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink, how: str
) -> None:
    answer(client, link.path, **SIGNED)
    if how == "renewed":
        ask(studio, character)
    else:
        with studio.services.record.writing() as session:
            over(session)
    late = answer(client, link.path, answer="withdraw")
    assert (late.status_code, state(late.text)) == (410, "not_withdrawn")
    assert "did not arrive" in late.text and "Tell whoever sent you the link" in late.text
    assert may_have(studio, character, "local") == "yes"


def test_who_is_signed_in_to_the_studio_answers_for_nobody(
    studio: StandInStudio, character: str, link: MadeLink
) -> None:
    record = studio.services.record
    with record.writing() as session:
        account = accounts.add(
            session, email="op@example.org", name="Op", role=Role.OPERATOR, password_hash=None
        )
        assert account is not None
        token, _kept = sessions.begin(session, account.user_id, address="", agent="")
    app = FastAPI()
    app.include_router(proof_router(studio.services))
    app.add_middleware(AccessMiddleware, authenticator=Authenticator(record))
    with TestClient(app, base_url=ORIGIN) as client:
        client.cookies.set(PLAIN_COOKIE, token)
        page = client.get(link.path).text
        for said in (SIGNED, {"answer": "refuse"}):
            own = answer(client, link.path, page, **said)
            assert own.status_code == 422 and "signed in to the studio" in own.text
        assert state(client.get(link.path).text) == "open"
        client.cookies.clear()
        assert state(answer(client, link.path, page, **SIGNED).text) == "answered-consented"


def test_an_answer_sent_again_asks_for_no_run(studio: StandInStudio, character: str) -> None:
    runtime, asked = studio.services.runtime, list[str]()

    def hand_over(_runtime: Runtime, run_token: str, _submit: Submit) -> AskedRun:
        asked.append(run_token)
        raise UsageError("Prefect is away.", code="usage")

    app = FastAPI()
    app.include_router(proof_router(replace(studio.services, hand_over=hand_over)))
    request_run(runtime, character, ["flat"])
    withdraw_consent(runtime, character_id=character, by=None)
    path = ask(studio, character, processors=()).path
    with TestClient(app, base_url=ORIGIN) as client:
        page = client.get(path).text
        answer(client, path, page, **SIGNED)
        withdraw_consent(runtime, character_id=character, by=None)
        answer(client, path, page, **SIGNED)
    assert len(asked) == 1
    assert not go_on_after_consent(runtime, character, studio.services.submit, hand_over)
    assert len(asked) == 1
