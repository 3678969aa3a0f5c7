"""A fast slice of `make chaos`: a few deaths, a zombie, cut connections; and the checker itself can see."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from db.migrate import upgrade
from tests.chaos.child import Scene
from tests.chaos.crash_points import UNANSWERED_LOOK
from tests.chaos.mutations import MUTATIONS
from tests.chaos.scenarios import Set, disturbed, frozen_at, killed_at
from tests.support.rehearsal import Rehearsal, rehearsal

__all__ = ["rehearsal"]


@pytest.fixture
def stage_set(tmp_path: Path, rehearsal: Rehearsal) -> Iterator[Set]:
    url = f"sqlite:///{tmp_path / 'record.db'}"
    upgrade(url)
    yield Set(Scene(tmp_path, url, rehearsal.openai_url, rehearsal.url), rehearsal)


@pytest.mark.parametrize(
    "point",
    [
        "vision.sending.after",
        "vision.stored.after",
        "image.claim.after",
        "image.sending.after",
        "image.answered",
        "image.accepted.after",
        "image.put.after",
        "image.recorded.before",
    ],
)
def test_a_worker_killed_anywhere_pays_once_and_loses_nothing(stage_set: Set, point: str) -> None:
    verdict = killed_at(stage_set, point)
    assert verdict.kept, verdict.line()
    assert verdict.unknown_open == (1 if point in UNANSWERED_LOOK else 0), verdict.line()


def test_three_workers_on_one_order_buy_it_once_even_when_one_dies(stage_set: Set) -> None:
    verdict = killed_at(stage_set, "image.answered", workers=3)
    assert verdict.kept, verdict.line()
    assert verdict.billed == 3, verdict.line()


@pytest.mark.parametrize("point", ["image.claim.after", "image.sending.after", "image.collected"])
def test_a_worker_that_slept_through_its_lease_changes_nothing(stage_set: Set, point: str) -> None:
    verdict = frozen_at(stage_set, point)
    assert verdict.kept, verdict.line()
    assert verdict.billed == 2, verdict.line()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_cut_around_acceptance_is_settled_from_the_providers_books(
    stage_set: Set, when: str
) -> None:
    verdict = disturbed(
        stage_set, lambda: stage_set.cloud.fault("drop", when=when, path="/v1/models/", count=1)
    )
    assert verdict.kept, verdict.line()
    assert (verdict.billed, verdict.unknown_open) == (3, 0), verdict.line()


def test_the_checker_sees_a_fence_that_is_gone(stage_set: Set) -> None:
    broken = Set(replace(stage_set.scene, mutation="fence clause removed"), stage_set.cloud)
    assert not frozen_at(broken, "image.sending.after").kept


def test_the_checker_sees_an_sdk_that_sends_again(stage_set: Set) -> None:
    broken = Set(replace(stage_set.scene, mutation="SDK retries on"), stage_set.cloud)
    verdict = disturbed(
        broken, lambda: stage_set.cloud.fault("drop", when="after", path="/v1/responses", count=1)
    )
    assert not verdict.kept


def test_every_mutation_is_tried() -> None:
    assert set(MUTATIONS) == {"fence clause removed", "SDK retries on", "unknown sent again"}
