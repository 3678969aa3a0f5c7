"""What exists is not bought again: not by an upgrade that words prompts and questions anew, not by a
favourite that is picked, and not by a record of an earlier hour.
"""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from db.engine import Record
from db.ids import new_id
from db.models import CallState
from db.repositories import calls, images, profiles
from flows.character_run import run_character
from flows.run_request import RunRequest, RunResult
from tasks.correction.correct_profile import correct_profile
from tasks.correction.profile_changes import ProfileChanges
from tasks.describe_photo import describe_photo
from tasks.design.shapes import Framing
from tasks.errors import NotReady
from tasks.picture_options import PictureOptions
from tasks.pipeline import untracked
from tasks.pricing import estimate_run
from tasks.providers.local.illustrator import LocalIllustrator
from tasks.providers.local.vision import LocalVision
from tasks.providers.protocols import ImageRequest, models_of
from tasks.runtime import Runtime
from tasks.settlement.reconcile import collect_orphaned_outputs
from tests.support.providers import BookkeepingImage, BookkeepingVision
from tests.support.runtimes import new_character


@dataclass
class SeveralPictures(BookkeepingImage):
    """Takes the photo and another picture, and remembers what it was asked."""

    most_photos: int = 2
    asked: list[ImageRequest] = field(default_factory=list)

    def submit(self, request: ImageRequest) -> str:
        self.asked.append(request)
        return super().submit(request)


@pytest.fixture
def several(runtime: Runtime) -> Runtime:
    return replace(runtime, image=SeveralPictures())


def book(runtime: Runtime) -> BookkeepingImage:
    assert isinstance(runtime.image, BookkeepingImage)
    return runtime.image


def asked(runtime: Runtime) -> list[ImageRequest]:
    assert isinstance(runtime.image, SeveralPictures)
    return runtime.image.asked


async def draw(
    runtime: Runtime, character_id: str, *styles: str, another: bool = False, whole: bool = False
) -> RunResult:
    options = PictureOptions(Framing.FULL_BODY) if whole else PictureOptions()
    request = RunRequest(character_id, styles, new_id(), another, options=options)
    return await run_character(request, untracked, runtime)


def earlier_release(monkeypatch: pytest.MonkeyPatch, number: int = 2) -> None:
    """Prompts and questions as they were before this release."""
    monkeypatch.setattr("tasks.write_prompt.TEMPLATE_VERSION", f"prompt-{number}")
    monkeypatch.setattr("tasks.describe_photo.TEMPLATE_VERSION", f"profile-{number}")


def pick(runtime: Runtime, character_id: str, style: str) -> str:
    with runtime.record.writing() as session:
        found = [each for each in images.of_character(session, character_id) if each.image.style == style]
        images.select(session, found[0].image.id, actor="test")
        return found[0].asset.sha256


@pytest.mark.parametrize("release", [1, 2])
async def test_an_upgrade_buys_no_picture_and_no_look_again(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch, release: int
) -> None:
    with monkeypatch.context() as before:
        earlier_release(before, release)
        first = await draw(runtime, character_id, "flat", "anime")
        await draw(runtime, character_id, "flat", another=True)
    assert book(runtime).billed.total() == 3
    assert estimate_run(runtime, character_id, ["flat", "anime"]) == 0
    again = await draw(runtime, character_id, "flat", "anime")
    assert (again.made, again.found) == ({}, first.made)
    assert again.profile_id == first.profile_id
    vision = runtime.vision
    assert isinstance(vision, BookkeepingVision)
    assert (book(runtime).billed.total(), vision.looked.total()) == (3, 1)


async def test_what_an_earlier_release_has_under_way_is_gone_on_with(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_style: str) -> None:
        raise NotReady("Not yet.", code="still_running")

    with monkeypatch.context() as before:
        earlier_release(before)
        book(runtime).on_collect = away
        assert (await draw(runtime, character_id, "flat")).failures
    book(runtime).on_collect = lambda _style: None
    monkeypatch.setattr("db.repositories.calls.is_live", lambda *_: False)
    with runtime.record.reading() as session:
        states = [call.state for call in calls.of_character(session, character_id)]
    assert CallState.ACCEPTED in states
    result = await draw(runtime, character_id, "flat")
    assert not result.failures and book(runtime).billed.total() == 1


@dataclass
class NewEyes(BookkeepingVision):
    model: str = "vision-of-another-day"
    earlier_models: tuple[str, ...] = ("vision-of-the-test",)


@dataclass
class NewBrush(BookkeepingImage):
    model: str = "image-of-another-day"
    earlier_models: tuple[str, ...] = ("image-of-the-test",)


async def test_an_engine_that_has_become_better_sees_and_draws_nothing_again_by_itself(
    runtime: Runtime, character_id: str
) -> None:
    before = await draw(runtime, character_id, "flat")
    better = replace(runtime, vision=NewEyes(), image=NewBrush())
    again = await draw(better, character_id, "flat", "anime")
    assert again.profile_id == before.profile_id
    assert (again.found, list(again.made)) == (before.made, ["anime"])
    assert isinstance(better.vision, NewEyes) and better.vision.looked.total() == 0
    assert book(better).billed.total() == 1


def test_what_the_first_local_engine_has_seen_and_drawn_stands() -> None:
    assert {"local-vision-1", "local-vision-2", "local-vision-3"} <= set(models_of(LocalVision()))
    assert {"local-illustrator-1", "local-illustrator-2"} <= set(models_of(LocalIllustrator()))


@pytest.mark.parametrize("engine", [LocalVision(), LocalIllustrator()], ids=["vision", "illustrator"])
def test_no_local_engine_between_the_first_and_the_present_one_is_forgotten(
    engine: LocalVision | LocalIllustrator,
) -> None:
    family, number = engine.model.rsplit("-", 1)
    assert set(models_of(engine)) == {f"{family}-{each}" for each in range(1, int(number) + 1)}


@pytest.mark.parametrize("release", [1, 2])
async def test_another_character_of_the_same_photo_is_looked_at_and_drawn_for_nothing(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, release: int
) -> None:
    with monkeypatch.context() as before:
        earlier_release(before, release)
        await draw(runtime, new_character(runtime, 50), "flat")
    twin = new_character(runtime, 50)
    result = await draw(runtime, twin, "flat")
    assert not result.failures and book(runtime).billed.total() == 1
    vision = runtime.vision
    assert isinstance(vision, BookkeepingVision) and vision.looked.total() == 1
    with runtime.record.reading() as session:
        (variant,) = images.of_character(session, twin)
    assert variant.prompt.template_version == f"prompt-{release}"


async def test_a_corrected_character_is_drawn_as_corrected_though_another_of_its_photo_was_drawn_before(
    runtime: Runtime,
) -> None:
    first, twin = new_character(runtime, 55), new_character(runtime, 55)
    await draw(runtime, first, "flat")
    describe_photo(runtime, twin)
    green = ProfileChanges(attributes={"hair_colour": {"value": "green"}})
    correct_profile(runtime, character_id=twin, based_on=1, changes=green)
    await draw(runtime, twin, "flat")
    await draw(runtime, twin, "flat")  # its own stands
    assert book(runtime).billed.total() == 2
    with runtime.record.reading() as session:
        (variant,) = images.of_character(session, twin)
    assert "green" in variant.prompt.text


def test_a_profile_of_before_keeps_its_digest_though_it_is_read_with_more_fields() -> None:
    trait = {"value": "brown", "confidence": 0.9, "hex": None}
    nothing = {"value": None, "confidence": 0.0, "hex": None}
    content = {"palette": [], "do_not_change": [], "monochrome": False}
    before = content | {"attributes": {"eyes": trait}}
    now = content | {"attributes": {"eyes": trait, **dict.fromkeys(profiles.CAME_LATER, nothing)}}
    assert {"headwear", "hair_texture", "garment", "neckline", "sleeves"} <= profiles.CAME_LATER
    capped = content | {"attributes": {"eyes": trait, "headwear": trait}}
    assert (
        profiles.digest_of_profile(before)
        == "2af671506d5b054676d182b6407ff850d6753b9d0b1b75933058bd105cd4c9ec"
    )
    assert profiles.digest_of_profile(now) == profiles.digest_of_profile(before)
    assert profiles.digest_of_profile(capped) != profiles.digest_of_profile(before)


async def test_the_favourite_goes_along_with_later_pictures_and_buys_nothing_by_itself(
    several: Runtime, character_id: str
) -> None:
    await draw(several, character_id, "flat", "anime")
    assert [each.references for each in asked(several)] == [(), ()]
    favourite = pick(several, character_id, "flat")
    assert estimate_run(several, character_id, ["flat", "anime"]) == 0
    await draw(several, character_id, "flat", "anime")
    assert len(asked(several)) == 2
    await draw(several, character_id, "storybook")
    await draw(several, character_id, "flat", another=True)
    await draw(several, character_id, "flat", whole=True)
    storybook, again, whole = asked(several)[2:]
    for request in (storybook, again, whole):
        (reference,) = request.references
        assert reference.sha256 == favourite and reference.data[:2] == b"\xff\xd8"  # a JPEG
        assert "reference" not in request.parameters
    assert "in another style (Flat" in storybook.prompt
    assert "in this very style" in again.prompt and "in this very style" in whole.prompt
    pick(several, character_id, "anime")  # another favourite: what was drawn with the first one stands
    await draw(several, character_id, "storybook")
    await draw(several, character_id, "flat", whole=True)
    assert len(asked(several)) == 5


async def test_who_takes_one_picture_gets_the_photo_alone(runtime: Runtime, character_id: str) -> None:
    first = await draw(runtime, character_id, "flat")
    pick(runtime, character_id, "flat")
    await draw(runtime, character_id, "anime")
    with runtime.record.reading() as session:
        anime = next(v for v in images.of_character(session, character_id) if v.image.id not in first.made)
        assert "reference" not in anime.prompt.parameters and "Image 2" not in anime.prompt.text


@pytest.mark.parametrize(
    ("by_an_earlier_release", "with_a_favourite"), [(True, False), (False, True), (True, True)]
)
async def test_a_record_of_an_earlier_hour_finds_what_was_sent_in_other_words(
    several: Runtime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    by_an_earlier_release: bool,
    with_a_favourite: bool,
) -> None:
    """The store's notes of what has left are asked for under each key that the picture may have had."""
    character_id = new_character(several)
    await draw(several, character_id, "flat")
    several.record.close()
    an_hour_ago = shutil.copy(tmp_path / "record.db", tmp_path / "an-hour-ago.db")
    with monkeypatch.context() as meanwhile:
        if by_an_earlier_release:
            earlier_release(meanwhile)
        if with_a_favourite:
            pick(several, character_id, "flat")
        await draw(several, character_id, "anime")
    several.record.close()
    older = replace(several, record=Record(f"sqlite:///{an_hour_ago}"))
    result = await draw(older, character_id, "anime")
    assert not result.failures and len(asked(several)) == 2
    older.record.close()


async def test_what_is_paid_is_collected_though_neither_photo_nor_favourite_can_be_read(
    several: Runtime, character_id: str
) -> None:
    await draw(several, character_id, "flat")
    pick(several, character_id, "flat")

    def not_yet(_style: str) -> None:
        raise NotReady("The picture is not here yet.")

    book(several).on_collect = not_yet
    assert (await draw(several, character_id, "anime")).failures
    book(several).on_collect = lambda _style: None
    for kept in [*several.store.iterate("photos/"), *several.store.iterate("pictures/")]:
        several.store.delete(kept.key)
    assert collect_orphaned_outputs(several) == 1
    with several.record.reading() as session:
        states = {call.state for call in calls.of_character(session, character_id) if call.asset_id}
    assert CallState.STORED in states
    assert book(several).billed.total() == 2
