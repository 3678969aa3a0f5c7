"""Name, gender, notes, tags, ordered styles and the favourite, as a person puts them right."""

from collections.abc import Callable

import pytest

from db.models import Gender
from db.repositories import characters, events, images, orders, tags
from tasks.correction.details import change_gender, rename, set_tags, write_notes
from tasks.correction.ordered_styles import change_styles
from tasks.correction.undo_favourite import undo_favourite
from tasks.errors import UsageError
from tasks.runtime import Runtime
from tests.support.rows import a_picture
from tests.support.runtimes import order_pictures
from tests.tasks.correction.conftest import Described


def kinds(runtime: Runtime, character_id: str) -> list[str]:
    with runtime.record.reading() as session:
        return [event.kind for event in events.timeline(session, character_id)]


def test_everything_said_of_a_character_is_changed_by_name(runtime: Runtime, described: Described) -> None:
    told = {"character_id": described.id, "by": described.user}
    assert rename(runtime, name="  Zoë \u202e Ångström ", **told).changed
    assert change_gender(runtime, gender="boy", **told).changed
    assert write_notes(runtime, notes="shy\r\nloves blue\x00 ", **told).changed
    assert set_tags(runtime, wanted=["#spring", "SPRING", "класс 3б"], **told).changed
    with runtime.record.reading() as session:
        character = characters.get(session, described.id)
        assert (character.name, character.gender) == ("Zoë Ångström", Gender.BOY)
        assert character.notes == "shy\nloves blue"
        assert characters.page(session, query="angstrom").total == 1
        assert tags.of_character(session, described.id) == ["spring", "класс 3б"]
        newest = events.timeline(session, described.id)[:4]
        assert {event.actor for event in newest} == {described.user}
        assert not any("Zoë" in event.message or "blue" in event.message for event in newest)


def test_saying_the_same_again_leaves_no_event(runtime: Runtime, described: Described) -> None:
    before = kinds(runtime, described.id)
    assert not rename(runtime, character_id=described.id, name="Ada").changed
    assert not change_gender(runtime, character_id=described.id, gender="girl").changed
    assert not write_notes(runtime, character_id=described.id, notes=" \n").changed
    assert not set_tags(runtime, character_id=described.id, wanted=["", "#"]).changed
    assert undo_favourite(runtime, character_id=described.id).image_id is None
    assert kinds(runtime, described.id) == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda r, i: rename(r, character_id=i, name="  "), "no_name"),
        (lambda r, i: rename(r, character_id=i, name="x" * 121), "name_too_long"),
        (lambda r, i: change_gender(r, character_id=i, gender="cat"), "unknown_gender"),
        (lambda r, i: write_notes(r, character_id=i, notes="x" * 4001), "notes_too_long"),
        (lambda r, i: set_tags(r, character_id=i, wanted=["x" * 41]), "bad_tags"),
        (lambda r, i: set_tags(r, character_id=i, wanted=[str(n) for n in range(31)]), "bad_tags"),
        (lambda r, i: change_styles(r, character_id=i, styles=["crayon"]), "unknown_style"),
    ],
)
def test_what_makes_no_sense_is_refused(
    runtime: Runtime, described: Described, change: Callable[[Runtime, str], object], code: str
) -> None:
    with pytest.raises(UsageError) as told:
        change(runtime, described.id)
    assert told.value.code == code


def test_styles_are_put_on_order_and_taken_off_unless_they_are_drawn(
    runtime: Runtime, described: Described
) -> None:
    with runtime.record.writing() as session:
        drawn = a_picture(session, described.id).style
    order_pictures(runtime, described.id, drawn, "watercolor")
    assert drawn not in ("watercolor", "flat")
    change_styles(runtime, character_id=described.id, styles=["flat"], by=described.user)
    with runtime.record.reading() as session:
        ordered = [(row.style, row.ordinal) for row in orders.of_character(session, described.id)]
    assert sorted(ordered) == sorted([("flat", 1), (drawn, 1)])
    assert kinds(runtime, described.id)[0] == "character.styles"


def test_a_favourite_is_taken_back(runtime: Runtime, described: Described) -> None:
    with runtime.record.writing() as session:
        image_id = a_picture(session, described.id).id
        images.select(session, image_id, actor="test")
    assert undo_favourite(runtime, character_id=described.id, by=described.user).image_id == image_id
    with runtime.record.reading() as session:
        assert images.favourite(session, described.id) is None
