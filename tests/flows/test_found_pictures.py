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
from tasks.runtime import Runtime
from tasks.storage import quarantine
from tasks.write_prompt import PictureWork, write_prompt
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture
from tests.support.runtimes import new_character, open_runtime

STYLES = ("storybook", "anime")


@contextmanager
def restored(backup: Path, runtime: Runtime, migrated: Path) -> Iterator[Runtime]:
    """A runtime on a copy of `backup` and on the very store and providers of `runtime`."""
    folder = backup.parent / f"restored-{new_id()}"
    folder.mkdir()
    with open_runtime(folder, migrated) as fresh:
        shutil.copy(backup, folder / "record.db")
        yield Runtime(record=fresh.record, store=runtime.store, vision=runtime.vision, image=runtime.image)


@pytest.fixture
def backup(runtime: Runtime, character_id: str, tmp_path: Path) -> Path:
    """The record of an hour ago: a character whom nobody has looked at."""
    assert character_id
    runtime.record.close()  # so that the file holds everything
    return Path(shutil.copy(tmp_path / "record.db", tmp_path / "backup.db"))


def draw_all(runtime: Runtime, character_id: str) -> list[PictureWork]:
    profile_id = describe_photo(runtime, character_id)
    made = [
        write_prompt(runtime, character_id=character_id, profile_id=profile_id, style=style, ordinal=1)
        for style in STYLES
    ]
    for work in made:
        illustrate(runtime, work)
    return made


def bank(runtime: Runtime) -> tuple[int, int]:
    """How many looks and pictures were ever paid for."""
    assert isinstance(runtime.vision, BookkeepingVision) and isinstance(runtime.image, BookkeepingImage)
    return runtime.vision.looked.total(), runtime.image.billed.total()


def made_calls(runtime: Runtime, character_id: str) -> list[ProviderCall]:
    with runtime.record.reading() as session:
        return calls.of_character(session, character_id)


def picture_of(runtime: Runtime, work: PictureWork) -> str:
    there = [found.key for found in runtime.store.iterate("pictures/")]
    (key,) = [each for each in there if work.work_key in each]
    return key


def overwrite(runtime: Runtime, key: str, data: bytes) -> None:
    assert isinstance(runtime.store, DiskStore)
    runtime.store.path_of(key).write_bytes(data)


def test_after_a_restore_everything_is_found_and_nothing_bought(
    runtime: Runtime, character_id: str, backup: Path, migrated_record: Path
) -> None:
    draw_all(runtime, character_id)
    assert bank(runtime) == (1, 2)
    before = made_calls(runtime, character_id)
    with runtime.record.reading() as session:
        spent = calls.spent_microusd(session, character_id=character_id)

    with restored(backup, runtime, migrated_record) as older:
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
    runtime: Runtime, character_id: str, backup: Path, migrated_record: Path
) -> None:
    made = draw_all(runtime, character_id)
    kept = [picture_of(runtime, work) for work in made]
    for key in [*kept, *(found.key for found in list(runtime.store.iterate("receipts/")))]:
        assert quarantine.put_away(runtime.store, key, why="test")

    with restored(backup, runtime, migrated_record) as older:
        draw_all(older, character_id)
        assert bank(older) == (1, 2)
        assert [picture_of(older, work) for work in made] == kept


def test_a_picture_without_a_receipt_is_found_too_at_its_estimate(
    runtime: Runtime, character_id: str, backup: Path, migrated_record: Path
) -> None:
    draw_all(runtime, character_id)
    for found in list(runtime.store.iterate("receipts/")):
        runtime.store.delete(found.key)

    with restored(backup, runtime, migrated_record) as older:
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
    spoiled: bytes, runtime: Runtime, character_id: str, backup: Path, migrated_record: Path
) -> None:
    made = draw_all(runtime, character_id)
    key = picture_of(runtime, made[0])
    overwrite(runtime, key, spoiled)

    with restored(backup, runtime, migrated_record) as older:
        with pytest.raises(OutputLost) as lost:
            draw_all(older, character_id)
        assert "paid for before" in lost.value.sentence
        assert bank(older) == (1, 2), "a person decides whether it is bought again"
        assert older.store.head(key) is None
        aside = list(older.store.iterate("quarantine/damaged/"))
        assert [older.store.get(found.key) for found in aside] == [spoiled]


def test_a_damaged_one_that_nobody_paid_for_is_made_again(
    runtime: Runtime, character_id: str, backup: Path, migrated_record: Path
) -> None:
    made = draw_all(runtime, character_id)
    key = picture_of(runtime, made[0])
    good = runtime.store.get(key)
    overwrite(runtime, key, b"")
    for found in list(runtime.store.iterate("receipts/")):
        runtime.store.delete(found.key)

    with restored(backup, runtime, migrated_record) as older:
        draw_all(older, character_id)
        assert older.store.get(key) == good


def test_keys_swapped_between_two_pictures_are_noticed(
    runtime: Runtime, character_id: str, backup: Path, migrated_record: Path
) -> None:
    """Both are whole pictures, under each other's name, and the store itself sees nothing wrong with them."""
    made = draw_all(runtime, character_id)
    one, two = (picture_of(runtime, work) for work in made)
    first, second = runtime.store.get(one), runtime.store.get(two)
    for key, data in ((one, second), (two, first)):
        runtime.store.delete(key)
        runtime.store.put(key, data, "image/png")

    with restored(backup, runtime, migrated_record) as older:
        with pytest.raises(OutputLost):
            draw_all(older, character_id)
        assert bank(older) == (1, 2)


def test_a_store_of_another_installation_is_not_searched(
    runtime: Runtime, character_id: str, tmp_path: Path, migrated_record: Path
) -> None:
    draw_all(runtime, character_id)
    before = {found.key for found in runtime.store.iterate("")}
    folder = tmp_path / "other"
    folder.mkdir()
    with open_runtime(folder, migrated_record) as other:
        stranger = new_character(other)
        mixed = Runtime(record=other.record, store=runtime.store, vision=other.vision, image=other.image)
        photo = next(iter(other.store.iterate("photos/"))).key
        runtime.store.put(photo, other.store.get(photo), "image/jpeg")
        with pytest.raises(StoreError):
            describe_photo(mixed, stranger)
        assert {found.key for found in runtime.store.iterate("")} == before | {photo}
        assert bank(other) == (0, 0)


def test_a_receipt_names_no_person(runtime: Runtime, character_id: str) -> None:
    draw_all(runtime, character_id)
    told = [runtime.store.get(found.key).decode() for found in runtime.store.iterate("receipts/")]
    assert len(told) == 5, "three receipts, and two notes that a picture was sent for"
    assert not any("Ada" in each or "photos/" in each for each in told)
    pictures = [json.loads(each) for each in told if json.loads(each).get("kind") == "image"]
    assert {each["price_microusd"] for each in pictures} == {39_000}


def test_receipts_are_named_by_their_calls(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_all(runtime, character_id)
    assert sweep.plan_sweep(runtime).unnamed == 0
    runtime.store.put(f"receipts/aa/{'a' * 64}.json", b"{}", "application/json")
    assert sweep.plan_sweep(runtime).unnamed == 1


def test_the_profile_of_a_found_look_is_the_one_that_was_paid_for(
    runtime: Runtime, character_id: str, backup: Path, migrated_record: Path
) -> None:
    with runtime.record.reading() as session:
        assert profiles.latest(session, character_id) is None
    describe_photo(runtime, character_id)
    with runtime.record.reading() as session:
        seen = profiles.latest(session, character_id)
    with restored(backup, runtime, migrated_record) as older:
        describe_photo(older, character_id)
        with older.record.reading() as session:
            again = profiles.latest(session, character_id)
            assert assets.known_keys(session)
    assert seen is not None and again is not None and again.digest == seen.digest


def test_what_was_sent_for_and_not_heard_of_before_a_restore_is_not_sent_again(
    runtime: Runtime, character_id: str, backup: Path, migrated_record: Path
) -> None:
    """Its worker died after the provider had taken it on, and the record went back to before that."""

    def die(_style: str) -> None:
        raise KeyboardInterrupt

    assert isinstance(runtime.image, BookkeepingImage)
    runtime.image.after_billing = die
    with pytest.raises(KeyboardInterrupt):
        draw_all(runtime, character_id)
    lost = next(call for call in made_calls(runtime, character_id) if call.kind is CallKind.IMAGE)
    runtime.image.after_billing = lambda _style: None

    with restored(backup, runtime, migrated_record) as older:
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                draw_all(older, character_id)
        assert bank(older) == (1, 1)
        with older.record.reading() as session:
            (waiting,) = calls.unknown(session)
        assert (waiting.id, waiting.state, waiting.sent_at) == (lost.id, CallState.UNKNOWN, lost.sent_at)
        with older.record.reading() as session:
            assert calls.reserved_microusd(session) == 39_000
