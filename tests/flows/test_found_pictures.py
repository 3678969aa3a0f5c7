"""A restored record finds in the store what was bought after it, and buys nothing twice."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from db.ids import new_id
from db.models import CallKind, CallState, ProviderCall
from db.repositories import assets, calls, events, profiles
from tasks.describe_photo import describe_photo
from tasks.errors import OutcomeUnknown, OutputLost, StoreError
from tasks.housekeeping import sweep
from tasks.illustrate import illustrate
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Workshop
from tasks.storage import quarantine
from tasks.write_prompt import PictureWork, write_prompt
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture
from tests.support.workshops import new_character, open_workshop

STYLES = ("storybook", "anime")


@contextmanager
def restored(backup: Path, tools: Workshop, migrated: Path) -> Iterator[Workshop]:
    """A workshop on a copy of `backup` and on the very store and providers of `tools`."""
    folder = backup.parent / f"restored-{new_id()}"
    folder.mkdir()
    with open_workshop(folder, migrated) as fresh:
        shutil.copy(backup, folder / "record.db")
        yield Workshop(record=fresh.record, store=tools.store, vision=tools.vision, image=tools.image)


@pytest.fixture
def backup(tools: Workshop, character_id: str, tmp_path: Path) -> Path:
    """The record of an hour ago: a character whom nobody has looked at."""
    assert character_id
    tools.record.close()  # so that the file holds everything
    return Path(shutil.copy(tmp_path / "record.db", tmp_path / "backup.db"))


def draw_all(tools: Workshop, character_id: str) -> list[PictureWork]:
    profile_id = describe_photo(tools, character_id)
    made = [
        write_prompt(tools, character_id=character_id, profile_id=profile_id, style=style, ordinal=1)
        for style in STYLES
    ]
    for work in made:
        illustrate(tools, work)
    return made


def bank(tools: Workshop) -> tuple[int, int]:
    """How many looks and pictures were ever paid for."""
    assert isinstance(tools.vision, BookkeepingVision) and isinstance(tools.image, BookkeepingImage)
    return tools.vision.looked.total(), tools.image.billed.total()


def made_calls(tools: Workshop, character_id: str) -> list[ProviderCall]:
    with tools.record.reading() as session:
        return calls.of_character(session, character_id)


def picture_of(tools: Workshop, work: PictureWork) -> str:
    there = [found.key for found in tools.store.iterate("pictures/")]
    (key,) = [each for each in there if work.work_key in each]
    return key


def overwrite(tools: Workshop, key: str, data: bytes) -> None:
    assert isinstance(tools.store, DiskStore)
    tools.store.path_of(key).write_bytes(data)


def test_after_a_restore_everything_is_found_and_nothing_bought(
    tools: Workshop, character_id: str, backup: Path, migrated_record: Path
) -> None:
    draw_all(tools, character_id)
    assert bank(tools) == (1, 2)
    before = made_calls(tools, character_id)
    with tools.record.reading() as session:
        spent = calls.spent_microusd(session, character_id=character_id)

    with restored(backup, tools, migrated_record) as older:
        assert made_calls(older, character_id) == []
        draw_all(older, character_id)

        assert bank(older) == (1, 2)
        found = made_calls(older, character_id)
        assert {call.state for call in found} == {CallState.STORED, CallState.RECORDED}
        told = [
            (call.work_key, call.actual_microusd, call.provider_id, call.model, call.sent_at)
            for call in sorted(found, key=lambda each: each.work_key)
        ]
        with older.record.reading() as session:
            assert calls.spent_microusd(session, character_id=character_id) == spent == 79_500
            kinds = [event.kind for event in events.timeline(session, character_id)]
        assert kinds.count("call.found") == 2
        assert all((call.result or {}).get("found_in_store") for call in found)
        assert [each[:4] for each in told] == [
            (call.work_key, call.actual_microusd, call.provider_id, call.model)
            for call in sorted(before, key=lambda each: each.work_key)
        ]


def test_what_went_into_quarantine_meanwhile_is_brought_back(
    tools: Workshop, character_id: str, backup: Path, migrated_record: Path
) -> None:
    made = draw_all(tools, character_id)
    kept = [picture_of(tools, work) for work in made]
    for key in [*kept, *(found.key for found in list(tools.store.iterate("receipts/")))]:
        assert quarantine.put_away(tools.store, key, why="test")

    with restored(backup, tools, migrated_record) as older:
        draw_all(older, character_id)
        assert bank(older) == (1, 2)
        assert [picture_of(older, work) for work in made] == kept


def test_a_picture_without_a_receipt_is_found_too_at_its_estimate(
    tools: Workshop, character_id: str, backup: Path, migrated_record: Path
) -> None:
    draw_all(tools, character_id)
    for found in list(tools.store.iterate("receipts/")):
        tools.store.delete(found.key)

    with restored(backup, tools, migrated_record) as older:
        draw_all(older, character_id)
        looks, pictures = bank(older)
        assert (looks, pictures) == (2, 2), "the look is lost with its receipt; the pictures are not"
        images = [call for call in made_calls(older, character_id) if call.kind is CallKind.IMAGE]
        assert [call.actual_microusd for call in images] == [39_000, 39_000]


@pytest.mark.parametrize(
    "spoiled",
    [b"", b"no picture", a_picture()[:60], a_picture((1, 2, 3))],
    ids=["empty", "text", "cut", "other"],
)
def test_a_damaged_one_is_not_taken_and_does_not_stand_in_the_way(
    spoiled: bytes, tools: Workshop, character_id: str, backup: Path, migrated_record: Path
) -> None:
    made = draw_all(tools, character_id)
    key = picture_of(tools, made[0])
    overwrite(tools, key, spoiled)

    with restored(backup, tools, migrated_record) as older:
        with pytest.raises(OutputLost) as lost:
            draw_all(older, character_id)
        assert "paid for before" in lost.value.sentence
        assert bank(older) == (1, 2), "a person decides whether it is bought again"
        assert older.store.head(key) is None
        aside = list(older.store.iterate("quarantine/damaged/"))
        assert [older.store.get(found.key) for found in aside] == [spoiled]


def test_a_damaged_one_that_nobody_paid_for_is_made_again(
    tools: Workshop, character_id: str, backup: Path, migrated_record: Path
) -> None:
    made = draw_all(tools, character_id)
    key = picture_of(tools, made[0])
    good = tools.store.get(key)
    overwrite(tools, key, b"")
    for found in list(tools.store.iterate("receipts/")):
        tools.store.delete(found.key)

    with restored(backup, tools, migrated_record) as older:
        draw_all(older, character_id)
        assert older.store.get(key) == good


def test_keys_swapped_between_two_pictures_are_noticed(
    tools: Workshop, character_id: str, backup: Path, migrated_record: Path
) -> None:
    """Both are whole pictures, under each other's name, and the store itself sees nothing wrong with them."""
    made = draw_all(tools, character_id)
    one, two = (picture_of(tools, work) for work in made)
    first, second = tools.store.get(one), tools.store.get(two)
    for key, data in ((one, second), (two, first)):
        tools.store.delete(key)
        tools.store.put(key, data, "image/png")

    with restored(backup, tools, migrated_record) as older:
        with pytest.raises(OutputLost):
            draw_all(older, character_id)
        assert bank(older) == (1, 2)


def test_a_store_of_another_installation_is_not_searched(
    tools: Workshop, character_id: str, tmp_path: Path, migrated_record: Path
) -> None:
    draw_all(tools, character_id)
    before = {found.key for found in tools.store.iterate("")}
    folder = tmp_path / "other"
    folder.mkdir()
    with open_workshop(folder, migrated_record) as other:
        stranger = new_character(other)
        mixed = Workshop(record=other.record, store=tools.store, vision=other.vision, image=other.image)
        photo = next(iter(other.store.iterate("photos/"))).key
        tools.store.put(photo, other.store.get(photo), "image/jpeg")
        with pytest.raises(StoreError):
            describe_photo(mixed, stranger)
        assert {found.key for found in tools.store.iterate("")} == before | {photo}
        assert bank(other) == (0, 0)


def test_a_receipt_names_no_person(tools: Workshop, character_id: str) -> None:
    draw_all(tools, character_id)
    told = [tools.store.get(found.key).decode() for found in tools.store.iterate("receipts/")]
    assert len(told) == 5, "three receipts, and two notes that a picture was sent for"
    assert not any("Ada" in each or "photos/" in each for each in told)
    pictures = [json.loads(each) for each in told if json.loads(each).get("kind") == "image"]
    assert {each["price_microusd"] for each in pictures} == {39_000}


def test_receipts_are_named_by_their_calls(
    tools: Workshop, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_all(tools, character_id)
    assert sweep.plan_sweep(tools).unnamed == 0
    tools.store.put(f"receipts/aa/{'a' * 64}.json", b"{}", "application/json")
    assert sweep.plan_sweep(tools).unnamed == 1


def test_the_profile_of_a_found_look_is_the_one_that_was_paid_for(
    tools: Workshop, character_id: str, backup: Path, migrated_record: Path
) -> None:
    with tools.record.reading() as session:
        assert profiles.latest(session, character_id) is None
    describe_photo(tools, character_id)
    with tools.record.reading() as session:
        seen = profiles.latest(session, character_id)
    with restored(backup, tools, migrated_record) as older:
        describe_photo(older, character_id)
        with older.record.reading() as session:
            again = profiles.latest(session, character_id)
            assert assets.known_keys(session)
    assert seen is not None and again is not None and again.digest == seen.digest


def test_what_was_sent_for_and_not_heard_of_before_a_restore_is_not_sent_again(
    tools: Workshop, character_id: str, backup: Path, migrated_record: Path
) -> None:
    """Its worker died after the provider had taken it on, and the record went back to before that."""

    def die(_style: str) -> None:
        raise KeyboardInterrupt

    assert isinstance(tools.image, BookkeepingImage)
    tools.image.after_billing = die
    with pytest.raises(KeyboardInterrupt):
        draw_all(tools, character_id)
    lost = next(call for call in made_calls(tools, character_id) if call.kind is CallKind.IMAGE)
    tools.image.after_billing = lambda _style: None

    with restored(backup, tools, migrated_record) as older:
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                draw_all(older, character_id)
        assert bank(older) == (1, 1)
        with older.record.reading() as session:
            (waiting,) = calls.unknown(session)
        assert (waiting.id, waiting.state, waiting.sent_at) == (lost.id, CallState.UNKNOWN, lost.sent_at)
        with older.record.reading() as session:
            assert calls.reserved_microusd(session) == 39_000
