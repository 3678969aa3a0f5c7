"""A worker that can't see buys pictures all the same, and nobody is shown one before it was compared."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from db.ids import new_id
from db.lifecycle import move
from db.models import CharacterStatus, Notice, NoticeKind, RejectCode, Review
from db.repositories import characters, images, review_queue
from db.repositories.images import Variant
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks import compare_pictures
from tasks.compare_pictures import compare_waiting
from tasks.giving.outgoing import is_held_back
from tasks.pipeline import untracked
from tasks.recheck_photo import recheck_photo
from tasks.runtime import Runtime
from tests.support.providers import BookkeepingImage
from tests.support.settings_of_process import settings_of_its_own
from ui.diagnosis import waiting_pictures

LIKE = {"metric_version": "test", "warnings": []}
BARE = {"metric_version": "test", "warnings": ["undressed"]}


@pytest.fixture(autouse=True)
def of_its_own() -> Iterator[None]:
    with settings_of_its_own():
        yield


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The styles that were looked at; bare skin is found in anime."""
    found: list[str] = []

    def measure(_runtime: Runtime, work: Any, _asset_id: str) -> dict[str, Any]:
        found.append(work.style)
        return BARE if work.style == "anime" else LIKE

    monkeypatch.setattr("tasks.score_likeness.score_likeness", measure)
    monkeypatch.setattr(compare_pictures, "score_likeness", measure)
    monkeypatch.setattr(compare_pictures, "missing_weights", lambda: [])
    return found


async def draw_blindly(runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as blind:
        blind.setenv("STORYKIN_COMPARE", "later")
        blind.setattr("tasks.recheck_photo.recheck_photo", recheck_photo)
        with settings_of_its_own():
            await run_character(RunRequest(character_id, ("flat", "anime"), new_id()), untracked, runtime)
            assert compare_waiting(runtime) == 0  # it does not see afterwards either


def drawn(runtime: Runtime, character_id: str) -> dict[str, Variant]:
    with runtime.record.reading() as session:
        return {each.image.style: each for each in images.of_character(session, character_id)}


def waits(runtime: Runtime, character_id: str) -> bool:
    with runtime.record.reading() as session:
        return review_queue.is_to_decide(session, character_id)


async def test_it_is_held_back_until_it_is_compared(
    runtime: Runtime, character_id: str, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await draw_blindly(runtime, character_id, monkeypatch)

    held = drawn(runtime, character_id)
    assert not looked
    assert [is_held_back(held[style]) for style in ("flat", "anime")] == [True, True]
    assert not waits(runtime, character_id)

    assert compare_waiting(runtime) == 2

    shown = drawn(runtime, character_id)
    assert sorted(looked) == ["anime", "flat"]
    assert shown["flat"].image.review is Review.PROPOSED
    assert (shown["flat"].image.review_code, shown["flat"].image.review_reason) == (None, None)
    assert shown["flat"].image.likeness == LIKE
    assert shown["anime"].image.review is Review.REJECTED
    assert shown["anime"].image.review_code == RejectCode.UNDRESSED
    assert shown["anime"].image.likeness == BARE
    assert waits(runtime, character_id)

    assert compare_waiting(runtime) == 0
    assert isinstance(runtime.image, BookkeepingImage)
    assert runtime.image.billed.total() == 2


async def test_the_doctor_tells_that_nobody_compares(
    runtime: Runtime, character_id: str, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_pictures, "record", lambda: runtime.record)
    monkeypatch.setattr(waiting_pictures, "is_current", lambda: True)
    await draw_blindly(runtime, character_id, monkeypatch)

    assert not list(waiting_pictures.waiting_pictures())  # drawn just now: the next round may take them
    monkeypatch.setattr(waiting_pictures, "PATIENCE", timedelta(0))
    (remark,) = waiting_pictures.waiting_pictures()
    assert remark.level == "warning"
    assert "STORYKIN_COMPARE=here" in remark.sentence

    assert compare_waiting(runtime) == 2
    assert not list(waiting_pictures.waiting_pictures())


async def test_what_a_person_has_decided_meanwhile_stands(
    runtime: Runtime, character_id: str, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await draw_blindly(runtime, character_id, monkeypatch)
    anime = drawn(runtime, character_id)["anime"].image.id
    with runtime.record.writing() as session:
        images.review(session, anime, review=Review.APPROVED, actor="operator")

    assert compare_waiting(runtime) == 1

    assert looked == ["flat"]
    assert drawn(runtime, character_id)["anime"].image.review is Review.APPROVED


def told_ready(runtime: Runtime, character_id: str) -> int:
    """How many notices say that the character is ready."""
    with runtime.record.reading() as session:
        of_it = (Notice.character_id == character_id, Notice.kind == NoticeKind.CHARACTER_READY.value)
        return session.query(Notice).where(*of_it).count()


async def test_ready_is_told_when_the_last_picture_may_be_seen(
    runtime: Runtime, character_id: str, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await draw_blindly(runtime, character_id, monkeypatch)
    assert told_ready(runtime, character_id) == 0

    monkeypatch.setattr("os.cpu_count", lambda: 1)
    times = iter([0.0, 0.0, compare_pictures.SECONDS, compare_pictures.SECONDS])
    assert compare_waiting(runtime, now=lambda: next(times)) == 1
    assert told_ready(runtime, character_id) == 0

    assert compare_waiting(runtime) == 1
    assert told_ready(runtime, character_id) == 1


async def test_ready_is_told_when_a_person_decides_about_the_last_held_picture(
    runtime: Runtime, character_id: str, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await draw_blindly(runtime, character_id, monkeypatch)
    for style, told in (("flat", 0), ("anime", 1)):
        with runtime.record.writing() as session:
            held = drawn(runtime, character_id)[style].image.id
            images.review(session, held, review=Review.APPROVED, actor="operator")
        assert told_ready(runtime, character_id) == told


async def test_who_is_drawn_again_meanwhile_is_not_called_ready(
    runtime: Runtime, character_id: str, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await draw_blindly(runtime, character_id, monkeypatch)
    with runtime.record.writing() as session:
        move(session, characters.get(session, character_id), CharacterStatus.QUEUED)

    assert compare_waiting(runtime) == 2

    assert told_ready(runtime, character_id) == 0


async def test_without_weights_everything_stays_held(
    runtime: Runtime, character_id: str, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await draw_blindly(runtime, character_id, monkeypatch)
    monkeypatch.setattr(compare_pictures, "missing_weights", lambda: ["a weight"])

    assert compare_waiting(runtime) == 0

    assert not looked
    assert all(map(is_held_back, drawn(runtime, character_id).values()))


async def test_a_round_ends_in_time_and_the_next_goes_on(
    runtime: Runtime, character_id: str, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await draw_blindly(runtime, character_id, monkeypatch)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    times = iter([0.0, 0.0, compare_pictures.SECONDS, compare_pictures.SECONDS])

    assert compare_waiting(runtime, now=lambda: next(times)) == 1
    assert compare_waiting(runtime) == 1

    assert sorted(looked) == ["anime", "flat"]
