"""The order of work: everything drawn once, kept once, and told."""

from typing import Any

import pytest

from db.ids import new_id
from db.lifecycle import move
from db.models import CallState, CharacterStatus
from db.repositories import calls, characters, events, images, profiles
from flows.character_run import run_character
from flows.run_request import RunRequest, RunResult
from tasks.errors import CallFailed, LeaseLost, NotSent, OutcomeUnknown, Refused
from tasks.illustrate import illustrate as illustrate_picture
from tasks.pipeline import describe_photo, illustrate, untracked
from tasks.record_image import record_image
from tasks.runtime import Runtime
from tasks.styles.packs import style_names
from tests.support.providers import BookkeepingImage, BookkeepingVision
from tests.support.runtimes import new_work


def books(runtime: Runtime) -> tuple[BookkeepingVision, BookkeepingImage]:
    assert isinstance(runtime.vision, BookkeepingVision)
    assert isinstance(runtime.image, BookkeepingImage)
    return runtime.vision, runtime.image


async def draw(
    runtime: Runtime, character_id: str, *styles: str, token: str | None = None, another: bool = False
) -> RunResult:
    return await run_character(
        RunRequest(character_id, styles or style_names(), token or new_id(), another), untracked, runtime
    )


def counts(runtime: Runtime, character_id: str) -> dict[str, int]:
    with runtime.record.reading() as session:
        return {
            "images": len(images.of_character(session, character_id)),
            "profiles": len(profiles.history(session, character_id)),
            "calls": len(calls.of_character(session, character_id)),
        }


def status(runtime: Runtime, character_id: str) -> tuple[CharacterStatus, str | None]:
    with runtime.record.reading() as session:
        character = characters.get(session, character_id)
        return character.status, character.status_reason


async def test_one_photo_becomes_five_pictures_and_all_of_it_is_on_record(
    runtime: Runtime, character_id: str
) -> None:
    outcome = await draw(runtime, character_id)
    assert sorted(outcome.made) == sorted(style_names())
    assert status(runtime, character_id) == (CharacterStatus.READY, None)
    with runtime.record.reading() as session:
        variants = images.of_character(session, character_id)
        assert {variant.image.style for variant in variants} == set(style_names())
        for variant in variants:
            kept = runtime.store.head(variant.asset.storage_key)
            assert kept is not None and kept.sha256 == variant.asset.sha256
            assert variant.prompt.style == variant.image.style
            call = calls.by_work_key(session, variant.image.work_key)
            assert call is not None and call.state is CallState.RECORDED
            assert call.asset_id == variant.asset.id
            assert (call.attempts, call.fence) == (1, 1)
        # Every cent: five pictures and one look.
        assert calls.spent_microusd(session, character_id=character_id) == 5 * 39_000 + 1_500


async def test_a_rerun_with_nothing_changed_makes_nothing_and_costs_nothing(
    runtime: Runtime, character_id: str
) -> None:
    await draw(runtime, character_id)
    before = counts(runtime, character_id)
    vision, image = books(runtime)
    billed, looked = image.billed.total(), vision.looked.total()
    outcome = await draw(runtime, character_id)
    assert counts(runtime, character_id) == before
    assert (image.billed.total(), vision.looked.total()) == (billed, looked)
    assert outcome.made == {} and sorted(outcome.found) == sorted(style_names())
    assert status(runtime, character_id) == (CharacterStatus.READY, None)


async def test_the_same_run_again_adds_nothing_even_when_it_asked_for_another(
    runtime: Runtime, character_id: str
) -> None:
    await draw(runtime, character_id, "flat")
    token = new_id()
    await draw(runtime, character_id, "flat", token=token, another=True)
    assert counts(runtime, character_id)["images"] == 2
    await draw(runtime, character_id, "flat", token=token, another=True)
    assert counts(runtime, character_id)["images"] == 2
    assert books(runtime)[1].billed.total() == 2


async def test_another_picture_on_purpose_raises_the_ordinal(runtime: Runtime, character_id: str) -> None:
    await draw(runtime, character_id, "flat")
    await draw(runtime, character_id, "flat", another=True)
    with runtime.record.reading() as session:
        assert [v.image.ordinal for v in images.of_character(session, character_id)] == [1, 2]


async def test_one_failing_style_keeps_the_others_and_says_which(runtime: Runtime, character_id: str) -> None:
    def refuse(style: str) -> None:
        if style == "anime":
            raise Refused("The provider's safety system said no.", code="safety")

    books(runtime)[1].before_billing = refuse
    outcome = await draw(runtime, character_id)
    assert set(outcome.made) == set(style_names()) - {"anime"}
    assert {style: error.code for style, error in outcome.failures.items()} == {"anime": "safety"}
    assert status(runtime, character_id) == (CharacterStatus.NEEDS_ATTENTION, "safety")
    # A refusal is final: asking again sends nothing.
    sent = books(runtime)[1].billed.total()
    books(runtime)[1].before_billing = lambda _style: None
    await draw(runtime, character_id)
    assert books(runtime)[1].billed.total() == sent


async def test_what_never_left_is_tried_again_and_paid_once(runtime: Runtime, character_id: str) -> None:
    turned_away: list[str] = []

    def busy(style: str) -> None:
        if len(turned_away) < 2:
            turned_away.append(style)
            raise NotSent("Too many requests.", code="throttled")

    books(runtime)[1].before_billing = busy
    outcome = await draw(runtime, character_id, "flat")
    assert list(outcome.made) == ["flat"]
    assert len(turned_away) == 2
    assert books(runtime)[1].billed.total() == 1


@pytest.mark.parametrize("accident", [OutcomeUnknown("gone"), RuntimeError("socket"), ConnectionResetError()])
async def test_a_lost_answer_is_possibly_paid_and_never_sent_again(
    runtime: Runtime, character_id: str, accident: Exception
) -> None:
    def cut(_style: str) -> None:
        raise accident

    image = books(runtime)[1]
    image.after_billing = cut
    outcome = await draw(runtime, character_id, "flat")
    assert isinstance(outcome.failures["flat"], OutcomeUnknown)
    image.after_billing = lambda _style: None
    for _ in range(3):
        await draw(runtime, character_id, "flat")
    assert image.billed.total() == 1
    assert status(runtime, character_id) == (CharacterStatus.NEEDS_ATTENTION, "outcome_unknown")


async def test_a_paid_picture_that_is_slow_to_come_is_fetched_again_not_bought_again(
    runtime: Runtime, character_id: str
) -> None:
    image = books(runtime)[1]
    misses: list[str] = []

    def hiccup(style: str) -> None:
        if len(misses) < 2:
            misses.append(style)
            raise ConnectionResetError

    image.on_collect = hiccup
    outcome = await draw(runtime, character_id, "flat")
    assert list(outcome.made) == ["flat"]
    assert image.billed.total() == 1
    assert image.fetched.total() == 3


async def test_a_failed_picture_may_be_asked_for_again(runtime: Runtime, character_id: str) -> None:
    image = books(runtime)[1]

    def fail(_style: str) -> None:
        raise CallFailed("It failed there.", code="model_error", charged_microusd=10_000)

    image.on_collect = fail
    outcome = await draw(runtime, character_id, "flat")
    assert outcome.failures["flat"].code == "model_error"
    assert status(runtime, character_id) == (CharacterStatus.FAILED, "model_error")
    image.on_collect = lambda _style: None
    outcome = await draw(runtime, character_id, "flat")
    assert list(outcome.made) == ["flat"]
    with runtime.record.reading() as session:
        # The failed attempt stays on the bill.
        assert calls.spent_microusd(session) == 1_500 + 10_000 + 39_000


@pytest.mark.parametrize("slow", [describe_photo, illustrate])
async def test_a_step_that_took_too_long_says_that_nothing_is_bought_twice(
    runtime: Runtime, character_id: str, slow: object
) -> None:
    async def run_step(step: Any, /, *given: Any, **named: Any) -> Any:
        if step is slow:
            raise TimeoutError
        return await untracked(step, *given, **named)

    token = new_id()
    order = RunRequest(character_id, ("flat",), token)
    await run_character(order, run_step, runtime)
    assert status(runtime, character_id) == (CharacterStatus.FAILED, "timeout")
    with runtime.record.reading() as session:
        sentence = characters.get(session, character_id).status_sentence
        told = [e.message for e in events.of_run(session, token) if e.kind == "step.failed"]
    assert sentence is not None and "is not bought twice" in sentence
    assert told == [sentence]


async def test_two_runs_at_once_look_once_and_draw_each_style_once(
    runtime: Runtime, character_id: str
) -> None:
    import asyncio

    await asyncio.gather(*(draw(runtime, character_id) for _ in range(3)))
    vision, image = books(runtime)
    assert set(image.billed.values()) == {1}
    assert image.billed.total() == len(style_names())
    assert vision.looked.total() == 1
    assert counts(runtime, character_id)["images"] == len(style_names())


def test_a_picture_that_is_recorded_twice_is_one_variant_and_told_once(runtime: Runtime) -> None:
    work = new_work(runtime)
    asset_id, token = illustrate_picture(runtime, work), new_id()
    recorded = {
        record_image(runtime, work, asset_id=asset_id, run_token=token, likeness=None) for _ in range(2)
    }
    assert len(recorded) == 1
    with runtime.record.reading() as session:
        assert [e.kind for e in events.of_run(session, token)] == ["variant.recorded"]


async def test_the_timeline_tells_every_step_of_the_run(runtime: Runtime, character_id: str) -> None:
    token = new_id()
    await draw(runtime, character_id, "flat", "anime", token=token)
    with runtime.record.reading() as session:
        told = events.of_run(session, token)
    finished = [(e.data["step"], e.data.get("style")) for e in told if e.kind == "step.finished"]
    assert finished[:3] == [("photo", None), ("profile", None), ("prompts", None)]
    assert set(finished[3:]) == {
        (s, style) for s in ("draw", "likeness", "save") for style in ("flat", "anime")
    }
    assert all(e.data["seconds"] >= 0 for e in told if e.kind == "step.finished")
    kinds = [e.kind for e in told if e.kind.startswith("character.")]
    assert kinds == ["character.queued", "character.profiling", "character.illustrating", "character.ready"]


async def test_a_replaced_run_does_not_speak_for_the_character(runtime: Runtime, character_id: str) -> None:
    old, new = new_id(), new_id()
    await draw(runtime, character_id, "flat", token=new)
    image = books(runtime)[1]

    def fail(_style: str) -> None:
        raise CallFailed("It failed there.", code="model_error")

    image.on_collect = fail
    await draw(runtime, character_id, "anime", token=old)
    assert status(runtime, character_id) == (CharacterStatus.READY, None)


async def test_a_run_that_was_ended_elsewhere_and_wakes_up_spends_nothing(
    runtime: Runtime, character_id: str
) -> None:
    token = new_id()
    image = books(runtime)[1]

    def declared_crashed(_style: str) -> None:
        with runtime.record.writing() as session:
            character = characters.get(session, character_id)
            move(session, character, CharacterStatus.FAILED, reason="interrupted", run_token=token)

    image.after_billing = declared_crashed  # while the first picture is on its way
    outcome = await run_character(
        RunRequest(character_id, ("flat", "anime", "storybook"), token), untracked, runtime
    )

    assert image.billed.total() < 3
    assert any(isinstance(error, LeaseLost) for error in outcome.failures.values())
    assert status(runtime, character_id) == (CharacterStatus.FAILED, "interrupted")
    image.after_billing = lambda _style: None
    await draw(runtime, character_id, "flat", "anime", "storybook")
    assert status(runtime, character_id) == (CharacterStatus.READY, None)
    assert image.billed.total() == 3


async def test_a_batch_beside_a_newer_run_may_spend(runtime: Runtime, character_id: str) -> None:
    batch, newer = new_id(), new_id()
    await draw(runtime, character_id, "flat", token=newer)
    outcome = await draw(runtime, character_id, "anime", token=batch)
    assert sorted(outcome.made) == ["anime"]
