"""Rotten bytes are noticed, never handed on, told once, and restored from what costs nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from db.models import CharacterImage, DamageKind, GeneratedAsset
from db.repositories import assets, damages, events, images
from tasks.describe_photo import describe_photo
from tasks.errors import StoreError
from tasks.housekeeping.scrub import scrub
from tasks.illustrate import illustrate
from tasks.photo.stored import stored_photo
from tasks.record_image import record_image
from tasks.runtime import Runtime
from tasks.storage import quarantine
from tasks.storage.binding import require_bound
from tasks.storage.verified_bytes import verified_bytes
from tasks.write_prompt import write_prompt
from tests.support.providers import BookkeepingImage, a_picture
from tests.support.rows import an_asset


@pytest.fixture
def drawn(runtime: Runtime, character_id: str) -> GeneratedAsset:
    """A picture of the character, recorded."""
    profile_id = describe_photo(runtime, character_id)
    work = write_prompt(runtime, character_id=character_id, profile_id=profile_id, style="anime", ordinal=1)
    asset_id = illustrate(runtime, work)
    record_image(runtime, work, asset_id=asset_id, run_token="run", likeness=None)
    with runtime.record.reading() as session:
        return assets.get(session, asset_id)


def place_of(runtime: Runtime, key: str) -> Path:
    place: Path = runtime.store.path_of(key)  # type: ignore[attr-defined]
    return place


def rot(runtime: Runtime, key: str) -> None:
    """Some bytes in the middle are others now, as on an old disk."""
    data = bytearray(place_of(runtime, key).read_bytes())
    data[len(data) // 2] ^= 0xFF
    place_of(runtime, key).write_bytes(data)


def lose(runtime: Runtime, key: str) -> None:
    runtime.store.delete(key)


def empty(runtime: Runtime, key: str) -> None:
    place_of(runtime, key).write_bytes(b"")


def cut(runtime: Runtime, key: str) -> None:
    place_of(runtime, key).write_bytes(place_of(runtime, key).read_bytes()[:-10])


def exchange(runtime: Runtime, key: str) -> None:
    """A whole object of somebody else's, note and all, under this key."""
    runtime.store.delete(key)
    runtime.store.put(key, a_picture((9, 9, 9)), "image/png")


def spoil_note(runtime: Runtime, key: str) -> None:
    (place_of(runtime, key).parent / "@about.json").write_bytes(b"{")


def remove_note(runtime: Runtime, key: str) -> None:
    (place_of(runtime, key).parent / "@about.json").unlink()


HARM = [rot, lose, empty, cut, exchange]
Harm = Callable[[Runtime, str], None]


def known_damage(runtime: Runtime) -> dict[str, DamageKind]:
    with runtime.record.reading() as session:
        found = {each.storage_key: each.kind for each in damages.every(session)}
        assert damages.count(session) == len(found)
        return found


def told(runtime: Runtime, character_id: str) -> list[str]:
    with runtime.record.reading() as session:
        kinds = [event.kind for event in events.timeline(session, character_id)]
    return [kind for kind in kinds if kind.startswith("object.")]


@pytest.mark.parametrize("harm", HARM)
def test_what_cannot_be_restored_is_told_once_and_never_deleted(
    harm: Harm, runtime: Runtime, character_id: str, drawn: GeneratedAsset
) -> None:
    """The picture was bought, so it is not drawn again by itself."""
    harm(runtime, drawn.storage_key)
    before = {found.key for found in runtime.store.iterate("")}

    assert [scrub(runtime) for _ in range(3)] == [1, 1, 1]

    missing = harm is lose
    assert known_damage(runtime) == {drawn.storage_key: DamageKind.MISSING if missing else DamageKind.ALTERED}
    assert told(runtime, character_id) == ["object.damaged"]
    assert {found.key for found in runtime.store.iterate("")} == before


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_picture_is_given_to_nobody(harm: Harm, runtime: Runtime, drawn: GeneratedAsset) -> None:
    harm(runtime, drawn.storage_key)

    with pytest.raises(StoreError) as error:
        verified_bytes(runtime, drawn.storage_key)

    assert error.value.code == ("object_missing" if harm is lose else "store_damaged")
    assert list(known_damage(runtime)) == [drawn.storage_key]


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_photo_goes_to_no_provider(harm: Harm, runtime: Runtime, character_id: str) -> None:
    (photo,) = [found.key for found in runtime.store.iterate("photos/")]
    harm(runtime, photo)

    with pytest.raises(StoreError):
        stored_photo(runtime, character_id)

    assert told(runtime, character_id) == ["object.damaged"]


@pytest.mark.parametrize("harm", [*HARM, spoil_note, remove_note])
def test_a_picture_of_the_free_engine_is_drawn_again(
    harm: Harm, runtime: Runtime, character_id: str, drawn: GeneratedAsset
) -> None:
    good = runtime.store.get(drawn.storage_key)
    harm(runtime, drawn.storage_key)
    object.__setattr__(runtime, "image", BookkeepingImage(charges=False))

    assert scrub(runtime) == 0

    assert runtime.store.get(drawn.storage_key) == good
    assert runtime.store.put(drawn.storage_key, good, "image/png").sha256 == drawn.sha256
    assert known_damage(runtime) == {} and told(runtime, character_id) == []


def test_what_was_told_is_taken_back_when_it_is_whole_again(
    runtime: Runtime, character_id: str, drawn: GeneratedAsset
) -> None:
    good = runtime.store.get(drawn.storage_key)
    rot(runtime, drawn.storage_key)
    scrub(runtime)
    place_of(runtime, drawn.storage_key).write_bytes(good)  # from a backup

    assert scrub(runtime) == 0

    assert known_damage(runtime) == {}
    assert sorted(told(runtime, character_id)) == ["object.damaged", "object.restored"]


@pytest.mark.parametrize("harm", [rot, lose, empty, spoil_note, remove_note])
def test_a_twin_in_quarantine_takes_its_place(harm: Harm, runtime: Runtime, drawn: GeneratedAsset) -> None:
    good = runtime.store.get(drawn.storage_key)
    quarantine.put_away(runtime.store, drawn.storage_key, why="test")
    runtime.store.put(drawn.storage_key, good, "image/png")
    harm(runtime, drawn.storage_key)

    assert scrub(runtime) == 0

    assert runtime.store.get(drawn.storage_key) == good
    assert [each.key for each in quarantine.contents(runtime.store) if "damaged" not in each.key] == []


def test_what_a_row_names_is_found_in_quarantine_when_it_is_read(
    runtime: Runtime, drawn: GeneratedAsset
) -> None:
    good = runtime.store.get(drawn.storage_key)
    quarantine.put_away(runtime.store, drawn.storage_key, why="test")

    assert verified_bytes(runtime, drawn.storage_key) == good


def test_two_pictures_that_changed_places_are_both_noticed(
    runtime: Runtime, character_id: str, drawn: GeneratedAsset
) -> None:
    other = "pictures/zz/other.png"
    data = a_picture((7, 7, 7))
    stored = runtime.store.put(other, data, "image/png")
    with runtime.record.writing() as session:
        session.add(
            GeneratedAsset(
                kind=drawn.kind,
                storage_key=other,
                sha256=stored.sha256,
                content_type="image/png",
                size_bytes=stored.size,
                width=82,
                height=102,
            )
        )
    mine = runtime.store.get(drawn.storage_key)
    for key, bytes_of in ((other, mine), (drawn.storage_key, data)):
        runtime.store.delete(key)
        runtime.store.put(key, bytes_of, "image/png")

    assert scrub(runtime) == 2
    assert set(known_damage(runtime)) == {other, drawn.storage_key} and character_id


def test_it_goes_through_the_whole_store_a_share_at_a_time(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_bound(runtime)
    keys = [f"pictures/aa/{number:02}.png" for number in range(12)]
    with runtime.record.writing() as session:
        for key in keys:
            an_asset(session, key)
    seen: list[str] = []

    def looked_at(_runtime: Runtime, asset: GeneratedAsset) -> bool:
        seen.append(asset.storage_key)
        return True

    monkeypatch.setattr("tasks.housekeeping.scrub.verify", looked_at)

    for _ in range(4):
        scrub(runtime)

    assert seen == keys + keys[:5], "5, 5, 2, and again from the beginning"


def test_it_can_be_turned_off(
    runtime: Runtime, drawn: GeneratedAsset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.settings import provider_settings

    monkeypatch.setenv("STORYKIN_SCRUB_PERCENT", "0")
    provider_settings.cache_clear()
    lose(runtime, drawn.storage_key)
    assert scrub(runtime) == 0
    provider_settings.cache_clear()


def test_an_image_row_is_needed_to_tell_a_character(runtime: Runtime, drawn: GeneratedAsset) -> None:
    with runtime.record.reading() as session:
        (image,) = session.query(CharacterImage).all()
        assert damages.characters_with(session, drawn.id) == [image.character_id]
        assert images.get(session, image.id).asset_id == drawn.id
