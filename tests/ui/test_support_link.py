"""A support link shows what happened to one character, to whoever has it, and nothing of the person."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.audit.acts import AuditAct
from db.called import order_number
from db.event_kinds import EventKind
from db.ids import utc_now
from db.repositories import audit, clock, events
from tasks.errors import UsageError
from tasks.support.links import look, make_support_link, support_links_of, withdraw_support_links
from tests.support.rows import a_picture, a_ready_character
from tests.support.studio import StandInStudio
from ui.i18n import LanguageMiddleware
from ui.routes.support import SupportLimits, support_router
from ui.routes.upload_quota import UploadQuota
from ui.security import SecurityMiddleware, SecurityPolicy

ORIGIN = "http://127.0.0.1:7860"
NAME = "Wilhelmina"


@pytest.fixture
def limits() -> SupportLimits:
    return SupportLimits()


@pytest.fixture
def client(studio: StandInStudio, limits: SupportLimits) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(support_router(studio.services, limits))
    app.add_middleware(LanguageMiddleware, preset="en")
    app.add_middleware(SecurityMiddleware, policy=SecurityPolicy(ORIGIN))
    with TestClient(app, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
def character(studio: StandInStudio) -> str:
    with studio.services.record.writing() as session:
        owner = a_ready_character(session, NAME).id
        a_picture(session, owner, "anime")
        events.add(
            session,
            kind=EventKind.STEP_FAILED,
            actor="system",
            message=f"Drawing {NAME.upper()} failed: the provider is away.",
            character_id=owner,
            data={"step": "draw", "style": "anime", "code": "provider_down", "seconds": 2.5},
        )
        return owner


def path_to(studio: StandInStudio, character: str, hours: int = 24) -> str:
    made = make_support_link(
        studio.services.record, character_id=character, hours=hours, by=None, via="operator"
    )
    return made.path


def test_it_shows_what_happened_and_nothing_of_the_person(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    answer = client.get(path_to(studio, character))
    assert answer.status_code == 200
    for word in ("step.failed", "provider_down", "2.5 s", "the provider is away", order_number(character)):
        assert word in answer.text
    for word in (NAME, NAME.upper(), character, "<img", "<script", "/media/", "/scaled/"):
        assert word not in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "img-src" not in answer.headers["content-security-policy"]


def test_every_look_is_entered_and_so_are_its_beginning_and_end(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    path = path_to(studio, character)
    client.get(path)
    client.get(path)
    record = studio.services.record
    assert withdraw_support_links(record, character_id=character, by="u-1", via="operator") == 1
    with record.reading() as session:
        acts = [each.act for each in audit.newest(session, limit=9, what=character, act="link.")]
        entered = str([each.data for each in audit.newest(session, limit=9)])
    assert acts == [AuditAct.LINK_WITHDRAWN, AuditAct.LINK_USED, AuditAct.LINK_USED, AuditAct.LINK_MADE]
    assert path.rpartition("/")[2] not in entered


def test_a_link_that_is_withdrawn_expired_or_made_up_says_the_same(
    studio: StandInStudio, client: TestClient, character: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdrawn, expired = path_to(studio, character), path_to(studio, character, hours=1)
    record = studio.services.record
    withdraw_support_links(record, character_id=character, by=None, via="operator")
    fresh = path_to(studio, character, hours=1)
    monkeypatch.setattr(clock, "steady", lambda _session: utc_now() + timedelta(hours=2))
    asked = [client.get(each) for each in (withdrawn, expired, fresh, "/support/made-up")]
    assert {each.status_code for each in asked} == {404}
    assert len({each.text for each in asked}) == 1
    states = [each.state for each in support_links_of(record, character_id=character)]
    assert states == ["expired", "withdrawn", "withdrawn"]


def test_whoever_asks_too_often_waits(
    studio: StandInStudio, client: TestClient, character: str, limits: SupportLimits
) -> None:
    limits.looks = UploadQuota(uploads=2, megabytes=1)
    limits.strangers = UploadQuota(uploads=2, megabytes=1)
    path = path_to(studio, character)
    assert [client.get(path).status_code for _ in range(3)] == [200, 200, 429]
    guesses = [client.get(f"/support/guess-{number}") for number in range(3)]
    assert [each.status_code for each in guesses] == [404, 404, 429]
    assert int(guesses[2].headers["retry-after"]) >= 1


@pytest.mark.parametrize("hours", [0, 24 * 8])
def test_no_link_is_for_long(studio: StandInStudio, character: str, hours: int) -> None:
    with pytest.raises(UsageError):
        path_to(studio, character, hours)


@pytest.mark.parametrize(
    ("name", "sentence", "expected"),
    [
        ("Anna Lena Weiß", "Drawing lena failed: WEISS is not ANNA.", "Drawing … failed: … is not …."),
        ("İrem", "İİİ: İREM and irem, i\u0307rem", "İİİ: … and …, …"),
        ("Jose\u0301 O'Neil", "JOS\u00c9 Oneil, neil's own", "… O…, …'s own"),
        ("李", "李: ready", "…: ready"),
        ("ज़ोया", "ज़ोया is ready", "… is ready"),
    ],
)
def test_no_word_of_a_name_is_told_in_any_case(
    studio: StandInStudio, client: TestClient, name: str, sentence: str, expected: str
) -> None:
    with studio.services.record.writing() as session:
        owner = a_ready_character(session, name).id
        events.add(session, kind=EventKind.STEP_FAILED, actor="system", message=sentence, character_id=owner)
    shown = look(studio.services.record, path_to(studio, owner).rpartition("/")[2])
    assert expected in [each.sentence for each in shown.events]
