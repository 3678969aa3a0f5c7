"""Signing in by an OpenID provider that speaks the published wire format, and may lie."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI
from joserfc.jwk import ECKey, RSAKey
from starlette.testclient import TestClient

from db.engine import Record
from db.errors import BadSettings
from db.models import Role
from db.repositories import accounts, audit, identities, sign_in_notices
from tasks.accounts import people
from tasks.accounts.overview import person_shown
from tasks.errors import UsageError
from tasks.oidc import sign_in as flow
from tasks.oidc.accounts import unlink
from tasks.oidc.provider import OidcProvider, set_provider
from tasks.oidc.settings import oidc_settings
from tests.support.openid_provider import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, openid_provider
from tests.support.settings_of_process import settings_of_its_own
from tests.support.studio import StandInStudio
from ui.access import AccessMiddleware
from ui.addresses import PathPrefixMiddleware, at
from ui.authentication import Authenticator
from ui.diagnosis.sign_in_service import sign_in_service
from ui.i18n import LanguageMiddleware
from ui.proxies import ForwardedMiddleware, networks
from ui.routes.oidc import oidc_router
from ui.routes.shell import router as shell_router
from ui.routes.sign_in import sign_in_router

ANNA = "anna@example.org"
HERE = "http://127.0.0.1:7860"
Lie = Callable[[OpenIdProvider], None]
RSA, EC, STRANGER = (
    RSAKey.generate_key(2048, {"kid": "one"}),
    ECKey.generate_key("P-256", {"kid": "two"}),
    RSAKey.generate_key(2048, {"kid": "one"}),
)


@pytest.fixture
def idp(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenIdProvider]:
    """The provider that the settings name."""
    with openid_provider({"one": RSA}) as provider:
        monkeypatch.setenv("STORYKIN_OIDC_ISSUER", provider.issuer)
        monkeypatch.setenv("STORYKIN_OIDC_CLIENT_ID", CLIENT_ID)
        monkeypatch.setenv("STORYKIN_OIDC_CLIENT_SECRET", CLIENT_SECRET)
        monkeypatch.setenv("STORYKIN_OIDC_LABEL", "the House")
        with settings_of_its_own():
            yield provider


@pytest.fixture
def record(studio: StandInStudio) -> Record:
    made = studio.services.record
    add(made, ANNA, Role.OPERATOR)
    return made


def add(record: Record, email: str, role: Role) -> str:
    """An account that no password opens."""
    with record.writing() as session:
        account = accounts.add(session, email=email, name="Anna", role=role, password_hash=None)
        assert account is not None
        return account.user_id


def app_of(studio: StandInStudio, provider: OidcProvider | None = None, origin: str = HERE) -> FastAPI:
    authenticator = Authenticator(studio.services.record)
    app = FastAPI()
    app.include_router(shell_router(studio.services))
    app.include_router(sign_in_router(authenticator))
    app.include_router(oidc_router(authenticator, provider or set_provider(), origin))
    app.add_middleware(AccessMiddleware, authenticator=authenticator)
    app.add_middleware(LanguageMiddleware)
    app.add_middleware(PathPrefixMiddleware, prefix=at(""))
    app.add_middleware(ForwardedMiddleware, trusted=networks("127.0.0.1"))
    return app


def browser_at(app: FastAPI, base: str = HERE) -> TestClient:
    return TestClient(app, base_url=base, follow_redirects=False, client=("127.0.0.1", 50000))


@pytest.fixture
def browser(studio: StandInStudio, record: Record, idp: OpenIdProvider) -> Iterator[TestClient]:
    with browser_at(app_of(studio)) as client:
        yield client


def sign_in(browser: TestClient, idp: OpenIdProvider, wanted: str = "/studio/costs") -> Any:
    """The whole way, there and back: the studio's last answer."""
    there = browser.get("/sign-in/oidc", params={"next": wanted})
    assert there.status_code == 303, there.text
    return browser.get(idp.authorize(there.headers["location"]))


def is_in(browser: TestClient) -> bool:
    return browser.get("/notices").status_code == 200


def acts(record: Record) -> list[str]:
    with record.reading() as session:
        return [each.act for each in audit.entries(session)]


def test_the_first_time_a_confirmed_address_finds_the_account_and_then_the_subject_does(
    browser: TestClient, idp: OpenIdProvider, record: Record
) -> None:
    page = browser.get("/sign-in?next=/studio/costs").text
    assert 'href="/sign-in/oidc?next=/studio/costs"' in page and "Sign in with the House" in page
    back = sign_in(browser, idp)
    assert (back.status_code, back.headers["location"]) == (303, "/studio/costs")
    assert is_in(browser)
    assert acts(record) == ["user.linked", "session.signed_in"]
    browser.post("/sign-out")
    idp.email = "another.name@example.org"  # she is called otherwise by now, and still the same
    assert sign_in(browser, idp).status_code == 303 and is_in(browser)
    assert acts(record)[2:] == ["session.signed_out", "session.signed_in"]


def test_a_known_browser_is_known_by_this_way_too(
    browser: TestClient, idp: OpenIdProvider, record: Record
) -> None:
    sign_in(browser, idp)
    sign_in(browser, idp)
    with record.reading() as session:
        assert len(sign_in_notices.of_user(session, people.found(session, ANNA)[0].id, 9)) == 1


def no_confirmed_address(idp: OpenIdProvider) -> None:
    idp.claims = {"email_verified": False}


def another_person(idp: OpenIdProvider) -> None:
    idp.email = "ben@example.org"


@pytest.mark.parametrize("whom", [no_confirmed_address, another_person])
def test_whom_the_studio_does_not_know_it_does_not_let_in(
    browser: TestClient, idp: OpenIdProvider, record: Record, whom: Lie
) -> None:
    whom(idp)
    back = sign_in(browser, idp)
    assert back.status_code == 401 and "you have no account here" in back.text
    assert not is_in(browser) and acts(record) == ["session.refused"]


@pytest.mark.parametrize(
    "email",
    [
        "\N{KELVIN SIGN}im@example.org",
        "\N{FULLWIDTH LATIN SMALL LETTER K}im@example.org",
        "\N{NO-BREAK SPACE}kim@example.org",
    ],
)
def test_an_address_that_only_looks_like_somebody_s_is_not_theirs(
    browser: TestClient, idp: OpenIdProvider, record: Record, email: str
) -> None:
    add(record, "kim@example.org", Role.ADMINISTRATOR)
    idp.email = email
    assert sign_in(browser, idp).status_code == 401
    with pytest.raises(people.UnknownPerson), record.reading() as session:
        people.found(session, "\N{KELVIN SIGN}im@example.org")


def test_an_identity_at_a_service_that_is_not_set_any_more_is_no_way_in(
    browser: TestClient, idp: OpenIdProvider, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben, kim = (add(record, f"{each}@example.org", Role.ADMINISTRATOR) for each in ("ben", "kim"))
    with record.writing() as session:
        identities.add(session, user_id=ben, issuer=idp.issuer, subject="ben")
        identities.add(session, user_id=kim, issuer="https://old.example.org", subject="kim")
    assert not person_shown(record, user_id=kim).person.can_come_in
    assert person_shown(record, user_id=ben).person.can_come_in
    for take_away in (people.disable, unlink):
        with pytest.raises(UsageError) as refused:
            take_away(record, email="ben@example.org", by=None, via="x")
        assert refused.value.code == "last_administrator"
    assert unlink(record, email="kim@example.org", by=None, via="x") == 1  # that let nobody in
    with record.writing() as session:
        identities.add(session, user_id=kim, issuer=idp.issuer, subject="kim")
    people.disable(record, email="ben@example.org", by=None, via="x")


def test_another_subject_with_the_address_of_somebody_known_is_not_them(
    browser: TestClient, idp: OpenIdProvider, record: Record
) -> None:
    sign_in(browser, idp)
    idp.subject = "the next person who was given that address"
    assert sign_in(browser, idp).status_code == 401
    assert unlink(record, email=ANNA, by=None, via="x") == 1
    assert not is_in(browser)  # the session of before has ended
    assert sign_in(browser, idp).status_code == 303


def test_who_is_kept_out_is_kept_out_of_this_door_too(
    browser: TestClient, idp: OpenIdProvider, record: Record
) -> None:
    sign_in(browser, idp)
    people.disable(record, email=ANNA, by=None, via="x")
    assert not is_in(browser) and sign_in(browser, idp).status_code == 401


def test_new_people_get_the_role_that_is_set_and_whoever_was_removed_does_not_come_back(
    studio: StandInStudio, record: Record, idp: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYKIN_OIDC_NEW_PEOPLE", "reviewer")
    oidc_settings.cache_clear()
    idp.email = "ben@example.org"
    with browser_at(app_of(studio)) as browser:
        back = sign_in(browser, idp, wanted="")
        assert back.headers["location"] == "/studio/review"
        (ben,) = [each for each in people.everyone(record) if each.email == idp.email]
        assert (ben.role, ben.name) == (Role.REVIEWER, "Anna from Elsewhere")
        people.remove_person(record, email=ben.email, by=None, via="x")
        assert sign_in(browser, idp).status_code == 401


def test_a_second_factor_is_asked_for_after_it(
    browser: TestClient, idp: OpenIdProvider, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.repositories.second_factors.is_on", lambda _session, _user_id: True)
    back = sign_in(browser, idp)
    assert back.status_code == 200 and 'name="step"' in back.text and not is_in(browser)
    monkeypatch.setattr("tasks.accounts.sign_in.check", lambda _session, _user_id, code: code == "123456")
    (step,) = re.findall(r'name="step" value="([^"]+)"', back.text)
    forged = step.replace("openid", "saml")
    assert browser.post("/sign-in", data={"step": forged, "code": "123456"}).status_code == 401
    assert browser.post("/sign-in", data={"step": step, "code": "123456"}).status_code == 303
    with record.reading() as session:
        (entry,) = audit.newest(session, limit=1)
    assert (entry.act, entry.data["with"]) == ("session.signed_in", "openid") and is_in(browser)


# ---------- Lies ----------


def claims(**said: Any) -> Lie:
    return lambda idp: idp.claims.update(said)


def signed_by_somebody_else(idp: OpenIdProvider) -> None:
    idp.signing_keys = {"one": STRANGER}


def signed_by_nobody(idp: OpenIdProvider) -> None:
    idp.algorithm = "none"


def signed_with_the_public_key_as_a_secret(idp: OpenIdProvider) -> None:
    idp.algorithm = "HS256"


def no_token_at_all(idp: OpenIdProvider) -> None:
    idp.token = "that is none"


def answered_as_another_provider(idp: OpenIdProvider) -> None:
    idp.answers = {"iss": "https://other.example.org"}


def answered_as_nobody(idp: OpenIdProvider) -> None:
    idp.answers = {"iss": ""}


A_DAY = 86_400  # the whole suite takes a while after this is read
AGO, SOON = int(time.time()) - A_DAY, int(time.time()) + A_DAY
LIES: dict[str, tuple[Lie, str]] = {
    "another nonce": (claims(nonce="another"), "can't be believed"),
    "no nonce": (claims(nonce=None), "can't be believed"),
    "for another client": (claims(aud="somebody-else"), "can't be believed"),
    "for us among others, given to another": (claims(aud=[CLIENT_ID, "x"], azp="x"), "can't be believed"),
    "of another issuer": (claims(iss="https://other.example.org"), "can't be believed"),
    "no subject": (claims(sub=None), "can't be believed"),
    "an empty subject": (claims(sub=""), "can't be believed"),
    "a subject that is none": (claims(sub=17), "can't be believed"),
    "another access token": (claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), "can't be believed"),
    "expired": (claims(exp=AGO), "of another time"),
    "not yet": (claims(nbf=SOON), "of another time"),
    "made in time to come": (claims(iat=SOON), "of another time"),
    "no end": (claims(exp=None), "of another time"),
    "another key": (signed_by_somebody_else, "can't be believed"),
    "alg none": (signed_by_nobody, "can't be believed"),
    "alg HS256": (signed_with_the_public_key_as_a_secret, "can't be believed"),
    "no token": (no_token_at_all, "can't be believed"),
    "mixed up": (answered_as_another_provider, "can't be believed"),
    "mixed up, silently": (answered_as_nobody, "can't be believed"),
}


def test_a_lie_lets_nobody_in(browser: TestClient, idp: OpenIdProvider, record: Record) -> None:
    honest = vars(idp).copy()
    for name, (lie, sentence) in LIES.items():
        vars(idp).update(honest | {"claims": {}, "answers": {}})
        lie(idp)
        back = sign_in(browser, idp)
        assert back.status_code == 401 and sentence in back.text.replace("&#39;", "'"), name
        assert not is_in(browser), name
    assert "user.linked" not in acts(record)
    vars(idp).update(honest | {"claims": {}, "answers": {}})
    assert sign_in(browser, idp).status_code == 303  # the same, and honest


def test_clocks_may_be_two_minutes_apart(browser: TestClient, idp: OpenIdProvider) -> None:
    now = int(time.time())
    idp.claims = {"iat": now + 90, "nbf": now + 90, "exp": now - 90}
    assert sign_in(browser, idp).status_code == 303


def test_a_code_and_an_answer_count_once_and_in_their_own_browser(
    studio: StandInStudio, browser: TestClient, idp: OpenIdProvider
) -> None:
    there = browser.get("/sign-in/oidc")
    back = idp.authorize(there.headers["location"])
    with browser_at(app_of(studio)) as another:  # somebody was sent the address of the answer
        assert another.get(back).status_code == 401
    kept = browser.cookies.get("storykin_oidc")
    assert browser.get(back).status_code == 303
    assert "storykin_oidc" not in browser.cookies
    browser.post("/sign-out")
    again = browser.get(back, headers={"Cookie": f"storykin_oidc={kept}"})
    assert again.status_code == 401 and not is_in(browser)  # the provider takes its code back once
    assert "begun in this browser" in browser.get(back).text


def test_an_answer_to_another_sign_in_of_the_same_browser_is_none(
    browser: TestClient, idp: OpenIdProvider
) -> None:
    first = idp.authorize(browser.get("/sign-in/oidc").headers["location"])
    browser.get("/sign-in/oidc")
    assert browser.get(first).status_code == 401 and not is_in(browser)


def test_a_sign_in_that_took_too_long_is_begun_again(
    browser: TestClient, idp: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = idp.authorize(browser.get("/sign-in/oidc").headers["location"])
    monkeypatch.setattr(flow, "LIFE", flow.LIFE * 0)
    assert "too long ago" in browser.get(back).text


def test_who_goes_back_over_there_is_told_so(browser: TestClient, idp: OpenIdProvider) -> None:
    idp.answers = {"code": "", "error": "access_denied", "error_description": "<b>no"}
    back = sign_in(browser, idp)
    assert back.status_code == 401 and "has not let you in" in back.text and "<b>no" not in back.text


# ---------- What providers do ----------


def test_a_provider_may_change_its_keys_and_sign_by_curves(browser: TestClient, idp: OpenIdProvider) -> None:
    assert sign_in(browser, idp).status_code == 303
    idp.keys, idp.signs_with, idp.algorithm = {"one": RSA, "two": EC}, "two", "ES256"
    answer = sign_in(browser, idp)
    assert answer.status_code == 401  # nobody makes us ask for keys again and again
    assert idp.asked.count("/keys") == 1


def test_new_keys_are_asked_for_after_a_minute(
    studio: StandInStudio, record: Record, idp: OpenIdProvider
) -> None:
    clock = [0.0]
    provider = OidcProvider(oidc_settings(), clock=lambda: clock[0])
    with browser_at(app_of(studio, provider)) as browser:
        assert sign_in(browser, idp).status_code == 303
        idp.keys, idp.signs_with, idp.algorithm = {"one": RSA, "two": EC}, "two", "ES256"
        clock[0] = 61.0
        assert sign_in(browser, idp).status_code == 303
    assert idp.asked.count("/.well-known/openid-configuration") == 1


def test_an_address_that_is_told_apart_from_the_token_counts(
    browser: TestClient, idp: OpenIdProvider
) -> None:
    idp.claims = {"email": None, "email_verified": None, "name": None}
    idp.userinfo = {"sub": "somebody else", "email": ANNA, "email_verified": True}
    assert sign_in(browser, idp).status_code == 401
    idp.userinfo["sub"] = idp.subject
    assert sign_in(browser, idp).status_code == 303


@pytest.mark.parametrize(
    "describes",
    [
        {"issuer": "https://other.example.org"},
        {"token_endpoint": "http://login.example.org/token"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_is_away_or_no_provider_of_ours_is_told_and_passwords_go_on(
    studio: StandInStudio, record: Record, idp: OpenIdProvider, describes: dict[str, Any]
) -> None:
    clock = [0.0]
    provider = OidcProvider(oidc_settings(), clock=lambda: clock[0])
    with browser_at(app_of(studio, provider)) as browser:
        idp.describes = describes
        there = browser.get("/sign-in/oidc")
        assert there.status_code == 503 and 'name="password"' in there.text
        idp.describes, idp.is_away = {}, True
        asked = len(idp.asked)
        assert [browser.get("/sign-in/oidc").status_code for _ in range(3)] == [503] * 3
        assert len(idp.asked) == asked  # strangers don't have it asked for ever
        clock[0] = 31.0
        assert browser.get("/sign-in/oidc").status_code == 503
        idp.is_away, clock[0] = False, 62.0
        assert sign_in(browser, idp).status_code == 303


def test_a_provider_that_hangs_holds_up_one_who_asks_and_nobody_else(
    studio: StandInStudio, record: Record, idp: OpenIdProvider
) -> None:
    clock, asked, answered = [0.0], Event(), Event()
    provider = OidcProvider(oidc_settings(), clock=lambda: clock[0])
    honest = provider._asked

    def hanging(address: str) -> dict[str, Any]:
        asked.set()
        assert answered.wait(60)
        return honest(address)

    provider._asked = hanging  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(provider.metadata)
        try:
            assert asked.wait(60)
            with browser_at(app_of(studio, provider)) as browser:
                assert browser.get("/sign-in/oidc").status_code == 503  # while the other one still waits
            assert not first.done()
        finally:
            answered.set()
        assert first.result(60).token_endpoint.endswith("/token")
    answered.clear()
    asked.clear()
    clock[0] = 4_000.0  # known, and to be looked at again
    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(provider.metadata)
        try:
            assert asked.wait(60)
            assert provider.metadata().token_endpoint.endswith("/token")
        finally:
            answered.set()
        again.result(60)


# ---------- Where the studio is ----------


def test_behind_a_proxy_under_a_path_it_comes_back_to_the_public_address(
    studio: StandInStudio, record: Record, idp: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYKIN_PATH_PREFIX", "/storykin")
    with settings_of_its_own():
        app = app_of(studio, origin="https://example.org")
        outside = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "example.org"}
        with browser_at(app, "https://example.org") as browser:
            browser.headers.update(outside | {"X-Forwarded-For": "203.0.113.7"})
            there = browser.get("/storykin/sign-in/oidc", params={"next": "/studio/costs"})
            assert "__Host-storykin_oidc=" in there.headers["set-cookie"]
            assert "Secure" in there.headers["set-cookie"] and "HttpOnly" in there.headers["set-cookie"]
            leads_back = idp.authorize(there.headers["location"])
            assert leads_back.startswith("https://example.org/storykin/sign-in/oidc/back?")
            back = browser.get(leads_back)
            assert (back.status_code, back.headers["location"]) == (303, "/storykin/studio/costs")


def test_a_sign_in_that_is_begun_at_another_name_goes_on_at_the_public_one(
    browser: TestClient,
) -> None:
    there = browser.get("http://localhost:7860/sign-in/oidc?next=/studio/costs")
    assert there.headers["location"] == f"{HERE}/sign-in/oidc?next=%2Fstudio%2Fcosts&here=1"


def test_nothing_is_there_where_no_provider_is_set(studio: StandInStudio, record: Record) -> None:
    with browser_at(app_of(studio)) as browser:
        assert 'data-testid="oidc"' not in browser.get("/sign-in").text
        assert browser.get("/sign-in/oidc").status_code == 404
        assert browser.get("/sign-in/oidc/back?code=x&state=y").status_code == 404


def test_the_doctor_says_how_the_provider_is(idp: OpenIdProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> tuple[str, str]:
        (only,) = sign_in_service()
        return only.level.value, only.sentence

    assert told()[0] == "ok" and CLIENT_SECRET not in told()[1]
    idp.describes = {"issuer": f"{idp.issuer}/"}
    assert told()[0] == "problem" and "to the last slash" in told()[1]
    idp.describes, idp.is_away = {}, True
    assert told()[0] == "problem" and "does not answer" in told()[1]
    idp.is_away = False
    monkeypatch.setenv("STORYKIN_OIDC_CLIENT_SECRET", "")
    oidc_settings.cache_clear()
    assert told()[0] == "warning" and "public client" in told()[1]
    monkeypatch.setenv("STORYKIN_OIDC_ISSUER", "")
    monkeypatch.setenv("STORYKIN_OIDC_CLIENT_ID", "")
    oidc_settings.cache_clear()
    assert list(sign_in_service()) == []


def test_many_answers_from_one_address_have_to_wait(
    browser: TestClient, idp: OpenIdProvider, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.accounts.limits.OF_ADDRESS", 2)
    idp.email = "ben@example.org"
    assert [sign_in(browser, idp).status_code for _ in range(3)] == [401, 401, 429]
    asked = idp.asked.count("/token")
    sign_in(browser, idp)
    assert idp.asked.count("/token") == asked == 2
    assert acts(record) == ["session.refused", "session.refused", "session.locked_out"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"STORYKIN_OIDC_ISSUER": "http://login.example.org"}, "https://"),
        ({"STORYKIN_OIDC_CLIENT_ID": ""}, "go together"),
        ({"STORYKIN_OIDC_NEW_PEOPLE": "administrator"}, "STORYKIN_OIDC_NEW_PEOPLE"),
    ],
)
def test_settings_that_can_t_be_used_are_told(
    idp: OpenIdProvider, monkeypatch: pytest.MonkeyPatch, said: dict[str, str], problem: str
) -> None:
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    oidc_settings.cache_clear()
    with pytest.raises(BadSettings, match=problem) as told:
        oidc_settings()
    assert CLIENT_SECRET not in str(told.value)
