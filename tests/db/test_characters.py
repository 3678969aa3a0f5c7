"""Characters: cards, search, stuck ones, and paging through very many by the index."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from db.engine import Record
from db.errors import NotFound
from db.ids import new_id, utc_now
from db.lifecycle import move
from db.models import Character, CharacterStatus, Gender, Review
from db.names import searchable
from db.repositories import assets, character_counts, characters, images
from tests.support.rows import a_character, a_picture, a_ready_character
from tests.support.unguarded import unguarded


def names(record: Record, **more: Any) -> list[str]:
    with record.reading() as session:
        return [card.name for card in characters.page(session, **more).items]


def test_a_new_character_is_a_draft_that_remembers_who_consented(record: Record) -> None:
    with record.writing() as session:
        character_id = a_character(session, "Ada").id
    with record.reading() as session:
        kept = characters.get(session, character_id)
    assert (kept.name, kept.gender, kept.status) == ("Ada", Gender.GIRL, CharacterStatus.DRAFT)
    assert kept.consent_by == kept.created_by is not None
    assert kept.consent_at is not None and utc_now() - kept.consent_at < timedelta(minutes=1)


def test_an_unknown_character_is_not_found(record: Record) -> None:
    with record.reading() as session, pytest.raises(NotFound):
        characters.get(session, "nobody")


def test_a_character_is_found_by_the_beginning_of_its_id(record: Record) -> None:
    with record.writing() as session:
        one, other = a_character(session), a_character(session)
    with record.reading() as session:
        assert characters.by_beginning(session, one.id[:-1].upper()).id in (one.id, other.id)
        assert characters.by_beginning(session, other.id).id == other.id
        for unclear in (one.id[:4], "", "%", "nobody"):
            with pytest.raises(NotFound):
                characters.by_beginning(session, unclear)


def test_an_unclear_beginning_lists_what_it_may_mean(record: Record) -> None:
    with record.writing() as session:
        ids = [a_character(session).id for _ in range(7)]
    with record.reading() as session, pytest.raises(NotFound) as unclear:
        characters.by_beginning(session, ids[0][:4])
    assert all(each in unclear.value.sentence for each in ids[2:])
    assert "and others" in unclear.value.sentence


def test_pages_are_newest_first_and_say_how_many_there_are(record: Record) -> None:
    with record.writing() as session:
        for number in range(7):
            a_character(session, f"Child {number}")
    with record.reading() as session:
        page = characters.page(session, offset=2, limit=3)
    assert [card.name for card in page.items] == ["Child 4", "Child 3", "Child 2"]
    assert page.total == 7


@pytest.mark.parametrize("query", ["zoe", "ZOË", "Zoe\u0308", " unal  zo ", "ünal"])
def test_search_minds_neither_case_nor_accents(record: Record, query: str) -> None:
    with record.writing() as session:
        a_character(session, "Zoë Ünal")
        a_character(session, "Ada Lovelace")
    assert names(record, query=query) == ["Zoë Ünal"]


@pytest.mark.parametrize("query", ["%", "_", "\\", "' OR 1=1 --"])
def test_search_takes_every_sign_as_it_is(record: Record, query: str) -> None:
    with record.writing() as session:
        a_character(session, "Ada")
        a_character(session, f"Sign {query}")
    assert names(record, query=query) == [f"Sign {query}"]


def test_a_new_name_is_found_and_the_old_one_is_not(record: Record) -> None:
    with record.writing() as session:
        character = a_character(session, "Ada")
        character.name = "Grace"
    assert (names(record, query="grace"), names(record, query="ada")) == (["Grace"], [])


def test_by_status_and_erased_only_when_asked_for(record: Record) -> None:
    with record.writing() as session:
        a_ready_character(session, "Ready")
        a_character(session, "Draft")
        gone = a_character(session, "Gone")
        move(session, gone, CharacterStatus.ERASED)
    assert names(record) == ["Draft", "Ready"]
    assert names(record, status=CharacterStatus.READY) == ["Ready"]
    assert names(record, status=CharacterStatus.ERASED) == ["Erased"]
    with record.reading() as session:
        counts = character_counts.read(session)
    assert (counts[CharacterStatus.READY], counts[CharacterStatus.FAILED]) == (1, 0)


def test_a_card_shows_the_favourite_else_the_newest_that_nobody_rejected(record: Record) -> None:
    with record.writing() as session:
        character = a_ready_character(session)
        first, second, third = (
            a_picture(session, character.id, style) for style in ("anime", "flat", "anime")
        )
        images.review(session, third.id, review=Review.REJECTED, actor="test", reason="blurred")
    keys = {}
    with record.reading() as session:
        card = characters.page(session).items[0]
        keys = {image.id: assets.get(session, image.asset_id).sha256 for image in (first, second)}
    assert (card.cover_sha256, card.variant_count, card.styles) == (keys[second.id], 3, ["anime", "flat"])
    with record.writing() as session:
        images.select(session, first.id, actor="test")
    with record.reading() as session:
        assert characters.page(session).items[0].cover_sha256 == keys[first.id]


def test_a_character_without_pictures_has_an_empty_card(record: Record) -> None:
    with record.writing() as session:
        a_character(session)
    with record.reading() as session:
        card = characters.page(session).items[0]
    assert (card.cover_sha256, card.variant_count, card.styles) == (None, 0, [])


def test_under_way_is_what_a_run_is_on(record: Record) -> None:
    with record.writing() as session:
        people = [a_character(session, name) for name in ("One", "Two", "Three")]
        for person in people[:2]:
            characters.begin_run(session, person.id, new_id())
        a_ready_character(session, "Ready")
    with record.reading() as session:
        assert [each.name for each in characters.under_way(session)] == ["One", "Two"]
        assert [each.name for each in characters.under_way(session, after_id=people[0].id)] == ["Two"]
        assert [each.name for each in characters.under_way(session, limit=1)] == ["One"]


@pytest.fixture
def crowd(record: Record) -> Record:
    """Five thousand characters with two pictures each; of the same bytes, which no guard would let pass."""
    with record.writing() as session, unguarded(session):
        example = a_ready_character(session)
        picture = a_picture(session, example.id)
        some = {
            "gender": "girl",
            "consent_version": "1",
            "consent_at": utc_now(),
        }
        people = [
            some
            | {"id": new_id(), "name": f"Child {n}", "search_name": searchable(f"Child {n}")}
            | {"status": "failed" if n % 50 == 0 else "ready"}
            for n in range(5_000)
        ]
        session.execute(insert(Character), people)
        session.execute(
            text(
                "INSERT INTO character_images (id, created_at, character_id, style, ordinal, run_token,"
                " work_key, asset_id, prompt_artifact_id, review, is_selected)"
                " SELECT 'i' || substr(id, 2, 34) || style, created_at, id, style, 1, 'r', style,"
                " :asset, :prompt, 'proposed', style = '1'"
                " FROM characters, (SELECT '1' AS style UNION SELECT '2') AS styles WHERE name LIKE 'Child %'"
            ),
            {"asset": picture.asset_id, "prompt": picture.prompt_artifact_id},
        )
    with record.writing() as session:
        session.execute(text("ANALYZE"))
    return record


@contextmanager
def statements(record: Record) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is executed inside, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def listen(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _many: bool) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(record.engine, "before_cursor_execute", listen)
    yield seen
    event.remove(record.engine, "before_cursor_execute", listen)


def plan(record: Record, statement: str, parameters: Any) -> str:
    explain = "EXPLAIN QUERY PLAN " if record.engine.dialect.name == "sqlite" else "EXPLAIN "
    with record.engine.connect() as connection:
        rows = connection.exec_driver_sql(explain + statement, parameters).all()
    return "\n".join(str(row) for row in rows)


@pytest.mark.parametrize("status", [None, CharacterStatus.FAILED])
def test_a_page_of_very_many_takes_four_queries_and_reads_no_whole_table(
    crowd: Record, status: CharacterStatus | None
) -> None:
    with statements(crowd) as seen, crowd.reading() as session:
        page = characters.page(session, status=status, offset=48, limit=24)
    assert (len(page.items), page.total) == (24, 100 if status else 5_001)
    assert all(card.variant_count == 2 for card in page.items)
    counting, rows, pictures, _tagged = seen  # of an empty table, which is read whole
    for reading in (rows, pictures):
        steps = plan(crowd, *reading)
        assert "Seq Scan on character" not in steps, steps
        for step in steps.splitlines():
            assert "SCAN character" not in step or "USING" in step, steps
    assert "TEMP B-TREE" not in plan(crowd, *rows)  # it comes out of the index in order
    if status:  # few of many: found by the status, not by looking at each
        counted = plan(crowd, *counting)
        assert "ix_characters_status_id" in counted or "ix_characters_facets" in counted
        assert "ix_characters_status_id" in plan(crowd, *rows)
