"""Prompts, assets and variants: one row a piece of work, one favourite, reviews with their reasons."""

import itertools

import pytest
from sqlalchemy import select

from db.engine import Record
from db.errors import Conflict, IllegalStep, NotFound
from db.lifecycle import move
from db.models import AssetKind, CharacterImage, CharacterStatus, GeneratedAsset, PromptArtifact, Review
from db.repositories import assets, characters, events, images, prompts
from tests.support.racing import race_processes, race_threads
from tests.support.rows import a_character, a_picture, a_prompt, a_ready_character, an_asset


@pytest.fixture
def character_id(record: Record) -> str:
    with record.writing() as session:
        return a_ready_character(session).id


def recorded(
    record: Record,
    character_id: str,
    style: str = "anime",
    run_token: str = "run-1",
    work_key: str = "w" * 64,
) -> tuple[CharacterImage, bool]:
    with record.writing() as session:
        return images.record(
            session,
            character_id=character_id,
            style=style,
            ordinal=1,
            run_token=run_token,
            work_key=work_key,
            asset_id=an_asset(session).id,
            prompt_artifact_id=a_prompt(session, character_id, work_key, style).id,
            likeness={"face": 0.8},
            metric_version="1",
            seconds=1.5,
        )


def test_the_same_work_is_recorded_once(record: Record, character_id: str) -> None:
    first, created = recorded(record, character_id)
    again, created_again = recorded(record, character_id, run_token="run-2")
    assert (created, created_again, again.id) == (True, False, first.id)
    assert (first.review, first.is_selected, first.likeness) == (Review.PROPOSED, False, {"face": 0.8})


def test_a_run_adds_one_picture_a_style(record: Record, character_id: str) -> None:
    first, _ = recorded(record, character_id)
    again, created = recorded(record, character_id, work_key="x" * 64)
    assert (created, again.id) == (False, first.id)
    _, created = recorded(record, character_id, work_key="y" * 64, style="flat")
    assert created


def test_of_many_that_record_at_once_one_creates(record: Record, character_id: str) -> None:
    outcomes = race_threads(8, lambda: recorded(record, character_id, work_key="n" * 64, run_token="run-9"))
    assert [created for _, created in outcomes].count(True) == 1
    assert len({image.id for image, _ in outcomes}) == 1


def test_nothing_is_added_to_an_erased_character(record: Record, character_id: str) -> None:
    with record.writing() as session:
        move(session, characters.get(session, character_id), CharacterStatus.ERASED)
    with pytest.raises(IllegalStep):
        recorded(record, character_id)


def test_variants_come_with_their_whole_lineage(record: Record, character_id: str) -> None:
    with record.writing() as session:
        made = [a_picture(session, character_id, style).id for style in ("flat", "anime", "flat")]
    with record.reading() as session:
        variants = images.of_character(session, character_id)
    assert [variant.image.id for variant in variants] == made
    assert [variant.prompt.style for variant in variants] == ["flat", "anime", "flat"]
    assert all(variant.asset.id == variant.image.asset_id for variant in variants)


def test_ordinals_count_up_by_style(record: Record, character_id: str) -> None:
    with record.writing() as session:
        assert images.next_ordinal(session, character_id, "flat") == 1
        a_picture(session, character_id, "flat")
        a_picture(session, character_id, "flat")
        assert images.next_ordinal(session, character_id, "flat") == 3
        assert images.next_ordinal(session, character_id, "anime") == 1


def test_a_picture_is_found_by_its_work_and_by_its_run(record: Record, character_id: str) -> None:
    image, _ = recorded(record, character_id)
    with record.reading() as session:
        assert images.find(session, character_id=character_id, work_key="w" * 64).id == image.id  # type: ignore[union-attr]
        assert images.find(session, character_id=character_id, work_key="z" * 64) is None
        assert images.of_run(session, character_id=character_id, style="anime", run_token="run-1") is not None
        assert images.of_run(session, character_id=character_id, style="anime", run_token="run-2") is None
        with pytest.raises(NotFound):
            images.get(session, "nobody")


def favourites(record: Record) -> list[str]:
    with record.reading() as session:
        return list(session.scalars(select(CharacterImage.id).where(CharacterImage.is_selected)))


def test_the_favourite_moves_and_is_told_once(record: Record, character_id: str) -> None:
    with record.writing() as session:
        one, other = (a_picture(session, character_id, style) for style in ("flat", "anime"))
    for chosen in (one, other, other):
        with record.writing() as session:
            selected = images.select(session, chosen.id, actor="ada")
        assert favourites(record) == [chosen.id]
        assert selected.selected_at is not None
    with record.reading() as session:
        told = [event for event in events.timeline(session, character_id) if event.kind == "variant.selected"]
        assert images.get(session, one.id).selected_at is None
    assert [event.data["image_id"] for event in told] == [other.id, one.id]
    assert told[0].actor == "ada"


def test_of_many_choices_at_once_one_stands(record: Record, character_id: str) -> None:
    with record.writing() as session:
        pictures = itertools.cycle([a_picture(session, character_id, f"style-{n}").id for n in range(4)])

    def choose() -> None:
        for _ in range(5):
            with record.writing() as session:
                images.select(session, next(pictures), actor="ada")

    race_threads(4, choose)
    assert len(favourites(record)) == 1


def choose_in_another_process(url: str) -> str:
    record = Record(url)
    with record.reading() as session:
        pictures = list(session.scalars(select(CharacterImage.id)))
    for image_id in pictures * 5:
        with record.writing() as session:
            images.select(session, image_id, actor="another")
    record.close()
    return "done"


def test_of_many_processes_choices_one_stands(record: Record, character_id: str, url: str) -> None:
    with record.writing() as session:
        for number in range(4):
            a_picture(session, character_id, f"style-{number}")
    assert race_processes(3, choose_in_another_process, url) == ["done"] * 3
    assert len(favourites(record)) == 1


def test_two_characters_have_a_favourite_each(record: Record, character_id: str) -> None:
    with record.writing() as session:
        for owner in (character_id, a_ready_character(session).id):
            images.select(session, a_picture(session, owner).id, actor="ada")
    assert len(favourites(record)) == 2


def test_a_rejected_picture_is_no_favourite(record: Record, character_id: str) -> None:
    with record.writing() as session:
        image = a_picture(session, character_id)
        images.select(session, image.id, actor="ada")
        with pytest.raises(IllegalStep, match="why"):
            images.review(session, image.id, review=Review.REJECTED, actor="ada")
        images.review(session, image.id, review=Review.REJECTED, actor="ada", reason="six fingers")
    assert favourites(record) == []
    with record.writing() as session, pytest.raises(IllegalStep, match="rejected"):
        images.select(session, image.id, actor="ada")
    with record.reading() as session:
        told = events.timeline(session, character_id)[0]
    assert (told.kind, told.data["reason"]) == ("variant.rejected", "six fingers")


@pytest.mark.parametrize("review", list(Review))
def test_only_the_reviews_of_the_table_follow(record: Record, character_id: str, review: Review) -> None:
    for to in set(Review) - {review}:
        with record.writing() as session:
            image = a_picture(session, character_id)
            image.review, image.review_reason = review, "because"
        with record.writing() as session:
            if to in images.REVIEWS[review]:
                assert images.review(session, image.id, review=to, actor="ada", reason="so").review is to
            else:
                with pytest.raises(IllegalStep):
                    images.review(session, image.id, review=to, actor="ada", reason="so")


def test_an_asset_is_one_row_a_storage_key(record: Record) -> None:
    described = {
        "kind": AssetKind.VARIANT,
        "storage_key": "pictures/a.png",
        "content_type": "image/png",
        "size_bytes": 10,
        "width": 820,
        "height": 1024,
    }

    def ensure(sha256: str = "a" * 64) -> str:
        with record.writing() as session:
            return assets.ensure(session, sha256=sha256, **described).id  # type: ignore[arg-type]

    assert len(set(race_threads(6, ensure))) == 1
    with pytest.raises(Conflict):
        ensure("b" * 64)
    with record.reading() as session:
        assert len(session.scalars(select(GeneratedAsset)).all()) == 1
        with pytest.raises(NotFound):
            assets.get(session, "nobody")


def test_known_keys_are_those_under_a_prefix(record: Record) -> None:
    with record.writing() as session:
        for key in ("photos/a.jpg", "pictures/b.png", "pictures/c_d.png", "pictures%/e.png"):
            an_asset(session, key)
    with record.reading() as session:
        assert assets.known_keys(session, "pictures/") == {"pictures/b.png", "pictures/c_d.png"}
        assert assets.known_keys(session, "pictures%") == {"pictures%/e.png"}
        assert len(assets.known_keys(session)) == 4


def test_a_prompt_is_one_row_a_piece_of_work(record: Record, character_id: str) -> None:
    def ask() -> str:
        with record.writing() as session:
            return a_prompt(session, character_id, "w" * 64).id

    assert len(set(race_threads(6, ask))) == 1
    with record.writing() as session:
        other = a_prompt(session, a_character(session).id, "w" * 64)  # another's photo of the same child
        assert prompts.get(session, other.id).text == "A child in anime"
        assert len(session.scalars(select(PromptArtifact)).all()) == 2
        with pytest.raises(NotFound):
            prompts.get(session, "nobody")


def test_moving_on_does_not_touch_the_pictures(record: Record, character_id: str) -> None:
    with record.writing() as session:
        images.select(session, a_picture(session, character_id).id, actor="ada")
        character = characters.begin_run(session, character_id, "run-2")
        move(session, character, CharacterStatus.FAILED, reason="x")
    assert len(favourites(record)) == 1
