"""The list as people search and filter it: what fits, in which order, and how many each filter would show."""

from datetime import UTC, datetime, timedelta

import pytest

from db.called import order_number
from db.engine import Record
from db.ids import first_id_of, moment_of, new_id
from db.lifecycle import move
from db.models import Character, CharacterStatus, Review
from db.repositories import characters, images, tags
from db.repositories.listing import Found, Search, Show, Sort, find
from tests.support.rows import a_character, a_picture, a_ready_character


def found(record: Record, **wanted: object) -> Found:
    with record.reading() as session:
        return find(session, Search(**wanted), offset=0, limit=24)  # type: ignore[arg-type]


def names(record: Record, **wanted: object) -> list[str]:
    return [each.name for each in found(record, **wanted).items]


@pytest.fixture
def people(record: Record) -> dict[str, str]:
    """Ada has a favourite, Bo a picture to decide on, Cleo none yet, Dora's run has failed."""
    with record.writing() as session:
        ada = a_ready_character(session, "Ada Okafor")
        images.select(session, a_picture(session, ada.id, style="anime").id, actor="test")
        bo = a_ready_character(session, "Bo", run_token="run-2")
        a_picture(session, bo.id, style="flat")
        cleo = a_character(session, "Cleo")
        dora = characters.begin_run(session, a_character(session, "Dora").id, "run-3")
        move(session, dora, CharacterStatus.FAILED, reason="no_face", sentence="No face was found.")
        return {each.name: each.id for each in (ada, bo, cleo, dora)}


def test_what_a_person_has_to_do_is_found(record: Record, people: dict[str, str]) -> None:
    assert names(record) == ["Dora", "Cleo", "Bo", "Ada Okafor"]
    assert names(record, show=Show.ATTENTION) == ["Dora"]
    assert names(record, show=Show.UNFAVOURED) == ["Bo"]
    assert names(record, show=Show.REVIEW) == ["Bo", "Ada Okafor"]


def test_a_decision_changes_what_is_found(record: Record, people: dict[str, str]) -> None:
    with record.writing() as session:
        picture = images.of_character(session, people["Bo"])[0].image.id
        images.review(session, picture, review=Review.APPROVED, actor="test")
    assert names(record, show=Show.REVIEW) == ["Ada Okafor"]
    assert names(record, review="approved") == ["Bo"]
    with record.writing() as session:
        images.select(session, picture, actor="test")
    assert names(record, show=Show.UNFAVOURED) == []


def test_filters_go_together_and_each_says_how_many_it_would_show(
    record: Record, people: dict[str, str]
) -> None:
    both = found(record, style="flat", status=CharacterStatus.READY)
    assert [each.name for each in both.items] == ["Bo"]
    assert both.total == 1
    # The counts of one filter leave the others as they are.
    assert both.counts.style == {"anime": 1, "flat": 1}
    assert both.counts.any_status == 1
    assert both.counts.status[CharacterStatus.FAILED] == 0
    assert found(record).counts.status[CharacterStatus.FAILED] == 1
    nobody = dict.fromkeys((Show.CUSTOMER, Show.CHANGE, Show.APPROVED), 0)  # no link is out
    assert found(record).counts.show == {Show.ATTENTION: 1, Show.UNFAVOURED: 1, Show.REVIEW: 2} | nobody


def test_a_search_looks_into_names_tags_notes_and_ids(record: Record, people: dict[str, str]) -> None:
    with record.writing() as session:
        tags.set_tags(session, people["Bo"], ["Zoë's class"])
        cleo = session.get_one(Character, people["Cleo"])
        cleo.notes = "Wears her grandmother's scarf"
    assert names(record, query="okafor") == ["Ada Okafor"]
    assert names(record, query="zoe") == ["Bo"]
    assert names(record, query="GRANDMOTHER scarf") == ["Cleo"]
    assert names(record, query=people["Dora"]) == ["Dora"]
    assert names(record, query=order_number(people["Cleo"])) == ["Cleo"]
    assert names(record, query="okafor scarf") == []
    assert names(record, tag="zoë's class") == ["Bo"]


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        (Sort.NEWEST, ["Dora", "Cleo", "Bo", "Ada Okafor"]),
        (Sort.OLDEST, ["Ada Okafor", "Bo", "Cleo", "Dora"]),
        (Sort.NAME, ["Ada Okafor", "Bo", "Cleo", "Dora"]),
    ],
)
def test_the_order_is_the_one_that_is_asked_for(
    record: Record, people: dict[str, str], sort: Sort, wanted: list[str]
) -> None:
    assert names(record, sort=sort) == wanted


@pytest.mark.parametrize("sort", Sort)
def test_pages_turned_one_by_one_show_everybody_once_in_that_order(
    record: Record, people: dict[str, str], sort: Sort
) -> None:
    with record.reading() as session:
        whole = [each.id for each in find(session, Search(sort=sort), offset=0, limit=24).items]
        for size in (1, 3):
            turned = [
                each.id
                for offset in range(0, 6, size)
                for each in find(session, Search(sort=sort), offset=offset, limit=size).items
            ]
            assert turned == whole


def test_who_changed_last_comes_first(record: Record, people: dict[str, str]) -> None:
    with record.writing() as session:
        characters.begin_run(session, people["Ada Okafor"], "run-9")
    assert names(record, sort=Sort.CHANGED)[0] == "Ada Okafor"


def test_dates_are_those_of_the_making(record: Record, people: dict[str, str]) -> None:
    now = datetime.now(UTC)
    assert names(record, since=now + timedelta(hours=1)) == []
    assert len(names(record, since=now - timedelta(hours=1), until=now + timedelta(hours=1))) == 4
    assert names(record, until=now - timedelta(hours=1)) == []


def test_the_first_id_of_a_moment_parts_earlier_ids_from_later_ones() -> None:
    mine = new_id()
    made = moment_of(mine)
    assert made is not None
    assert first_id_of(made) <= mine < first_id_of(made + timedelta(milliseconds=1))
