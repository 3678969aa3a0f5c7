"""A person's correction: a version of its own, by name, and never over somebody else's."""

import pytest

from db.errors import IllegalStep
from db.lifecycle import move
from db.models import CharacterStatus
from db.repositories import characters, events, profiles
from tasks.correction.correct_profile import Corrected, ProfileMovedOn, correct_profile
from tasks.correction.profile_changes import ProfileChanges
from tasks.correction.who_said import Said, who_said
from tasks.errors import UsageError
from tasks.illustrate import picture_request
from tasks.profile import CHOOSE_SKIN
from tasks.profile_rows import profile_from_row
from tasks.runtime import Runtime
from tasks.write_prompt import write_prompt
from tests.tasks.correction.conftest import Described
from tests.tasks.profiles import a_profile, trait

AUBURN = {"hair_colour": {"value": "auburn", "hex": "#7A3020"}}


def corrected(
    runtime: Runtime, described: Described, changes: ProfileChanges, based_on: int = 1
) -> Corrected:
    return correct_profile(
        runtime, character_id=described.id, based_on=based_on, changes=changes, by=described.user
    )


def test_a_correction_is_a_new_version_by_a_person(runtime: Runtime, described: Described) -> None:
    found = corrected(
        runtime, described, ProfileChanges(AUBURN, do_not_change=["two plaits", " ", "two plaits"])
    )
    assert found.version == 2
    assert next((each.label, each.before, each.after) for each in found.changes) == (
        "Hair colour",
        "dark brown",
        "auburn",
    )
    with runtime.record.reading() as session:
        newest, first = profiles.history(session, described.id)
        told = profile_from_row(newest)
        assert (newest.source, newest.corrected_by) == ("human", described.user)
        assert (told.attributes.hair_colour.value, told.attributes.hair_colour.hex) == ("auburn", "#7a3020")
        assert told.attributes.hair_colour.confidence == 1.0
        assert told.do_not_change == ["two plaits"]
        assert [each.hex for each in told.palette if each.part == "hair"] == ["#7a3020"]
        assert profile_from_row(first).attributes.hair_colour.value == "dark brown"
        event = events.timeline(session, described.id)[0]
        assert (event.kind, event.actor) == ("profile.corrected", described.user)
        assert "Ada" not in event.message and "hair colour" in event.message


def test_another_word_for_a_colour_brings_its_own_colour(runtime: Runtime, described: Described) -> None:
    seen = a_profile().attributes.eyes
    assert (seen.value, seen.hex) != ("green", None)
    # As the studio sends it: every field of the row, the colour as it stood there.
    corrected(runtime, described, ProfileChanges({"eyes": {"value": "green", "hex": seen.hex}}))
    corrected(runtime, described, ProfileChanges({"clothes": {"value": "like a zebra"}}), 2)
    with runtime.record.reading() as session:
        told = profile_from_row(profiles.history(session, described.id)[0]).attributes
    assert told.eyes.hex is not None and told.eyes.hex != seen.hex
    red, green, blue = bytes.fromhex(told.eyes.hex[1:])
    assert green >= red and green >= blue
    assert told.clothes.hex is None  # nobody knows that one, and the old one was of the old word


def test_what_must_not_change_says_what_was_corrected(runtime: Runtime, described: Described) -> None:
    shirt = {"garment": {"value": "T-shirt"}, "neckline": {"value": "V-neck"}, "sleeves": {"value": "none"}}
    kept = ["shoulder-length dark brown hair", "glasses", "teal clothes", "a scar"]
    corrected(runtime, described, ProfileChanges({}, do_not_change=kept))
    found = corrected(runtime, described, ProfileChanges(shirt), 2)
    assert [each.label for each in found.changes] == [
        "Kind of clothes",
        "Neckline",
        "Sleeves",
        "Must not change",
    ]
    corrected(runtime, described, ProfileChanges({"glasses": {"value": "none"}} | AUBURN), 3)
    with runtime.record.reading() as session:
        versions = [each.do_not_change for each in profiles.history(session, described.id)]
    dressed = "sleeveless teal V-neck T-shirt"
    assert versions[1] == ["shoulder-length dark brown hair", "glasses", dressed, "a scar"]
    assert versions[0] == ["shoulder-length auburn hair", dressed, "a scar"]


def test_a_phrase_of_the_machines_own_length_can_be_kept(runtime: Runtime, described: Described) -> None:
    longest = "light green and light grey striped shirt with an open collar and short sleeves"
    corrected(runtime, described, ProfileChanges({}, do_not_change=[longest]))
    with pytest.raises(UsageError):
        corrected(runtime, described, ProfileChanges({}, do_not_change=["x" * 81]), 2)


def test_who_said_what_outlives_later_corrections(runtime: Runtime, described: Described) -> None:
    corrected(runtime, described, ProfileChanges(AUBURN))
    corrected(runtime, described, ProfileChanges({"eyes": {"value": "green", "hex": "#406040"}}), 2)
    with runtime.record.reading() as session:
        told = who_said(profiles.history(session, described.id))
    assert (told["hair_colour"].said, told["hair_colour"].version, told["hair_colour"].by) == (
        Said.HUMAN,
        2,
        described.user,
    )
    assert (told["eyes"].version, told["skin"].said, told["skin"].version) == (3, Said.PIXELS, 1)


def test_an_edit_of_an_older_version_is_told_and_writes_nothing(
    runtime: Runtime, described: Described
) -> None:
    corrected(runtime, described, ProfileChanges(AUBURN))
    with pytest.raises(ProfileMovedOn) as told:
        corrected(runtime, described, ProfileChanges({"eyes": {"value": "green"}}), based_on=1)
    assert (told.value.based_on, told.value.newest) == (1, 2)
    with runtime.record.reading() as session:
        assert len(profiles.history(session, described.id)) == 2


def test_saying_the_same_again_is_no_new_version(runtime: Runtime, described: Described) -> None:
    same = ProfileChanges({"hair_colour": {"value": "dark brown", "hex": "#3A2A20"}})
    assert corrected(runtime, described, same) == Corrected(described.profile_id, 1, ())


def test_choosing_the_skin_answers_the_question(runtime: Runtime, described: Described) -> None:
    asking = a_profile(skin=trait(None, 0.0)).model_copy(update={"notes": [CHOOSE_SKIN, "the photo is dark"]})
    with runtime.record.writing() as session:
        before = profiles.get(session, described.profile_id)
        content = asking.model_dump(mode="json")
        profiles.add(
            session,
            character_id=described.id,
            source="local",
            content=content,
            photo_sha256=before.photo_sha256,
            model=before.model,
        )
    corrected(runtime, described, ProfileChanges({"skin": {"value": "tan", "hex": "#a77a55"}}), 2)
    with runtime.record.reading() as session:
        newest = profiles.latest(session, described.id)
        assert newest is not None and newest.notes == ["the photo is dark"]


@pytest.mark.parametrize(
    "changes",
    [
        ProfileChanges({"shoe_size": {"value": "38"}}),
        ProfileChanges({"hair_colour": {"value": "red", "hex": "red"}}),
        ProfileChanges({"hair_colour": {"value": "x" * 61}}),
        ProfileChanges({"hair_colour": {"value": 7}}),
        ProfileChanges({"age_band": {"value": "forty"}}),
        ProfileChanges({}, do_not_change=[f"thing {number}" for number in range(17)]),
        ProfileChanges({}, palette=[{"part": "shoes", "name": "red", "hex": "#ff0000"}]),
    ],
)
def test_what_can_not_be_read_is_refused(
    runtime: Runtime, described: Described, changes: ProfileChanges
) -> None:
    with pytest.raises(UsageError) as told:
        corrected(runtime, described, changes)
    assert told.value.code == "bad_profile"


def test_an_erased_character_is_not_corrected(runtime: Runtime, described: Described) -> None:
    with runtime.record.writing() as session:
        move(session, characters.get(session, described.id), CharacterStatus.ERASED)
    with pytest.raises(IllegalStep):
        corrected(runtime, described, ProfileChanges(AUBURN))


def test_whoever_draws_is_told_what_a_machine_saw_before_a_person_corrected_it(
    runtime: Runtime, described: Described
) -> None:
    seen, keys = [], []
    for version in (1, 2, 3):
        if version > 1:
            eyes = {"eyes": {"value": "green", "hex": f"#40604{version}"}}
            profile_id = corrected(runtime, described, ProfileChanges(eyes), version - 1).profile_id
        else:
            profile_id = described.profile_id
        work = write_prompt(
            runtime, character_id=described.id, profile_id=profile_id, style="flat", ordinal=version
        )
        seen.append(picture_request(runtime, work).seen)
        keys.append(work.work_key)
    assert seen == [None, a_profile(), a_profile()]
    assert len(set(keys)) == 3
