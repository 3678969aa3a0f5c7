"""The pages for administrators: who may sign in, every token, and who did what."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.audit.acts import AuditAct
from db.engine import Record
from db.models import Role
from db.repositories import accounts, audit, clock
from tasks.accounts import password_links, passwords, people, tokens
from tasks.accounts.overview import people_shown, person_shown
from tests.support.rows import a_ready_character
from tests.support.studio import StandInStudio
from ui.access import AccessMiddleware
from ui.authentication import Authenticator
from ui.i18n import LanguageMiddleware
from ui.routes.account import account_router
from ui.routes.audit import audit_router
from ui.routes.password_link import password_link_router
from ui.routes.people import people_router
from ui.routes.shell import router as shell_router
from ui.routes.sign_in import sign_in_router
from ui.routes.support import support_router
from ui.views.audit import ACTS, GROUPS

ORIGIN = "http://127.0.0.1:7860"
ANNA, BEN, PASSWORD, NEW = (
    "anna@example.org",
    "ben@example.org",
    "seven green lanterns",
    "eight blue lanterns",
)
NewBrowser = Callable[..., TestClient]


@pytest.fixture
def record(studio: StandInStudio, monkeypatch: pytest.MonkeyPatch) -> Record:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    return studio.services.record


@pytest.fixture
def stranger(studio: StandInStudio, record: Record) -> Iterator[NewBrowser]:
    """Makes browsers that nobody is signed in with."""
    authenticator = Authenticator(record)
    app = FastAPI()
    for router in (
        shell_router(studio.services),
        sign_in_router(authenticator),
        account_router(record),
        people_router(record, ORIGIN),
        password_link_router(record),
        audit_router(record),
        support_router(studio.services),
    ):
        app.include_router(router)
    app.add_middleware(AccessMiddleware, authenticator=authenticator)
    app.add_middleware(LanguageMiddleware)
    with ExitStack() as open_ones:

        def made() -> TestClient:
            client = TestClient(app, base_url=ORIGIN, follow_redirects=False, client=("127.0.0.1", 50000))
            return open_ones.enter_context(client)

        yield made


@pytest.fixture
def anna(record: Record, stranger: NewBrowser) -> TestClient:
    """An administrator's browser."""
    people.add_person(record, email=ANNA, name="Anna", role=None, password=PASSWORD, by=None, via="x")
    client = stranger()
    assert enter(client, ANNA, PASSWORD) == 303
    return client


def enter(client: TestClient, email: str, password: str) -> int:
    return client.post("/sign-in", data={"email": email, "password": password}).status_code


def is_in(client: TestClient) -> bool:
    return client.get("/notices").status_code == 200


def id_of(record: Record, email: str) -> str:
    return next(each.user_id for each in people_shown(record) if each.email == email)


def do(client: TestClient, user_id: str, wish: str, **more: str) -> int:
    return client.post(f"/people/{user_id}", data={"do": wish} | more).status_code


def link_in(page: str) -> str:
    (found,) = re.findall(rf'value="{ORIGIN}(/sign-in/password/[\w-]+)"', page)
    return str(found)


def acts(record: Record, beginning: str = "") -> list[tuple[str, str]]:
    """What was entered: the act, and by whom."""
    with record.reading() as session:
        names = {user.id: user.email for user, _account in accounts.everyone(session)}
        found = [(each.act, names.get(each.who, each.who)) for each in audit.entries(session)]
    return [each for each in found if each[0].startswith(beginning)]


def test_somebody_new_sets_their_password_by_a_link_that_nobody_else_needs_to_know(
    anna: TestClient, record: Record, stranger: NewBrowser
) -> None:
    made = anna.post("/people", data={"name": "Ben", "email": BEN, "role": "reviewer"})
    link = link_in(made.text)
    ben = stranger()
    assert enter(ben, BEN, "") == 401  # no password yet, and an empty one is none
    assert ben.get(link).status_code == 200
    assert ben.post(link, data={"new": NEW, "again": PASSWORD}).status_code == 422
    assert ben.post(link, data={"new": "short", "again": "short"}).status_code == 422
    assert ben.post(link, data={"new": NEW, "again": NEW}).status_code == 200
    assert enter(ben, BEN, NEW) == 303 and is_in(ben)
    assert ben.get(link).status_code == 404  # it counts once
    assert ben.get("/people").status_code == 403
    assert "link" not in anna.get("/people").headers.get("location", "")
    assert acts(record, "user.")[1:] == [("user.made", ANNA), ("user.password_changed", BEN)]
    assert ("link.made", ANNA) in acts(record)


def test_a_link_is_good_for_three_days_and_a_new_one_takes_its_place(
    anna: TestClient, record: Record, stranger: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = link_in(anna.post("/people", data={"name": "Ben", "email": BEN, "role": "auditor"}).text)
    ben = id_of(record, BEN)
    second = link_in(anna.post(f"/people/{ben}", data={"do": "link"}).text)
    assert stranger().get(first).status_code == 404
    assert stranger().get(second).status_code == 200
    assert person_shown(record, user_id=ben).person.link_until is not None
    rights = clock.rights
    later = password_links.LIFE
    monkeypatch.setattr(clock, "rights", lambda session: rights(session) + later)
    assert stranger().get(second).status_code == 404
    assert stranger().post(second, data={"new": NEW, "again": NEW}).status_code == 404


def test_a_reset_ends_password_sessions_and_tokens_at_once(
    anna: TestClient, record: Record, stranger: NewBrowser
) -> None:
    people.add_person(record, email=BEN, name="Ben", role=Role.OPERATOR, password=PASSWORD, by=None, via="x")
    ben, ben_id = stranger(), id_of(record, BEN)
    assert enter(ben, BEN, PASSWORD) == 303
    token, _made = tokens.add_token(record, email=BEN, name="shop", by=None, via="x")
    link = link_in(anna.post(f"/people/{ben_id}", data={"do": "reset"}).text)
    assert not is_in(ben) and tokens.find(record, token) is None
    assert enter(ben, BEN, PASSWORD) == 401
    ben.post(link, data={"new": NEW, "again": NEW})
    assert enter(ben, BEN, NEW) == 303


def test_what_an_administrator_does_to_somebody_holds_at_once_and_is_entered(
    anna: TestClient, record: Record, stranger: NewBrowser
) -> None:
    people.add_person(record, email=BEN, name="Ben", role=Role.OPERATOR, password=PASSWORD, by=None, via="x")
    ben, ben_id = stranger(), id_of(record, BEN)
    for wish, more in (("role", {"role": "auditor"}), ("sign_out", {}), ("disable", {})):
        assert enter(ben, BEN, PASSWORD) == 303 and is_in(ben), wish
        assert do(anna, ben_id, wish, **more) == 303, wish
        assert not is_in(ben), wish
    assert enter(ben, BEN, PASSWORD) == 401
    assert do(anna, ben_id, "link") == 422  # who is kept out gets no way in
    assert do(anna, ben_id, "enable") == 303 and enter(ben, BEN, PASSWORD) == 303
    assert [each.role for each in people_shown(record) if each.email == BEN] == [Role.AUDITOR]
    by_anna = [act for act, who in acts(record) if who == ANNA and act != "session.signed_in"]
    assert by_anna == ["user.role_changed", "session.ended", "user.disabled", "user.enabled"]
    assert do(anna, ben_id, "remove") == 303 and not is_in(ben)
    assert anna.get(f"/people/{ben_id}").status_code == 404
    assert do(anna, ben_id, "role", role="operator") == 404


def test_the_last_administrator_stays_and_who_was_invited_is_none_yet(
    anna: TestClient, record: Record, stranger: NewBrowser
) -> None:
    me = id_of(record, ANNA)
    for wish, more in (("role", {"role": "auditor"}), ("disable", {}), ("remove", {}), ("reset", {})):
        assert do(anna, me, wish, **more) == 422, wish
    link = link_in(anna.post("/people", data={"name": "Ben", "email": BEN, "role": "administrator"}).text)
    assert do(anna, me, "disable") == 422  # Ben has not come yet, and the link may be lost
    ben = stranger()
    ben.post(link, data={"new": NEW, "again": NEW})
    for wish in ("role", "disable", "reset", "remove", "link"):  # nobody does that to themselves
        assert do(anna, me, wish, role="auditor") == 422, wish
    own, other = anna.get(f"/people/{me}").text, anna.get(f"/people/{id_of(record, BEN)}").text
    for wish in ("role", "disable", "remove"):
        assert (f'value="{wish}"' in own, f'value="{wish}"' in other) == (False, True), wish
    assert enter(ben, BEN, NEW) == 303
    assert do(ben, me, "role", role="auditor") == 303 and not is_in(anna)


def test_every_act_has_words_and_a_kind() -> None:
    assert [each for each in AuditAct if each not in ACTS] == []
    assert [each for each in AuditAct if not any(each.startswith(kind) for kind in GROUPS)] == []


def test_a_token_that_is_refused_comes_back_as_it_was_asked_for(anna: TestClient) -> None:
    token = {"do": "make", "name": "Shop", "role": "reviewer", "days": "7", "password": "wrong"}
    page = anna.post("/account/tokens", data=token)
    assert page.status_code == 422 and 'value="Shop"' in page.text and 'value="7"' in page.text
    assert re.findall(r'<option value="(\w+)" selected', page.text) == ["reviewer"]
    assert "wrong" not in re.findall(r'value="([^"]*)"', page.text)


def test_forms_that_make_no_sense_change_nothing(anna: TestClient, record: Record) -> None:
    me = id_of(record, ANNA)
    before = acts(record)
    assert anna.post("/people", data={"name": "", "email": "no address"}).status_code == 422
    again = anna.post("/people", data={"name": "<b>Ben", "email": ANNA, "role": "reviewer"})
    assert re.findall(r'value="(\w+)" checked', again.text) == ["reviewer"]  # not a stronger one
    assert again.status_code == 422 and "&lt;b&gt;Ben" in again.text and "<b>Ben" not in again.text
    for wish, more in (("", {}), ("role", {"role": "king"}), ("own", {})):
        assert do(anna, me, wish, **more) == 422
    assert anna.post("/tokens", data={"token": ""}).status_code == 422
    assert acts(record) == before


def test_the_first_account_is_made_at_this_machine_and_everybody_signs_in_from_then_on(
    stranger: NewBrowser, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.authentication._REMEMBERED_SECONDS", 0.0)  # that nobody has an account
    browser = stranger()
    link = link_in(browser.post("/people", data={"name": "Anna", "email": ANNA}).text)
    assert browser.get("/people").status_code == 401
    browser.post(link, data={"new": NEW, "again": NEW})
    assert enter(browser, ANNA, NEW) == 303 and browser.get("/people").status_code == 200


# ---------- Tokens ----------


def test_one_s_own_tokens_are_made_with_the_password_shown_once_and_revoked(
    anna: TestClient, record: Record
) -> None:
    form = {"do": "make", "name": "the shop", "role": "auditor", "days": "30"}
    assert anna.post("/account/tokens", data=form | {"password": "wrong"}).status_code == 422
    page = anna.post("/account/tokens", data=form | {"password": PASSWORD}).text
    (token,) = re.findall(r'value="(storykin_[\w-]+)"', page)
    person = tokens.find(record, token)
    assert person is not None and person.role is Role.AUDITOR
    assert token not in anna.get("/account").text and "the shop" in anna.get("/account").text
    assert "the shop" in anna.get("/tokens").text
    program = {"Authorization": f"Bearer {token}"}
    anna.cookies.clear()
    assert anna.get("/audit", headers=program).status_code == 200
    assert anna.post("/account/tokens", data=form, headers=program).status_code == 403  # none makes another
    assert enter(anna, ANNA, PASSWORD) == 303
    (made,) = tokens.tokens(record)
    assert anna.post("/account/tokens", data={"do": "revoke", "token": made.token_id}).status_code == 303
    assert tokens.find(record, token) is None


def test_nobody_makes_a_token_that_may_more_than_they_or_revokes_another_s(
    anna: TestClient, record: Record, stranger: NewBrowser
) -> None:
    people.add_person(record, email=BEN, name="Ben", role=Role.REVIEWER, password=NEW, by=None, via="x")
    token, made = tokens.add_token(record, email=ANNA, name="shop", by=None, via="x")
    ben = stranger()
    enter(ben, BEN, NEW)
    form = {"do": "make", "name": "x", "role": "administrator", "days": "1", "password": NEW}
    assert ben.post("/account/tokens", data=form).status_code == 422
    assert ben.post("/account/tokens", data={"do": "revoke", "token": made.token_id}).status_code == 422
    assert tokens.find(record, token) is not None
    assert anna.post("/tokens", data={"token": made.token_id}).status_code == 303
    assert tokens.find(record, token) is None


# ---------- The audit log ----------


def numbers(page: str) -> list[int]:
    return [int(each) for each in re.findall(r'class="sk-audit-number"[^>]*>(\d+)<', page)]


def test_the_audit_log_is_filtered_paged_and_exported(
    anna: TestClient, record: Record, stranger: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.audit.listing.PAGE", 2)
    monkeypatch.setattr("tasks.audit.listing._EXPORTED_AT_ONCE", 2)
    anna.post("/people", data={"name": "=Ben", "email": BEN, "role": "auditor"})
    me = id_of(record, ANNA)
    first = anna.get("/audit").text
    assert "whole and as they were written" in anna.get("/audit/state").text
    assert numbers(first) == [4, 3]
    (older,) = re.findall(r'href="/audit\?(before=\d+)"', first)
    assert numbers(anna.get(f"/audit?{older}").text) == [2, 1]
    assert "before=" not in anna.get(f"/audit?{older}").text
    assert numbers(anna.get(f"/audit?who={me}&act=user.").text) == [3]
    assert numbers(anna.get(f"/audit?what={id_of(record, BEN)}").text) == [4, 3]
    assert numbers(anna.get("/audit?since=2999-01-01").text) == []
    assert numbers(anna.get("/audit?since=9999-12-31&until=9999-12-31&before=x").text) == []
    assert numbers(anna.get("/audit?until=1999-01-01").text) == []
    assert numbers(anna.get("/audit?since=1999-01-01&until=2999-01-01").text) == [4, 3]

    answer = anna.get(f"/audit/entries.csv?who={me}")
    assert answer.text.startswith("\ufeffsequence,at,who")
    rows = list(csv.DictReader(answer.text.removeprefix("\ufeff").splitlines()))
    assert [row["sequence"] for row in rows] == ["5", "4", "3", "2"]
    assert (rows[0]["act"], rows[0]["who_name"]) == ("audit.exported", "Anna")
    ben = stranger()
    people.change_password(record, email=BEN, password=NEW, by=None, via="x")
    enter(ben, BEN, NEW)
    assert "'=Ben" in ben.get("/audit/entries.csv").text  # an auditor's too, and no formula
    assert ben.get("/people").status_code == 403


def test_a_log_that_somebody_has_put_a_hand_to_says_so(
    anna: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.audit.witness.FolderWitness.seal", lambda _self, _digest: "0" * 64)
    assert 'data-ok="no"' in anna.get("/audit/state").text


# ---------- Support ----------


def test_support_links_are_made_listed_and_withdrawn_one_by_one(
    anna: TestClient, studio: StandInStudio, stranger: NewBrowser, record: Record
) -> None:
    with record.writing() as session:
        character = a_ready_character(session).id
    at = f"/character/{character}/support"
    made = anna.post(at, json={"act": "make", "hours": "24"})
    (first,) = re.findall(rf'value="{ORIGIN}(/support/[\w-]+)"', made.text)
    (second,) = re.findall(r"/support/[\w-]{20,}", anna.post(at, json={"act": "make", "hours": "1"}).text)
    assert stranger().get(first).status_code == 200
    listed = anna.get(at).text
    assert listed.count('data-state="good"') == 2 and first not in listed
    ids = re.findall(r'name="link" value="([\w-]+)"', listed)
    gone = anna.post(at, json={"act": "withdraw", "link": ids[1]})  # the older one
    assert gone.text.count('data-state="good"') == 1
    assert stranger().get(first).status_code == 404 and stranger().get(second).status_code == 200
    assert anna.post(at, json={"act": "make", "hours": "9999"}).status_code == 422
    assert anna.post("/character/nobody/support", json={"act": "make", "hours": "1"}).status_code == 404
    assert [act for act, who in acts(record, "link.") if who == ANNA] == [
        "link.made",
        "link.made",
        "link.withdrawn",
    ]
