"""A batch draws what is failed or missing, and its books say what became of each picture."""

from collections.abc import Sequence

from db.ids import new_id
from db.models import BatchItemState, BatchState
from db.repositories import batches, images, orders
from flows.batch_report import Plan, plan_markdown, summary_tables
from flows.batch_work import draw_character
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks.batch.endings import close_batch
from tasks.batch.plan import open_batch, pending_by_character
from tasks.errors import CallFailed
from tasks.pipeline import untracked
from tasks.runtime import Runtime
from tasks.styles.packs import style_names
from tests.support.providers import BookkeepingImage
from tests.support.runtimes import new_character, order_pictures


def book(runtime: Runtime) -> BookkeepingImage:
    assert isinstance(runtime.image, BookkeepingImage)
    return runtime.image


async def a_finished_character(
    runtime: Runtime, shade: int, *styles: str, ordered: Sequence[str] = style_names()
) -> str:
    """`styles` are drawn of what was `ordered`."""
    character_id = new_character(runtime, shade)
    order_pictures(runtime, character_id, *ordered)
    await run_character(RunRequest(character_id, styles, new_id()), untracked, runtime)
    return character_id


async def draw_all(batch_id: str) -> None:
    for character_id, styles in pending_by_character(batch_id).items():
        await draw_character(batch_id, character_id, tuple(styles))


async def test_only_what_is_missing_is_planned_and_drawn(runtime: Runtime) -> None:
    whole = await a_finished_character(runtime, 10, *style_names())
    half = await a_finished_character(runtime, 20, "flat", "anime")
    billed = book(runtime).billed.total()
    batch_id = open_batch(new_id(), None, limit=100)
    assert pending_by_character(batch_id).keys() == {half}
    await draw_all(batch_id)
    assert close_batch(runtime, batch_id) is BatchState.DONE
    assert book(runtime).billed.total() == billed + 3
    with runtime.record.reading() as session:
        for character_id in (whole, half):
            drawn = [variant.image.style for variant in images.of_character(session, character_id)]
            assert sorted(drawn) == sorted(style_names())


async def test_the_night_draws_nothing_that_nobody_ordered(runtime: Runtime) -> None:
    for shade in (10, 20, 30):
        await a_finished_character(runtime, shade, "flat", "anime", ordered=("flat", "anime"))
    await a_finished_character(runtime, 40, "flat", ordered=())  # nothing of its order is known
    billed = book(runtime).billed.total()
    batch_id = open_batch(new_id(), None, limit=100)
    assert pending_by_character(batch_id) == {}
    await draw_all(batch_id)
    assert close_batch(runtime, batch_id) is BatchState.DONE
    assert book(runtime).billed.total() == billed


async def test_styles_asked_for_by_name_are_an_order_and_recorded_as_such(runtime: Runtime) -> None:
    character_id = await a_finished_character(runtime, 10, "flat", ordered=("flat",))
    batch_id = open_batch(new_id(), ["flat", "anime"], limit=100)
    assert pending_by_character(batch_id) == {character_id: ["anime"]}
    with runtime.record.reading() as session:
        ordered = [(each.style, each.ordinal) for each in orders.of_character(session, character_id)]
    assert ordered == [("anime", 1), ("flat", 1)]
    # That batch comes to nothing; the next night knows of the order.
    close_batch(runtime, batch_id)
    assert pending_by_character(open_batch(new_id(), None, limit=100)) == {character_id: ["anime"]}


async def test_another_picture_that_failed_is_drawn_as_the_second_one(runtime: Runtime) -> None:
    character_id = await a_finished_character(runtime, 10, "flat", ordered=("flat",))
    with runtime.record.writing() as session:
        orders.add(session, [(character_id, "flat", 2)], run_token="another")
    billed = book(runtime).billed.total()
    batch_id = open_batch(new_id(), None, limit=100)
    for _ in range(2):  # carried on, it draws no third one
        await draw_all(batch_id)
    assert book(runtime).billed.total() == billed + 1
    with runtime.record.reading() as session:
        drawn = [
            (each.image.style, each.image.ordinal) for each in images.of_character(session, character_id)
        ]
    assert drawn == [("flat", 1), ("flat", 2)]


async def test_the_same_token_carries_the_same_batch_on(runtime: Runtime) -> None:
    await a_finished_character(runtime, 10, "flat")
    token = new_id()
    batch_id = open_batch(token, None, limit=100)
    await draw_all(batch_id)
    billed = book(runtime).billed.total()
    assert open_batch(token, None, limit=100) == batch_id
    assert pending_by_character(batch_id) == {}
    await draw_all(batch_id)
    assert book(runtime).billed.total() == billed


async def test_a_failure_is_one_items_failure_with_its_reason(runtime: Runtime) -> None:
    character_id = await a_finished_character(runtime, 10, "flat")

    def fail(style: str) -> None:
        if style == "anime":
            raise CallFailed("It failed there.", code="model_error")

    book(runtime).on_collect = fail
    batch_id = open_batch(new_id(), None, limit=100)
    await draw_all(batch_id)
    assert close_batch(runtime, batch_id) is BatchState.DONE
    with runtime.record.reading() as session:
        failed = batches.items(session, batch_id, state=BatchItemState.FAILED)
    assert [(item.character_id, item.style, item.error_code) for item in failed] == [
        (character_id, "anime", "model_error")
    ]
    summary = summary_tables(batch_id)
    assert summary.counts == {"done": 3, "failed": 1}
    assert summary.failures == [
        {
            "error_code": "model_error",
            "error_sentence": "It failed there. Nothing was charged. Try again in a few minutes.",
            "pictures": 1,
        }
    ]
    by_style = {row["style"]: row for row in summary.by_style}
    assert by_style["anime"]["failed"] == 1 and by_style["storybook"]["done"] == 1


async def test_a_batch_in_which_nothing_worked_has_failed(runtime: Runtime) -> None:
    await a_finished_character(runtime, 10, "flat")

    def fail(_style: str) -> None:
        raise CallFailed("It failed there.", code="model_error")

    book(runtime).on_collect = fail
    batch_id = open_batch(new_id(), None, limit=100)
    await draw_all(batch_id)
    assert close_batch(runtime, batch_id) is BatchState.FAILED


async def test_the_plan_says_how_much_before_anything_is_done(runtime: Runtime) -> None:
    await a_finished_character(runtime, 10, "flat")
    await a_finished_character(runtime, 20, "flat", "anime")
    batch_id = open_batch(new_id(), None, limit=100)
    plan = Plan.of(batch_id, chunk_size=1, at_once=2)
    assert (plan.characters, plan.chunks) == (2, 2)
    assert plan.pictures == {"watercolor": 2, "storybook": 2, "colored-pencil": 2, "anime": 1}
    assert "**7 pictures** of 2 characters" in plan_markdown(plan)


def test_an_empty_batch_is_done_and_says_so(runtime: Runtime) -> None:
    batch_id = open_batch(new_id(), None, limit=100)
    assert pending_by_character(batch_id) == {}
    assert close_batch(runtime, batch_id) is BatchState.DONE
    assert summary_tables(batch_id).counts == {}
