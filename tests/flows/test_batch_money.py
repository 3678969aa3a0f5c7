"""A batch says its price before it begins, plans what the day has room for, and keeps to its budget."""

from dataclasses import replace

import pytest

from db.ids import new_id
from db.models import BatchState
from db.repositories import batches, consents, notices
from flows.batch_report import Plan, passed_over_by, plan_markdown
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks.batch.endings import close_batch
from tasks.batch.forecast import forecast
from tasks.batch.plan import open_batch, pending_by_character, start_batch
from tasks.consent.record import record_consent
from tasks.errors import CallFailed, OverBudget
from tasks.pipeline import untracked
from tasks.runtime import Runtime
from tasks.styles.packs import style_names
from tests.support.providers import BookkeepingImage
from tests.support.runtimes import new_character, order_pictures

PICTURE = 39_000


def with_budget(runtime: Runtime, monkeypatch: pytest.MonkeyPatch, microusd: int | None) -> Runtime:
    runtime = replace(runtime, daily_budget_microusd=microusd)
    monkeypatch.setattr("tasks.runtime.process_runtime", lambda: runtime)
    return runtime


async def two_half_drawn(runtime: Runtime) -> list[str]:
    """Two characters with one picture each: four of each are missing, and their looks are paid."""
    people = [new_character(runtime, shade) for shade in (10, 20)]
    for person in people:
        order_pictures(runtime, person, *style_names())
        await run_character(RunRequest(person, ("flat",), new_id()), untracked, runtime)
    return people


async def test_the_plan_names_its_price(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = with_budget(runtime, monkeypatch, 2_000_000)
    await two_half_drawn(runtime)
    batch_id = open_batch(new_id(), None, limit=100, budget_microusd=500_000)
    words = plan_markdown(Plan.of(batch_id, chunk_size=100, at_once=2))
    assert "**about $0.312** for 8 pictures." in words
    assert "own budget is $0.50" in words
    assert "today's budget of $2.00, $0.081 is used or reserved" in words
    start_batch(batch_id)
    with runtime.record.reading() as session:
        assert batches.get(session, batch_id).state is BatchState.RUNNING


async def test_what_is_bought_already_has_no_price(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = with_budget(runtime, monkeypatch, None)
    twins = [new_character(runtime, 10), new_character(runtime, 10)]  # the same photo, so the same work
    order_pictures(runtime, twins[1], *style_names())
    await run_character(RunRequest(twins[0], style_names(), new_id()), untracked, runtime)
    await run_character(RunRequest(twins[1], ("flat",), new_id()), untracked, runtime)
    batch_id = open_batch(new_id(), None, limit=100)
    plan = Plan.of(batch_id, chunk_size=100, at_once=2)
    assert (plan.price.there, plan.price.microusd) == (4, 0)
    assert "Nothing of it has to be paid for.\nDrawn or paid for already: 4." in plan_markdown(plan)


async def test_no_more_is_planned_than_the_day_has_room_for(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await two_half_drawn(runtime)
    spent = 2 * (1_500 + PICTURE)
    runtime = with_budget(runtime, monkeypatch, spent + 6 * PICTURE + 1)
    batch_id = open_batch(new_id(), None, limit=100)
    pending = pending_by_character(batch_id)
    assert {person: len(styles) for person, styles in pending.items()} == {first: 4, second: 2}
    plan = Plan.of(batch_id, chunk_size=100, at_once=2)
    assert plan.left_out == 2
    assert "Left for another night, because today's budget has no room: 2." in plan_markdown(plan)
    assert runtime.daily_budget_microusd is not None


async def test_that_the_day_has_no_room_is_told_once_of_however_many_runs(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = with_budget(runtime, monkeypatch, 2 * 1_500 + PICTURE)
    for shade in (10, 20):
        await run_character(
            RunRequest(new_character(runtime, shade), ("anime", "flat"), new_id()), untracked, runtime
        )
    with runtime.record.reading() as session:
        told = [each.kind for each in notices.newest(session, 9)]
    assert told.count("budget.reached") == 1 and len(told) == 3  # and how each run ended


async def test_whom_nobody_may_draw_is_passed_over_and_takes_no_ones_place(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = with_budget(replace(runtime, image=BookkeepingImage(name="replicate")), monkeypatch, None)
    old, new = (new_character(runtime, shade) for shade in (10, 20))
    for person in (old, new):
        order_pictures(runtime, person, "anime", "flat")
        await run_character(RunRequest(person, ("storybook",), new_id()), untracked, runtime)
    with runtime.record.writing() as session:  # as before there were records of consents
        consents.withdraw(session, old, by=None)
        record_consent(session, old, processors=[], by=None)
    told = forecast(runtime, limit=2)
    assert (told.pictures, told.characters, told.most_microusd) == (2, 1, 2 * PICTURE)
    batch_id = open_batch(new_id(), None, limit=2)
    assert pending_by_character(batch_id) == {new: ["anime", "flat"]}
    plan = Plan.of(batch_id, chunk_size=100, at_once=2)
    assert (plan.not_allowed, plan.for_a_person, plan.left_out) == (2, 0, 0)
    assert "the consent names nobody who draws here (STORYKIN_IMAGE): 2." in plan_markdown(plan)
    assert passed_over_by(batch_id) == {"not_allowed": 2}


async def test_a_batch_dearer_than_its_budget_spends_nothing(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = with_budget(runtime, monkeypatch, None)
    await two_half_drawn(runtime)
    assert isinstance(runtime.image, BookkeepingImage)
    billed = runtime.image.billed.total()
    token = new_id()
    batch_id = open_batch(token, None, limit=100, budget_microusd=100_000)
    for _ in range(2):  # carried on, it is refused again
        with pytest.raises(OverBudget, match=r"about \$0.312, above its budget of \$0.10. Nothing was spent"):
            start_batch(batch_id)
    assert runtime.image.billed.total() == billed
    with runtime.record.reading() as session:
        assert batches.get(session, batch_id).state is BatchState.FAILED


async def test_what_was_paid_for_in_vain_is_not_bought_by_a_machine(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = with_budget(runtime, monkeypatch, None)
    person = new_character(runtime, 10)
    order_pictures(runtime, person, "anime", "flat", "storybook")
    assert isinstance(runtime.image, BookkeepingImage)

    def fail(style: str) -> None:
        if style == "anime":
            raise CallFailed("No picture was in it.", code="empty_output", charged_microusd=PICTURE)
        if style == "flat":
            raise CallFailed("It was busy.", code="provider_overloaded")

    runtime.image.on_collect = fail
    await run_character(RunRequest(person, ("anime", "flat", "storybook"), new_id()), untracked, runtime)
    batch_id = open_batch(new_id(), None, limit=100)
    assert pending_by_character(batch_id) == {person: ["flat"]}
    assert "paid for in vain): 1;" in plan_markdown(Plan.of(batch_id, chunk_size=1, at_once=1))


def test_an_empty_batch_starts_and_ends(runtime: Runtime) -> None:
    batch_id = open_batch(new_id(), None, limit=100, budget_microusd=0)
    start_batch(batch_id)
    assert close_batch(runtime, batch_id) is BatchState.DONE
