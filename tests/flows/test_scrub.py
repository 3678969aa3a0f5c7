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
from tasks.runtime import Workshop
from tasks.storage import quarantine
from tasks.storage.binding import require_bound
from tasks.storage.verified_bytes import verified_bytes
from tasks.write_prompt import write_prompt
from tests.support.providers import BookkeepingImage, a_picture
from tests.support.rows import an_asset


@pytest.fixture
def drawn(tools: Workshop, character_id: str) -> GeneratedAsset:
    """A picture of the character, recorded."""
    profile_id = describe_photo(tools, character_id)
    work = write_prompt(tools, character_id=character_id, profile_id=profile_id, style="anime", ordinal=1)
    asset_id = illustrate(tools, work)
    record_image(tools, work, asset_id=asset_id, run_token="run", likeness=None)
    with tools.record.reading() as session:
        return assets.get(session, asset_id)


def place_of(tools: Workshop, key: str) -> Path:
    place: Path = tools.store.path_of(key)  # type: ignore[attr-defined]
    return place


def rot(tools: Workshop, key: str) -> None:
    """Some bytes in the middle are others now, as on an old disk."""
    data = bytearray(place_of(tools, key).read_bytes())
    data[len(data) // 2] ^= 0xFF
    place_of(tools, key).write_bytes(data)


def lose(tools: Workshop, key: str) -> None:
    tools.store.delete(key)


def empty(tools: Workshop, key: str) -> None:
    place_of(tools, key).write_bytes(b"")


def cut(tools: Workshop, key: str) -> None:
    place_of(tools, key).write_bytes(place_of(tools, key).read_bytes()[:-10])


def exchange(tools: Workshop, key: str) -> None:
    """A whole object of somebody else's, note and all, under this key."""
    tools.store.delete(key)
    tools.store.put(key, a_picture((9, 9, 9)), "image/png")


def spoil_note(tools: Workshop, key: str) -> None:
    (place_of(tools, key).parent / "@about.json").write_bytes(b"{")


def remove_note(tools: Workshop, key: str) -> None:
    (place_of(tools, key).parent / "@about.json").unlink()


HARM = [rot, lose, empty, cut, exchange]
Harm = Callable[[Workshop, str], None]


def known_damage(tools: Workshop) -> dict[str, DamageKind]:
    with tools.record.reading() as session:
        return {each.storage_key: each.kind for each in damages.all_of_them(session)}


def told(tools: Workshop, character_id: str) -> list[str]:
    with tools.record.reading() as session:
        kinds = [event.kind for event in events.timeline(session, character_id)]
    return [kind for kind in kinds if kind.startswith("object.")]


@pytest.mark.parametrize("harm", HARM)
def test_what_cannot_be_restored_is_told_once_and_never_deleted(
    harm: Harm, tools: Workshop, character_id: str, drawn: GeneratedAsset
) -> None:
    """The picture was bought, so it is not drawn again by itself."""
    harm(tools, drawn.storage_key)
    before = {found.key for found in tools.store.iterate("")}

    assert [scrub(tools) for _ in range(3)] == [1, 1, 1]

    missing = harm is lose
    assert known_damage(tools) == {drawn.storage_key: DamageKind.MISSING if missing else DamageKind.ALTERED}
    assert told(tools, character_id) == ["object.damaged"]
    assert {found.key for found in tools.store.iterate("")} == before


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_picture_is_given_to_nobody(harm: Harm, tools: Workshop, drawn: GeneratedAsset) -> None:
    harm(tools, drawn.storage_key)

    with pytest.raises(StoreError) as error:
        verified_bytes(tools, drawn.storage_key)

    assert error.value.code == ("object_missing" if harm is lose else "store_damaged")
    assert list(known_damage(tools)) == [drawn.storage_key]


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_photo_goes_to_no_provider(harm: Harm, tools: Workshop, character_id: str) -> None:
    (photo,) = [found.key for found in tools.store.iterate("photos/")]
    harm(tools, photo)

    with pytest.raises(StoreError):
        stored_photo(tools, character_id)

    assert told(tools, character_id) == ["object.damaged"]


@pytest.mark.parametrize("harm", [*HARM, spoil_note, remove_note])
def test_a_picture_of_the_free_engine_is_drawn_again(
    harm: Harm, tools: Workshop, character_id: str, drawn: GeneratedAsset
) -> None:
    good = tools.store.get(drawn.storage_key)
    harm(tools, drawn.storage_key)
    object.__setattr__(tools, "image", BookkeepingImage(charges=False))

    assert scrub(tools) == 0

    assert tools.store.get(drawn.storage_key) == good
    assert tools.store.put(drawn.storage_key, good, "image/png").sha256 == drawn.sha256
    assert known_damage(tools) == {} and told(tools, character_id) == []


def test_what_was_told_is_taken_back_when_it_is_whole_again(
    tools: Workshop, character_id: str, drawn: GeneratedAsset
) -> None:
    good = tools.store.get(drawn.storage_key)
    rot(tools, drawn.storage_key)
    scrub(tools)
    place_of(tools, drawn.storage_key).write_bytes(good)  # from a backup

    assert scrub(tools) == 0

    assert known_damage(tools) == {}
    assert sorted(told(tools, character_id)) == ["object.damaged", "object.restored"]


@pytest.mark.parametrize("harm", [rot, lose, empty, spoil_note, remove_note])
def test_a_twin_in_quarantine_takes_its_place(harm: Harm, tools: Workshop, drawn: GeneratedAsset) -> None:
    good = tools.store.get(drawn.storage_key)
    quarantine.put_away(tools.store, drawn.storage_key, why="test")
    tools.store.put(drawn.storage_key, good, "image/png")
    harm(tools, drawn.storage_key)

    assert scrub(tools) == 0

    assert tools.store.get(drawn.storage_key) == good
    assert [each.key for each in quarantine.contents(tools.store) if "damaged" not in each.key] == []


def test_what_a_row_names_is_found_in_quarantine_when_it_is_read(
    tools: Workshop, drawn: GeneratedAsset
) -> None:
    good = tools.store.get(drawn.storage_key)
    quarantine.put_away(tools.store, drawn.storage_key, why="test")

    assert verified_bytes(tools, drawn.storage_key) == good


def test_two_pictures_that_changed_places_are_both_noticed(
    tools: Workshop, character_id: str, drawn: GeneratedAsset
) -> None:
    other = "pictures/zz/other.png"
    data = a_picture((7, 7, 7))
    stored = tools.store.put(other, data, "image/png")
    with tools.record.writing() as session:
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
    mine = tools.store.get(drawn.storage_key)
    for key, bytes_of in ((other, mine), (drawn.storage_key, data)):
        tools.store.delete(key)
        tools.store.put(key, bytes_of, "image/png")

    assert scrub(tools) == 2
    assert set(known_damage(tools)) == {other, drawn.storage_key} and character_id


def test_it_goes_through_the_whole_store_a_share_at_a_time(
    tools: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_bound(tools)
    keys = [f"pictures/aa/{number:02}.png" for number in range(12)]
    with tools.record.writing() as session:
        for key in keys:
            an_asset(session, key)
    seen: list[str] = []

    def looked_at(_tools: Workshop, asset: GeneratedAsset) -> bool:
        seen.append(asset.storage_key)
        return True

    monkeypatch.setattr("tasks.housekeeping.scrub.verify", looked_at)

    for _ in range(4):
        scrub(tools)

    assert seen == keys + keys[:5], "5, 5, 2, and again from the beginning"


def test_it_can_be_turned_off(
    tools: Workshop, drawn: GeneratedAsset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.settings import provider_settings

    monkeypatch.setenv("STORYKIN_SCRUB_PERCENT", "0")
    provider_settings.cache_clear()
    lose(tools, drawn.storage_key)
    assert scrub(tools) == 0
    provider_settings.cache_clear()


def test_an_image_row_is_needed_to_tell_a_character(tools: Workshop, drawn: GeneratedAsset) -> None:
    with tools.record.reading() as session:
        (image,) = session.query(CharacterImage).all()
        assert damages.characters_with(session, drawn.id) == [image.character_id]
        assert images.get(session, image.id).asset_id == drawn.id
