"""A working day on the command line: what waits, deciding, correcting, organising, as in the studio."""

import json
from collections.abc import Iterator

import pytest

from db.models import Review
from db.repositories import characters, events, images, profiles, tags
from tasks.runtime import using_runtime
from tests.support.rows import a_picture, a_ready_character
from tests.support.studio import StandInStudio
from ui.cli import main


@pytest.fixture
def here(studio: StandInStudio) -> Iterator[StandInStudio]:
    with using_runtime(studio.services.runtime):
        yield studio


@pytest.fixture
def pictures(here: StandInStudio) -> tuple[str, str]:
    """The ids of a character and of its one picture, in the style that `a_picture` gives it."""
    with here.services.record.writing() as session:
        character = a_ready_character(session, "Ada")
        return character.id, a_picture(session, character.id).id


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(list(arguments))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_what_waits_is_listed_decided_and_taken_back(
    here: StandInStudio, pictures: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    who, image_id = pictures
    listed = json.loads(told(capsys, "review", "list", "--json")[1])
    assert (listed["total"], listed["characters"][0]["id"]) == (1, who)
    assert "Ada" in told(capsys, "review", "list", "--missing")[1]
    name = listed["characters"][0]["pictures"][0]["picture"]

    assert told(capsys, "review", "favourite", who, name)[0] == 0
    assert told(capsys, "review", "reject", who, name, "not-alike") == (
        0,
        f"{name} of Ada is rejected.\n",
        "",
    )
    with here.services.record.reading() as session:
        assert (images.get(session, image_id).review, images.favourite(session, who)) == (
            Review.REJECTED,
            None,
        )
        assert {each.actor for each in events.timeline(session, who)[:2]} == {"command line"}
    assert "Nothing waits" in told(capsys, "review", "list")[1]
    assert "is the favourite" in told(capsys, "review", "undo", who)[1]
    assert told(capsys, "review", "undo", who)[1] == f"Taken back: {name} of Ada waits again.\n"
    status, _, problem = told(capsys, "review", "undo", who)
    assert (status, "nothing_to_undo" in problem) == (2, True)
    with here.services.record.reading() as session:
        assert images.get(session, image_id).review is Review.PROPOSED


def test_a_reason_that_is_none_names_those_there_are(
    pictures: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, problem = told(capsys, "review", "reject", pictures[0], pictures[1], "ugly")
    assert (status, "skin-lighter" in problem) == (2, True)


def test_a_profile_is_corrected_with_its_color_and_its_keep_list(
    here: StandInStudio, capsys: pytest.CaptureFixture[str]
) -> None:
    who = here.character(styles=("flat",))
    assert "eyes: brown" in told(capsys, "correct", who)[1]
    asked = ("--set", "eyes=grey", "--set", "hair-colour=teal", "--color", "hair color=#118899")
    status, out, _ = told(capsys, "correct", who, *asked, "--keep", "a red scarf", "--drop", "light skin")
    assert (status, "Version 2" in out) == (0, True)
    with here.services.record.reading() as session:
        row = profiles.latest(session, who)
        assert row is not None
        eyes, hair = row.attributes["eyes"], row.attributes["hair_colour"]
        assert eyes["value"] == "grey" and eyes["hex"] not in (None, "#5a3b25"), "a known word has its color"
        assert (hair["value"], hair["hex"]) == ("teal", "#118899")
        assert row.do_not_change == ["shoulder-length dark brown hair", "a red scarf"]
    late = told(capsys, "correct", who, "--set", "eyes=blue", "--based-on", "1")
    assert late[0] == 1 and "profile_moved_on" in late[2]
    assert told(capsys, "correct", who, "--set", "wings=two")[0] == 2


def test_name_notes_and_tags_are_changed_and_a_run_is_cancelled(
    here: StandInStudio, pictures: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    who = pictures[0]
    assert told(capsys, "rename", who, "Zoë")[1] == "Renamed.\n"
    assert told(capsys, "note", who, "shy")[0] == 0 and told(capsys, "note", who)[1] == "shy\n"
    assert told(capsys, "tag", who, "spring", "класс")[1] == "spring, класс\n"
    assert told(capsys, "tag", who, "SPRING", "--remove")[1] == "класс\n"
    with here.services.record.reading() as session:
        assert characters.get(session, who).name == "Zoë"
        assert tags.of_character(session, who) == ["класс"]
    status, _, problem = told(capsys, "cancel", who)
    assert (status, "not_under_way" in problem) == (2, True)
