"""A customer's link: what it shows, what may be answered by it, and what it says when it is good no more."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import update
from starlette.testclient import TestClient

from db.models import CharacterStatus, ConsentRole, CustomerLink, Review
from db.repositories import audit, batches, characters, customer_links, events, images
from tasks.consent.record import give_consent, withdraw_consent
from tasks.erasure.ask import ask_erasure
from tasks.errors import UsageError
from tasks.marks.identity import mark_identity
from tasks.marks.verify import Origin, verify
from tasks.proof.links import MadeLink, links_of, make_link, renew_link, withdraw_link
from tests.support.rows import a_picture, a_ready_character
from tests.support.studio import StandInStudio
from tests.ui.test_views import Page
from ui.i18n import LanguageMiddleware
from ui.routes.proof import Limits, _times, proof_router
from ui.security import SecurityMiddleware, SecurityPolicy

ORIGIN = "http://127.0.0.1:7860"


@pytest.fixture
def client(studio: StandInStudio) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(proof_router(studio.services))
    app.add_middleware(LanguageMiddleware, preset="en")
    app.add_middleware(SecurityMiddleware, policy=SecurityPolicy(ORIGIN))
    with TestClient(app, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
def drawn(studio: StandInStudio) -> str:
    """A character whose photo and pictures have bytes."""
    return studio.character(styles=("watercolor", "anime"))


@pytest.fixture
def character(studio: StandInStudio) -> str:
    """A character whose photo and pictures are rows."""
    with studio.services.record.writing() as session:
        owner = a_ready_character(session, "Maya").id
        for style in ("anime", "watercolor"):
            a_picture(session, owner, style)
        return owner


@pytest.fixture
def link(studio: StandInStudio, character: str) -> MadeLink:
    return make_link(studio.services.runtime, character_id=character, by=None)


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def answer(client: TestClient, path: str, page: str | None = None, **said: str) -> Any:
    shown = seen(page or client.get(path).text)
    return client.post(path, data={"seen": shown, **said}, headers={"origin": ORIGIN})


def state(page: str) -> str:
    found = re.search(r'data-state="([a-z_-]+)"', page)
    assert found
    return found[1]


def kinds(studio: StandInStudio, character: str) -> list[str]:
    with studio.services.record.reading() as session:
        return [each.kind for each in events.timeline(session, character)]


def standing(studio: StandInStudio, character: str) -> tuple[CharacterStatus, str | None, str]:
    with studio.services.record.reading() as session:
        found = characters.get(session, character)
        return found.status, found.status_reason, found.facets


def test_the_page_shows_photo_and_pictures_and_nothing_that_names_them(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    answered = client.get(link.path)
    assert answered.status_code == 200
    page = Page(answered.text)
    sources = [given["src"] for tag, given in page.tags if tag == "img" and "src" in given]
    assert sources == [f"{link.path}/photo", f"{link.path}/1", f"{link.path}/2"]
    with studio.services.record.reading() as session:
        owner = characters.get(session, character)
        variants = images.of_character(session, character)
    hidden = [character, owner.name, owner.photo_asset_id or "", owner.run_token or ""]
    hidden += [each for one in variants for each in (one.image.id, one.asset.id, one.asset.storage_key)]
    assert [each for each in hidden if each in answered.text] == []
    assert answered.headers["referrer-policy"] == "no-referrer"
    assert answered.headers["cache-control"] == "private, no-store"
    assert "noindex" in answered.headers["x-robots-tag"]
    policy = answered.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy


def test_pictures_leave_with_their_marks_and_that_they_were_seen_is_on_record(
    studio: StandInStudio, client: TestClient, drawn: str
) -> None:
    link = make_link(studio.services.runtime, character_id=drawn, by=None)
    client.get(link.path)
    assert "link.opened" not in kinds(studio, drawn)  # a preview of the page in a chat is no customer
    picture = client.get(f"{link.path}/1")
    assert picture.headers["content-type"] == "image/webp"
    told = verify(picture.content, mark_identity(), studio.services.record)
    assert (told.origin, told.character_id) == (Origin.OURS, drawn)
    photo = client.get(f"{link.path}/photo")
    opened = Image.open(io.BytesIO(photo.content))
    assert opened.format == "WEBP" and not opened.getexif()
    client.get(f"{link.path}/2")
    assert kinds(studio, drawn).count("link.opened") == 1
    assert [client.get(f"{link.path}/{which}").status_code for which in ("0", "3", "x", "²")] == [404] * 4
    withdraw_link(studio.services.runtime, character_id=drawn, by=None)
    assert client.get(f"{link.path}/1").status_code == 410  # though it is in memory


def test_the_record_has_no_token(studio: StandInStudio, link: MadeLink) -> None:
    token = link.path.rpartition("/")[2]
    assert len(token) == 43
    studio.services.record.close()
    data = b"".join(each.read_bytes() for each in studio.services.home.glob("storykin.db*"))
    assert token.encode() not in data


def test_an_approval_is_the_favourite_and_an_event_and_ends_the_wait(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    with studio.services.record.reading() as session:
        assert customer_links.count_waiting(session) == 1
    assert "customer:waiting" in standing(studio, character)[2]
    page = client.get(link.path).text
    given = answer(client, link.path, page, answer="approve", picture="2")
    assert (given.status_code, state(given.text)) == (200, "answered-approved")
    with studio.services.record.reading() as session:
        chosen = images.favourite(session, character)
        assert chosen and chosen.image.style == "anime" and chosen.image.review is Review.APPROVED
        assert customer_links.count_waiting(session) == 0
        told = events.timeline(session, character)
    assert [each.kind for each in told[:3]] == ["customer.approved", "variant.selected", "variant.approved"]
    assert {each.actor for each in told[:3]} == {"customer"}
    assert "customer:approved" in standing(studio, character)[2]
    # Pressed twice, in two tabs, or the other picture after all: one answer counts, and the page says which.
    again = answer(client, link.path, page, answer="approve", picture="2")
    assert state(again.text) == "answered-approved"
    other = answer(client, link.path, page, answer="approve", picture="1")
    assert (other.status_code, state(other.text)) == (409, "answered-approved")
    assert kinds(studio, character).count("customer.approved") == 1
    assert client.get(f"{link.path}/1").status_code == 410  # nothing is shown any more


def test_a_change_needs_attention_with_its_reason_and_the_customers_words_stay_out_of_the_timeline(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    given = answer(
        client, link.path, answer="change", reason="hair", note="Maya's hair is  longer", picture="1"
    )
    assert state(given.text) == "answered-change"
    status, reason, facets = standing(studio, character)
    assert (status, reason) == (CharacterStatus.NEEDS_ATTENTION, "customer_change")
    assert "customer:change" in facets
    with studio.services.record.reading() as session:
        told = events.timeline(session, character)
        owner = characters.get(session, character)
    assert owner.status_sentence == "The customer asks for a change. The hair is not right."
    assert not any("longer" in f"{each.message}{each.data}" for each in told)
    (shown,) = links_of(studio.services.runtime, character_id=character)
    assert (shown.reason, shown.note, shown.changes_left) == ("hair", "Maya's hair is longer", 1)
    # The next link goes on with what is left, and its approval ends the need for attention.
    newer = renew_link(studio.services.runtime, character_id=character, by=None)
    assert client.get(link.path).status_code == 410
    answer(client, newer.path, answer="approve", picture="1")
    assert standing(studio, character)[0] is CharacterStatus.READY


def test_changes_are_counted_over_all_links(
    studio: StandInStudio, client: TestClient, character: str
) -> None:
    runtime = studio.services.runtime
    made = make_link(runtime, character_id=character, by=None, changes=1)
    answer(client, made.path, answer="change", reason="eyes")
    newer = renew_link(runtime, character_id=character, by=None)
    page = client.get(newer.path).text
    assert 'value="change"' not in page
    refused = answer(client, newer.path, page, answer="change", reason="eyes")
    assert refused.status_code == 422 and "No more changes" in refused.text
    assert state(answer(client, newer.path, answer="approve", picture="1").text) == "answered-approved"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"answer": "approve"}, "Choose a picture first."),
        ({"answer": "approve", "picture": "9"}, "Choose a picture first."),
        ({"answer": "change", "reason": "ugly"}, "Choose what should be changed."),
        ({"answer": "change", "reason": "other"}, "Say in a few words"),
        ({"answer": "change", "reason": "hair", "note": "x" * 301}, "at most 300 characters"),
        ({"answer": "nonsense"}, "did not arrive whole"),
        ({}, "did not arrive whole"),
    ],
)
def test_what_is_no_answer_is_said_and_keeps_what_was_filled_in(
    studio: StandInStudio,
    client: TestClient,
    character: str,
    link: MadeLink,
    said: dict[str, str],
    words: str,
) -> None:
    given = answer(client, link.path, **said)
    assert given.status_code == 422 and words in given.text and state(given.text) == "open"
    if said.get("note"):
        assert said["note"] in given.text
    assert "customer:waiting" in standing(studio, character)[2]


def test_an_answer_to_pictures_that_were_changed_meanwhile_is_asked_for_again(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    page = client.get(link.path).text
    with studio.services.record.writing() as session:
        first = images.of_character(session, character)[0].image.id
        images.review(session, first, review=Review.REJECTED, actor="operator", reason="No.")
    late = answer(client, link.path, page, answer="approve", picture="1")
    assert late.status_code == 409 and "were changed while you were looking" in late.text
    now = answer(client, link.path, answer="approve", picture="1")
    assert state(now.text) == "answered-approved"
    with studio.services.record.reading() as session:
        chosen = images.favourite(session, character)
        assert chosen and chosen.image.id != first


def test_a_link_without_pictures_says_that_they_are_worked_on(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    with studio.services.record.writing() as session:
        for each in images.of_character(session, character):
            images.review(session, each.image.id, review=Review.REJECTED, actor="operator", reason="No.")
    shown = client.get(link.path)
    assert (shown.status_code, state(shown.text)) == (200, "empty")


@pytest.mark.parametrize("what", ["withdrawn", "renewed", "no_consent", "expired", "unknown"])
def test_a_link_that_is_good_no_more_says_so_and_takes_no_answer(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink, what: str
) -> None:
    page, runtime = client.get(link.path).text, studio.services.runtime
    match what:
        case "withdrawn":
            assert withdraw_link(runtime, character_id=character, by=None)
        case "renewed":
            renew_link(runtime, character_id=character, by=None)
        case "no_consent":
            withdraw_consent(runtime, character_id=character, by=None)
        case "unknown":
            ask_erasure(runtime, character_id=character, by=None)
        case "expired":
            expire(studio)
    status = 404 if what == "unknown" else 410
    shown = client.get(link.path)
    assert (shown.status_code, state(shown.text)) == (status, what)
    assert "<img" not in shown.text
    given = answer(client, link.path, page, answer="approve", picture="1")
    assert given.status_code == status
    assert client.get(f"{link.path}/1").status_code == status
    assert client.get(f"{link.path}/photo").status_code == status
    assert "customer.approved" not in kinds(studio, character)


def test_a_customer_withdraws_the_consent_and_no_new_one_opens_the_link_again(
    studio: StandInStudio, client: TestClient, character: str, link: MadeLink
) -> None:
    page = client.get(link.path).text
    for _ in range(2):  # pressed twice
        gone = answer(client, link.path, page, answer="withdraw")
        assert (gone.status_code, state(gone.text)) == (410, "no_consent")
    with studio.services.record.reading() as session:
        told = events.timeline(session, character)
        assert customer_links.count_waiting(session) == 0
    assert [(each.kind, each.actor) for each in told if each.kind == "consent.withdrawn"] == [
        ("consent.withdrawn", "customer")
    ]
    assert answer(client, link.path, page, answer="approve", picture="1").status_code == 410
    give_consent(
        studio.services.runtime, character_id=character, processors=(), by=None, role=ConsentRole.PARENT
    )
    assert state(client.get(link.path).text) == "withdrawn"


def expire(studio: StandInStudio) -> None:
    """As if it had been made long ago; the database lets nobody change when a link ends."""
    with studio.services.record.writing() as session:
        session.connection().exec_driver_sql("DROP TRIGGER guard_customer_links_update")
        session.execute(update(CustomerLink).values(expires_at=datetime.now(UTC) - timedelta(minutes=1)))


def test_a_clock_that_is_set_back_lengthens_no_link(
    studio: StandInStudio, client: TestClient, link: MadeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    expire(studio)
    before = datetime.now(UTC) - timedelta(days=400)
    monkeypatch.setattr("db.ids.utc_now", lambda: before)
    monkeypatch.setattr("db.repositories.clock.utc_now", lambda: before)
    assert state(client.get(link.path).text) == "expired"


def test_who_guesses_is_slowed_down_and_keeps_no_customer_out(studio: StandInStudio, link: MadeLink) -> None:
    app = FastAPI()
    app.include_router(proof_router(studio.services, Limits(looks=_times(3), strangers=_times(2))))
    with TestClient(app, base_url=ORIGIN) as client:
        tried = [client.get(f"/proof/{letter * 43}").status_code for letter in "abcd"]
        assert tried == [404, 404, 429, 429]
        assert [client.get(link.path).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert "retry-after" in client.get(link.path).headers


@pytest.mark.parametrize("token", ["x", "x" * 43, "..", "x" * 500, "%00", "ü" * 43])
def test_a_wrong_link_is_a_kind_page(client: TestClient, token: str) -> None:
    shown = client.get(f"/proof/{token}")
    assert shown.status_code in (404, 429)


def test_the_customers_browser_says_which_language(client: TestClient, link: MadeLink) -> None:
    german = client.get(link.path, headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"}).text
    assert '<html lang="de"' in german and "Änderung" in german
    assert '<html lang="en"' in client.get(link.path, headers={"accept-language": "fr"}).text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 200),  # the form, without our script
        ({"origin": "null", "sec-fetch-site": "cross-site"}, 403),  # a stranger's frame
        ({"origin": "null"}, 403),
        ({"origin": "https://evil.example"}, 403),
    ],
)
def test_only_the_page_itself_sends_an_answer(
    client: TestClient, link: MadeLink, headers: dict[str, str], status: int
) -> None:
    said = {"seen": seen(client.get(link.path).text), "answer": "approve", "picture": "1"}
    assert client.post(link.path, data=said, headers=headers).status_code == status


def test_one_link_at_a_time_and_of_its_own_pictures(studio: StandInStudio, character: str) -> None:
    runtime = studio.services.runtime
    with pytest.raises(UsageError, match="There is no link to renew"):
        renew_link(runtime, character_id=character, by=None)
    with pytest.raises(UsageError) as refused:
        make_link(runtime, character_id=character, by=None, image_ids=["somebody else's"])
    assert refused.value.code == "unknown_picture"
    make_link(runtime, character_id=character, by=None)
    with pytest.raises(UsageError) as refused:
        make_link(runtime, character_id=character, by=None)
    assert refused.value.code == "link_open"
    assert withdraw_link(runtime, character_id=character, by=None) is True
    assert withdraw_link(runtime, character_id=character, by=None) is False
    assert "customer:" not in standing(studio, character)[2]
    make_link(runtime, character_id=character, by=None)


def test_no_batch_takes_who_waits_for_the_customer(studio: StandInStudio, character: str) -> None:
    runtime = studio.services.runtime

    def wanted() -> list[str]:
        with runtime.record.reading() as session:
            return [each.character_id for each in batches.without_picture(session, styles=["flat"])]

    assert wanted() == [character]
    made = make_link(runtime, character_id=character, by=None)
    assert made.pictures == 2 and wanted() == []
    withdraw_link(runtime, character_id=character, by=None)
    assert wanted() == [character]


def test_the_audit_log_says_which_link_was_made_opened_answered_and_withdrawn(
    studio: StandInStudio, client: TestClient, drawn: str
) -> None:
    runtime = studio.services.runtime
    first = make_link(runtime, character_id=drawn, by=None)
    client.get(f"{first.path}/1")
    second = renew_link(runtime, character_id=drawn, by=None)
    answer(client, second.path, answer="change", reason="hair")
    withdraw_link(runtime, character_id=drawn, by=None)
    with studio.services.record.reading() as session:
        entered = audit.newest(session, limit=9, what=drawn, act="link.")[::-1]
    assert [(each.act, each.data["link"]) for each in entered] == [
        ("link.made", first.link_id),
        ("link.used", first.link_id),
        ("link.made", second.link_id),
        ("link.used", second.link_id),
        ("link.withdrawn", second.link_id),
    ]
