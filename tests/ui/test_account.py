"""One's own account: the password, the sessions, and what one is told of new browsers."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.engine import Record
from db.models import Role
from db.repositories import accounts, clock
from tasks.accounts import passwords, people, sessions, tokens
from tests.support.studio import StandInStudio
from ui.access import AccessMiddleware
from ui.authentication import Authenticator
from ui.error_pages import ErrorPages
from ui.i18n import LanguageMiddleware
from ui.routes.account import account_router
from ui.routes.shell import router as shell_router
from ui.routes.sign_in import sign_in_router

ANNA, PASSWORD, NEW = "anna@example.org", "seven green lanterns", "eight blue lanterns"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"
NewBrowser = Callable[..., TestClient]


@pytest.fixture
def record(studio: StandInStudio, monkeypatch: pytest.MonkeyPatch) -> Record:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    record = studio.services.record
    people.add_person(
        record, email=ANNA, name="Anna", role=Role.ADMINISTRATOR, password=PASSWORD, by=None, via="x"
    )
    return record


@pytest.fixture
def browser(studio: StandInStudio, record: Record) -> Iterator[NewBrowser]:
    authenticator = Authenticator(record)
    app = FastAPI()
    app.include_router(shell_router(studio.services))
    app.include_router(sign_in_router(authenticator))
    app.include_router(account_router(record))
    app.add_middleware(AccessMiddleware, authenticator=authenticator)
    app.add_middleware(ErrorPages)
    app.add_middleware(LanguageMiddleware)
    with ExitStack() as open_ones:

        def signed_in(agent: str = FIREFOX, address: str = "127.0.0.1") -> TestClient:
            client = TestClient(
                app,
                base_url="http://127.0.0.1:7860",
                follow_redirects=False,
                headers={"User-Agent": agent},
                client=(address, 50000),
            )
            open_ones.enter_context(client)
            assert enter(client) == 303
            return client

        yield signed_in


def enter(client: TestClient, password: str = PASSWORD) -> int:
    return client.post("/sign-in", data={"email": ANNA, "password": password}).status_code


def change(client: TestClient, old: str, new: str, again: str | None = None) -> tuple[int, str]:
    fields = {"old": old, "new": new, "again": again or new}
    answer = client.post("/account/password", data=fields)
    return answer.status_code, answer.text


def is_in(client: TestClient) -> bool:
    return client.get("/notices").status_code == 200


def test_a_new_password_needs_the_old_one_and_ends_every_other_session(browser: NewBrowser) -> None:
    here, there = browser(), browser(PHONE)
    status, said = change(here, "not the password", NEW)
    assert status == 422 and "not the password that you have now" in said and NEW not in said
    status, said = change(here, PASSWORD, NEW, "nine red lanterns")
    assert status == 422 and "two different passwords" in said
    status, said = change(here, PASSWORD, "short")
    assert status == 422 and "12 to 256 characters" in said
    assert is_in(there)

    done = here.post("/account/password", data={"old": PASSWORD, "new": NEW, "again": NEW})
    assert done.status_code == 303
    assert "every other session has ended" in here.get(done.headers["location"]).text
    assert is_in(here) and not is_in(there)
    assert (enter(there), enter(there, NEW)) == (401, 303)


def test_whoever_finds_a_browser_open_has_ten_tries_and_a_stranger_at_the_door_takes_none(
    browser: NewBrowser,
) -> None:
    here, there = browser(), browser(PHONE)
    for _ in range(10):
        assert change(here, "not the password", NEW)[0] == 422
    refused = here.post("/account/password", data={"old": PASSWORD, "new": NEW, "again": NEW})
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 600
    assert change(there, PASSWORD, NEW)[0] == 303


def test_sessions_are_listed_in_words_and_ended_one_by_one_or_all(browser: NewBrowser) -> None:
    here, phone, office = browser(), browser(PHONE, "192.168.1.20"), browser(FIREFOX, "8.8.8.8")
    page = here.get("/account").text
    assert page.count('data-testid="session"') == 3
    assert "Firefox on Linux" in page and "Safari on iPhone" in page
    assert "from the local network (192.168.1.20)" in page and "from the internet (8.8.8.8)" in page
    newest = re.findall(r'name="session" value="([^"]+)"', page)[0]
    assert here.post("/account/sessions", data={"session": newest}).status_code == 303
    assert (is_in(here), is_in(phone), is_in(office)) == (True, True, False)
    assert here.post("/account/sessions", data={"others": "yes"}).status_code == 303
    assert (is_in(here), is_in(phone)) == (True, False)


def test_nobody_ends_the_session_of_somebody_else(browser: NewBrowser, record: Record) -> None:
    here = browser()
    ben = people.add_person(
        record, email="ben@example.org", name="Ben", role=Role.REVIEWER, password=PASSWORD, by=None, via="x"
    )
    with record.writing() as session:
        token, his = sessions.begin(session, ben.user_id, address="", agent="")
        his_id = his.id
    here.post("/account/sessions", data={"session": his_id})
    assert sessions.find(record, token) is not None


def test_a_new_browser_is_told_to_the_others_and_ended_by_them(browser: NewBrowser) -> None:
    here = browser()
    assert "new-browser" not in here.get("/notices").text
    stranger = browser(PHONE, "8.8.8.8")
    told = here.get("/notices").text
    assert "Was this you?" in told and "Safari on iPhone" in told and "8.8.8.8" in told
    notice = re.findall(r'name="notice" value="([^"]+)"', here.get("/account").text)[0]
    answer = {"notice": notice, "answer": "mine"}
    assert stranger.post("/account/notices", data=answer).status_code == 422  # not for itself

    done = here.post("/account/notices", data={"notice": notice, "answer": "not_mine"})
    assert "change it now" in here.get(done.headers["location"]).text
    assert is_in(here) and not is_in(stranger)
    assert "new-browser" not in here.get("/notices").text


def test_what_a_browser_that_was_not_mine_has_made_ends_with_it(browser: NewBrowser, record: Record) -> None:
    here = browser()
    form = {"do": "make", "role": "auditor", "days": "30", "password": PASSWORD}
    assert here.post("/account/tokens", data=form | {"name": "mine"}).status_code == 200
    tokens.add_token(record, email=ANNA, name="given", by=None, via="x")
    stranger = browser(PHONE, "8.8.8.8")
    assert stranger.post("/account/tokens", data=form | {"name": "theirs"}).status_code == 200
    notice = re.findall(r'name="notice" value="([^"]+)"', here.get("/account").text)[0]
    here.post("/account/notices", data={"notice": notice, "answer": "not_mine"})
    states = {each.name: each.state for each in tokens.tokens(record)}
    assert states == {"mine": "good", "given": "good", "theirs": "revoked"}


def test_without_a_password_a_token_needs_a_code_or_a_sign_in_of_just_now(
    browser: NewBrowser, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = browser()
    with record.writing() as session:
        found = accounts.by_email(session, ANNA)
        assert found
        found[1].password_hash = None  # she signs in elsewhere by now
    form = {"do": "make", "name": "shop", "role": "auditor", "days": "30"}
    assert "last ten minutes" in here.get("/account").text
    assert here.post("/account/tokens", data=form).status_code == 200
    rights = clock.rights
    with monkeypatch.context() as later:
        later.setattr(clock, "rights", lambda session: rights(session) + timedelta(minutes=11))
        refused = here.post("/account/tokens", data=form)
    assert refused.status_code == 422 and "in again first" in refused.text

    monkeypatch.setattr("db.repositories.second_factors.is_on", lambda _session, _user_id: True)
    monkeypatch.setattr("tasks.accounts.own_tokens.check", lambda _session, _user_id, code: code == "123456")
    assert 'id="token-code"' in here.get("/account").text
    assert here.post("/account/tokens", data=form).status_code == 422
    assert here.post("/account/tokens", data=form | {"code": "654321"}).status_code == 422
    assert here.post("/account/tokens", data=form | {"code": "123456"}).status_code == 200
    for _ in range(8):  # ten wrong ones are the most
        assert here.post("/account/tokens", data=form | {"code": "654321"}).status_code == 422
    assert here.post("/account/tokens", data=form | {"code": "123456"}).status_code == 429


def test_a_browser_that_was_here_before_is_no_news(browser: NewBrowser) -> None:
    here, phone = browser(), browser(PHONE)
    notice = re.findall(r'name="notice" value="([^"]+)"', here.get("/account").text)[0]
    here.post("/account/notices", data={"notice": notice, "answer": "mine"})
    phone.post("/sign-out")
    assert enter(phone) == 303
    assert is_in(phone) and "new-browser" not in here.get("/notices").text


def test_a_program_has_no_account_of_its_own(browser: NewBrowser, record: Record) -> None:
    here = browser()
    token, _view = tokens.add_token(record, email=ANNA, name="shop", by=None, via="x")
    here.cookies.clear()
    bearer = {"Authorization": f"Bearer {token}"}
    fields = {"old": PASSWORD, "new": NEW, "again": NEW}
    assert here.get("/account", headers=bearer).status_code == 403
    assert here.post("/account/password", data=fields, headers=bearer).status_code == 403
    assert enter(here) == 303


def test_a_second_factor_is_added_on_the_page_and_asked_for_at_the_door(browser: NewBrowser) -> None:
    here = browser()
    path = "/account/second-factor"
    page = here.post(path, data={"do": "begin", "password": PASSWORD})
    assert "<svg" in page.text and "no-store" in page.headers["cache-control"]
    shown = re.search(r'data-testid="secret">([^<]+)<', page.text)
    assert shown
    secret = shown[1].replace(" ", "")
    wrong = here.post(path, data={"do": "confirm", "code": "abc"})
    assert wrong.status_code == 422 and secret[:4] not in wrong.text and "<svg" not in wrong.text
    done = here.post(path, data={"do": "confirm", "code": pyotp.TOTP(secret).now()})
    codes = re.findall(r"<code>([A-Z2-9-]{19})</code>", done.text)
    assert len(codes) == 10
    assert not re.search(r"<code>[A-Z2-9-]{19}</code>", here.get("/account").text)

    here.post("/sign-out")
    asked = here.post("/sign-in", data={"email": ANNA, "password": PASSWORD, "next": "/studio/costs"})
    assert asked.status_code == 200 and not is_in(here)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    refused = here.post("/sign-in", data={**fields, "code": "000000"})
    assert refused.status_code == 401 and 'name="code"' in refused.text and not is_in(here)
    entered = here.post("/sign-in", data={**fields, "code": codes[0]})
    assert (entered.status_code, entered.headers["location"]) == (303, "/studio/costs")
    assert "9 recovery codes are left" in here.get("/account").text
    off = here.post(path, data={"do": "off", "code": codes[1]})
    assert "your password alone lets you in" in here.get(off.headers["location"]).text


def test_the_page_speaks_german(browser: NewBrowser) -> None:
    here = browser()
    page = here.get("/account", headers={"Accept-Language": "de"}).text
    assert '<html lang="de"' in page and "Wo Sie angemeldet sind" in page and "Where you" not in page
