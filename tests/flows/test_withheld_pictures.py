"""A picture that undresses somebody is paid once, kept whole, and shown once a person says so."""

from typing import Any

import pytest

from db.errors import IllegalStep
from db.ids import new_id
from db.models import CallState, CharacterStatus, Review
from db.repositories import calls, characters, events, images
from db.repositories.images import Variant
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks import score_likeness
from tasks.pipeline import untracked
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingImage

pytestmark = pytest.mark.usefixtures("undressed")


@pytest.fixture
def undressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check finds bare skin in every anime picture, and in no other."""

    def measured(_runtime: Runtime, work: Any, _asset_id: str) -> dict[str, Any]:
        return {"metric_version": "test", "warnings": ["undressed"] if work.style == "anime" else []}

    monkeypatch.setattr(score_likeness, "score_likeness", measured)


async def draw(runtime: Runtime, character_id: str) -> None:
    await run_character(RunRequest(character_id, ("flat", "anime"), new_id(), False), untracked, runtime)


def pictures(runtime: Runtime, character_id: str) -> dict[str, Variant]:
    with runtime.record.reading() as session:
        return {each.image.style: each for each in images.of_character(session, character_id)}


async def test_its_bytes_and_its_price_are_on_record(runtime: Runtime, character_id: str) -> None:
    await draw(runtime, character_id)
    anime = pictures(runtime, character_id)["anime"]
    kept = runtime.store.head(anime.asset.storage_key)
    assert kept is not None and kept.sha256 == anime.asset.sha256
    with runtime.record.reading() as session:
        call = calls.by_work_key(session, anime.image.work_key)
        assert call is not None
        assert (call.state, call.actual_microusd, call.asset_id) == (
            CallState.RECORDED,
            39_000,
            anime.asset.id,
        )
        assert characters.get(session, character_id).status is CharacterStatus.READY


async def test_it_is_rejected_with_a_reason_and_the_others_are_not(
    runtime: Runtime, character_id: str
) -> None:
    await draw(runtime, character_id)
    drawn = pictures(runtime, character_id)
    assert drawn["anime"].image.review is Review.REJECTED
    assert "bare skin" in (drawn["anime"].image.review_reason or "")
    assert drawn["flat"].image.review is Review.PROPOSED


async def test_whoever_watches_the_run_is_told_of_the_others_alone(
    runtime: Runtime, character_id: str
) -> None:
    await draw(runtime, character_id)
    drawn = pictures(runtime, character_id)
    with runtime.record.reading() as session:
        told = [each.data for each in events.timeline(session, character_id)]
    assert [each["asset_id"] for each in told if "asset_id" in each] == [drawn["flat"].asset.id]


async def test_it_is_not_bought_again(runtime: Runtime, character_id: str) -> None:
    await draw(runtime, character_id)
    assert isinstance(runtime.image, BookkeepingImage)
    billed = runtime.image.billed.total()
    await draw(runtime, character_id)
    assert runtime.image.billed.total() == billed
    assert len(pictures(runtime, character_id)) == 2


async def test_it_is_no_cover_and_no_favourite_until_a_person_approves_it(
    runtime: Runtime, character_id: str
) -> None:
    await draw(runtime, character_id)
    drawn = pictures(runtime, character_id)
    anime = drawn["anime"].image.id
    with runtime.record.reading() as session:
        assert characters.page(session).items[0].cover_sha256 == drawn["flat"].asset.sha256
    with runtime.record.writing() as session, pytest.raises(IllegalStep, match="Approve it first"):
        images.select(session, anime, actor="test")
    with runtime.record.writing() as session:
        images.review(session, anime, review=Review.APPROVED, actor="test")
        images.select(session, anime, actor="test")
    with runtime.record.reading() as session:
        assert characters.page(session).items[0].cover_sha256 == drawn["anime"].asset.sha256


async def test_where_every_picture_is_held_back_there_is_no_cover(
    runtime: Runtime, character_id: str
) -> None:
    await run_character(RunRequest(character_id, ("anime",), new_id(), False), untracked, runtime)
    with runtime.record.reading() as session:
        assert characters.page(session).items[0].cover_sha256 is None
