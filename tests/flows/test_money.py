"""Budgets refuse before anything is spent, and the sum of the ledger is what the providers billed."""

import asyncio
from dataclasses import replace

import pytest

from db.ids import new_id
from db.lifecycle import move
from db.models import CallState, CharacterStatus
from db.repositories import calls, characters
from flows.character_run import run_character
from flows.run_request import RunRequest
from tasks.errors import NotSent, OverBudget, Throttled
from tasks.ledger.budget import spending_today
from tasks.ledger.rate_limit import acquire_slot, record_outcome
from tasks.pipeline import untracked
from tasks.runtime import Runtime
from tasks.styles.packs import style_names
from tests.support.providers import BookkeepingImage, BookkeepingVision
from tests.support.runtimes import new_character


def with_budget(runtime: Runtime, monkeypatch: pytest.MonkeyPatch, microusd: int) -> Runtime:
    return replace(runtime, daily_budget_microusd=microusd)


def image(runtime: Runtime) -> BookkeepingImage:
    assert isinstance(runtime.image, BookkeepingImage)
    return runtime.image


async def test_the_daily_budget_refuses_before_spending(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Room for the look (1,500) and two pictures (39,000 each), not for a third.
    runtime = with_budget(runtime, monkeypatch, 100_000)
    outcome = await run_character(RunRequest(character_id, style_names(), new_id()), untracked, runtime)
    assert len(outcome.made) == 2
    assert image(runtime).billed.total() == 2
    assert all(isinstance(error, OverBudget) for error in outcome.failures.values())
    with runtime.record.reading() as session:
        assert spending_today(session).total_microusd == 1_500 + 2 * 39_000
        character = characters.get(session, character_id)
    assert (character.status, character.status_reason) == (CharacterStatus.NEEDS_ATTENTION, "over_budget")
    assert "$0.10" in (character.status_sentence or "")


async def test_many_runs_at_once_can_not_overdraw_the_budget(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = with_budget(runtime, monkeypatch, 6 * 39_000)
    people = [new_character(runtime, shade) for shade in (10, 20, 30)]
    orders = [RunRequest(person, style_names(), new_id()) for person in people]
    await asyncio.gather(*(run_character(order, untracked, runtime) for order in orders))
    with runtime.record.reading() as session:
        assert spending_today(session).total_microusd <= 6 * 39_000
    assert 0 < image(runtime).billed.total() <= 6


async def test_what_was_refused_is_drawn_when_the_budget_allows_it(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = with_budget(runtime, monkeypatch, 50_000)
    await run_character(RunRequest(character_id, ("flat", "anime"), new_id()), untracked, runtime)
    runtime = with_budget(runtime, monkeypatch, 500_000)
    outcome = await run_character(RunRequest(character_id, ("flat", "anime"), new_id()), untracked, runtime)
    assert len(outcome.made) + len(outcome.found) == 2
    assert image(runtime).billed.total() == 2


async def test_the_ledgers_sum_is_what_the_provider_billed(runtime: Runtime, character_id: str) -> None:
    await run_character(RunRequest(character_id, style_names(), new_id()), untracked, runtime)
    with runtime.record.reading() as session:
        bought = [c for c in calls.of_character(session, character_id) if c.state is CallState.RECORDED]
        assert calls.spent_microusd(session) == sum(call.actual_microusd or 0 for call in bought)
        assert calls.reserved_microusd(session) == 0
    assert image(runtime).billed.total() * 39_000 + 1_500 == sum(call.actual_microusd or 0 for call in bought)


async def test_a_run_above_its_cap_is_refused_whole(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = replace(runtime, run_cap_microusd=100_000)
    outcome = await run_character(RunRequest(character_id, style_names(), new_id()), untracked, runtime)
    assert outcome.failures[""].code == "over_run_cap"
    assert image(runtime).billed.total() == 0
    assert isinstance(runtime.vision, BookkeepingVision)
    assert runtime.vision.looked.total() == 0  # not even the look
    outcome = await run_character(RunRequest(character_id, ("flat",), new_id()), untracked, runtime)
    assert list(outcome.made) == ["flat"]


@pytest.mark.parametrize("another", [False, True])
async def test_a_resumed_run_whose_pictures_are_there_is_not_refused_for_its_price(
    runtime: Runtime, character_id: str, monkeypatch: pytest.MonkeyPatch, another: bool
) -> None:
    runtime = replace(runtime, run_cap_microusd=2 * 39_000 + 2_000)
    order = RunRequest(character_id, ("flat", "anime"), new_id(), another)
    await run_character(order, untracked, runtime)
    runtime = replace(runtime, run_cap_microusd=1)
    with runtime.record.writing() as session:
        move(session, characters.get(session, character_id), CharacterStatus.QUEUED)
    outcome = await run_character(order, untracked, runtime)
    assert (outcome.failures, sorted(outcome.found)) == ({}, ["anime", "flat"])
    assert image(runtime).billed.total() == 2


def test_a_long_pause_gives_the_work_back_and_a_short_one_is_waited_out(runtime: Runtime) -> None:
    waited: list[float] = []
    record_outcome(runtime, "replicate", Throttled("slow down", retry_after=3))
    with pytest.raises(ZeroDivisionError):
        acquire_slot(runtime, "replicate", alive=lambda: None, sleep=lambda seconds: waited.append(1 / 0))
    record_outcome(runtime, "replicate", Throttled("slow down", retry_after=600))
    with pytest.raises(NotSent) as paused:
        acquire_slot(runtime, "replicate", alive=lambda: None, sleep=waited.append)
    assert paused.value.code == "provider_paused"
    assert waited == []
