"""A batch begun in the studio: chosen by a form, told with its price before it begins, and begun once."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from db.lifecycle import move
from db.models import AuditEntry, CharacterStatus, Role
from db.repositories import accounts, batches, characters, orders, tags
from tasks.accounts.person import Person
from tasks.settings import provider_settings
from tests.support.rows import a_ready_character
from tests.support.studio import StandInStudio
from tests.ui.test_views import HOSTILE, Page
from ui.acting import acting
from ui.i18n import speaking
from ui.routes.batches import batches_router


@pytest.fixture
def client(studio: StandInStudio, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr("flows.batches.submit_following", lambda *_args, **_more: "follower")
    app = FastAPI()
    app.include_router(batches_router(studio.services))
    with TestClient(app) as client:
        yield client


@pytest.fixture
def people(studio: StandInStudio) -> list[str]:
    """Two who lack a picture, and one whose run has failed."""
    with studio.services.record.writing() as session:
        made = [a_ready_character(session, name) for name in ("Ada", "Ben", "Cem")]
        ids = [each.id for each in made]
        orders.add(session, [(each, "flat", 1) for each in ids], run_token="asked")
        for status, reason in ((CharacterStatus.QUEUED, None), (CharacterStatus.FAILED, "busy")):
            move(session, made[2], status, reason=reason, sentence="It is so.")
        tags.set_tags(session, ids[0], [HOSTILE[0]])
    return ids


def ask(client: TestClient, **said: object) -> str:
    answer = client.post("/batches/new", json={"act": "plan", "what": "missing", **said})
    return answer.text if answer.status_code == 200 else f"{answer.status_code} {answer.text}"


def planned(html: str) -> int:
    found = re.search(r'data-testid="batch-planned" data-count="(\d+)"', html)
    return int(found[1]) if found else -1


def seen(html: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', html)
    assert found
    return found[1]


def digest(html: str) -> str:
    found = re.search(r'name="planned" value="(\w{64})"', html)
    assert found
    return found[1]


def test_the_form_offers_what_there_is_with_counts(client: TestClient, people: list[str]) -> None:
    html = client.get("/fragments/batches/new").text
    assert 'name="reasons" value="busy"' in html and "<code>busy</code> (1)" in html
    assert HOSTILE[0] not in html
    assert "google/nano-banana-2.1" in html and 'value="anime"' in html


def test_what_is_chosen_is_what_is_planned(client: TestClient, people: list[str]) -> None:
    assert planned(ask(client)) == 3
    assert planned(ask(client, failed=True)) == planned(ask(client, reasons=["busy"])) == 1
    assert planned(ask(client, ids=f"id,more\n{people[1]},x\n")) == 1
    assert planned(ask(client, ids=f"{people[0]}, {people[1]}")) == 2
    assert (
        planned(ask(client, ids=f'\ufeffName;ID\r\n"So, or\r\nso";"{people[0]}"\r\n\r\nB;{people[1]}')) == 2
    )
    assert planned(ask(client, ids=f"id\tname\n{people[2].upper()}\tC")) == 1
    assert planned(ask(client, ids="id;name\n")) == 0
    assert planned(ask(client, tag=HOSTILE[0])) == 1
    assert planned(ask(client, limit="2")) == 2
    assert planned(ask(client, created_to="2020-01-01")) == 0
    assert planned(ask(client, what="order", styles=["anime", "flat"])) == 6
    kept = ask(client, ids=people[0], limit="7")
    assert f">{people[0]}</textarea>" in kept and 'name="limit" value="7"' in kept


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"what": "anew"}, "at least one condition"),
        ({"what": "order"}, "which styles"),
        ({"limit": "many"}, "digits"),
        ({"what": "anew", "likeness_below": "2"}, "from 0 to 1"),
        ({"created_from": "soon"}, "Write a day"),
        ({"budget": "much"}, "dollars"),
        ({"styles": ["cubism"]}, "no style with that name"),
        ({"what": "anew", "before_model": "in-house"}, "Nothing is known"),
        ({"ids": "Ada;Berlin\nBen;Bonn"}, "4 of these are no ids"),
        ({"ids": "name,id\nAda,17"}, "1 of these are no ids"),
    ],
)
def test_what_can_t_be_meant_is_said(
    client: TestClient, people: list[str], said: dict[str, object], words: str
) -> None:
    answer = ask(client, **said)
    assert answer.startswith("422") and words in answer


def test_a_batch_is_begun_once_by_whoever_saw_its_price(
    studio: StandInStudio, client: TestClient, people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = ask(client, budget="5")
    words = " ".join(Page(plan).words)
    assert "3 pictures of 3 characters" in words and "The provider takes" in words
    monkeypatch.setattr(type(studio.image), "charges", True)
    monkeypatch.setattr(type(studio.image), "estimate_microusd", lambda *_request: 39_000)
    assert "price_changed" in ask(client, act="begin", seen=seen(plan), planned=digest(plan))
    dear = ask(client, budget="0.01")
    assert "more than its budget" in " ".join(Page(dear).words) and 'value="begin"' not in dear
    plan = ask(client, budget="5", limit="2")
    monkeypatch.setenv("STORYKIN_BATCH_ASK_USD", "0.01")
    provider_settings.cache_clear()
    assert 'data-testid="batch-agreed"' in ask(client)
    meant = {"act": "begin", "seen": seen(plan), "planned": digest(plan), "limit": "2"}
    assert "confirm_price" in ask(client, **meant)
    with studio.services.record.writing() as session:
        account = accounts.add(
            session, email="a@example.org", name="A", role=Role.OPERATOR, password_hash=None
        )
        assert account is not None
        anna = Person(account.user_id, "A", Role.OPERATOR)
    with acting(anna):
        begun = ask(client, **meant, agreed=True, budget="5", at_once="4")
    assert 'data-testid="batch-begun"' in begun
    with studio.services.record.reading() as session:
        (batch,) = batches.newest(session)
        assert (batch.budget_microusd, batch.filter["at_once"]) == (5_000_000, 4)
        assert len(batches.items(session, batch.id)) == 2
        entries = session.query(AuditEntry).filter_by(what=batch.id)
        assert [each.who for each in entries] == [anna.user_id]
    assert "batch_under_way" in ask(client, **meant, agreed=True)
    provider_settings.cache_clear()


def test_only_what_was_planned_begins(studio: StandInStudio, client: TestClient, people: list[str]) -> None:
    plan = ask(client, tag=HOSTILE[0])
    meant = {"act": "begin", "seen": seen(plan), "planned": digest(plan), "tag": HOSTILE[0]}
    for other in ({"tag": ""}, {"styles": ["flat"]}, {"limit": "7"}, {"ids": people[1]}, {"planned": ""}):
        answer = ask(client, **meant | other)
        assert answer.startswith("422") and "choice_changed" in answer, other
    with studio.services.record.reading() as session:
        assert not batches.newest(session)
    assert 'data-testid="batch-begun"' in ask(client, **meant)


def test_what_is_not_drawn_is_told_in_the_reader_s_language(
    studio: StandInStudio, client: TestClient, people: list[str]
) -> None:
    with studio.services.record.writing() as session:
        characters.get(session, people[0]).photo_asset_id = None
    with speaking("de"):
        words = " ".join(Page(ask(client)).words)
    assert "2 Bilder von 2 Figuren" in words and "Figuren, deren Foto weg ist" in words


def test_predecessors_and_retired_models_are_meant_by_name(studio: StandInStudio, client: TestClient) -> None:
    studio.image.model = "google/nano-banana-2"
    studio.character(styles=("flat",))
    anew = {"what": "anew", "unreviewed": True}
    assert planned(ask(client, **anew, before_model="google/nano-banana-2.1")) == 1
    assert planned(ask(client, **anew, before_model="google/nano-banana-2.1", older_style=True)) == 0
    assert planned(ask(client, **anew, retired_model=True)) == 1  # switched off on 29 October 2026
    assert planned(ask(client, **anew, model="bytedance/seedream-4")) == 0
