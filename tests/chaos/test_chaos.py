"""A fast slice of `make chaos`: a few deaths, a zombie, cut connections; and the checker itself can see."""

import shutil
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from db.ids import new_id
from db.models import CallKind, CallState, ProviderCall
from db.repositories import calls, images
from flows.run_request import RunRequest
from tasks import recheck_photo, score_likeness
from tasks.runtime import Runtime
from tests.chaos.checker import NOTHING, Verdict, check
from tests.chaos.child import SLUG, Job, Scene
from tests.chaos.clocks import HOW_TO, libfaketime
from tests.chaos.crash_points import UNANSWERED_LOOK, UNKEPT_PICTURE
from tests.chaos.lies import EDIT_LIES, LIES
from tests.chaos.mutations import MUTATIONS
from tests.chaos.programme import ACTS, Act, mutants
from tests.chaos.restores import restored_after, two_on_one_store
from tests.chaos.scenarios import (
    EDITS,
    ONE,
    STYLES,
    Set,
    a_character,
    clock_jumps,
    counted,
    frozen_at,
    hooked_until,
    house_kept_until,
    killed_at,
    lied_to,
    start,
)
from tests.support.rehearsal import Rehearsal, running_rehearsal, session_rehearsal
from tests.support.slices import in_slices
from tests.support.unguarded import unguarded

__all__ = ["running_rehearsal", "session_rehearsal"]


@pytest.fixture(autouse=True)
def _unstaged_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a scenario makes quick in this very process (`child.stage`) is itself again for the next test."""
    for module, name in ((recheck_photo, "recheck_photo"), (score_likeness, "score_likeness")):
        monkeypatch.setattr(module, name, getattr(module, name))


@pytest.fixture
def stage_set(tmp_path: Path, migrated_record: Path, running_rehearsal: Rehearsal) -> Set:
    url = f"sqlite:///{shutil.copy(migrated_record, tmp_path / 'record.db')}"
    cloud = running_rehearsal.with_empty_books()
    return Set(Scene(tmp_path, url, cloud.openai_url, cloud.url), cloud)


@pytest.mark.parametrize(
    "point",
    [
        "vision.sending.after",
        "image.sending.after",
        "image.answered",
        "image.accepted.after",
        "image.recorded.before",
    ],
)
def test_a_worker_killed_anywhere_pays_once_and_loses_nothing(stage_set: Set, point: str) -> None:
    verdict = killed_at(stage_set, point)
    assert verdict.kept, verdict.line()
    lost = 1 if point in UNANSWERED_LOOK else 0
    assert (verdict.unknown_open, verdict.assumed_paid) == (0, lost), verdict.line()


def test_three_workers_on_one_order_buy_it_once_even_when_one_dies(stage_set: Set) -> None:
    verdict = killed_at(stage_set, "image.answered", workers=3)
    assert verdict.kept, verdict.line()
    assert verdict.billed == 3, verdict.line()


@pytest.mark.parametrize("point", ["image.handed"])
def test_a_worker_that_slept_through_its_lease_changes_nothing(stage_set: Set, point: str) -> None:
    verdict = frozen_at(stage_set, point)
    assert verdict.kept, verdict.line()
    assert verdict.billed == 2, verdict.line()


@pytest.mark.parametrize(
    "title",
    [
        "create taken, cut by the way",
        "a prediction that is not found five times",
    ],
)
def test_a_lie_about_a_picture_is_settled_from_the_providers_books(stage_set: Set, title: str) -> None:
    verdict = lied_to(stage_set, LIES[title])
    assert verdict.kept, verdict.line()
    assert (verdict.billed, verdict.unknown_open) == (3, 0), verdict.line()


@pytest.mark.parametrize(
    "point", in_slices(["image.unkept", "image.kept", "image.accepted.after"], ("image.unkept", "image.kept"))
)
def test_a_picture_that_comes_with_its_answer_is_safe_once_it_is_kept(stage_set: Set, point: str) -> None:
    verdict = killed_at(stage_set.drawn_by(EDITS), point, styles=ONE)
    assert verdict.kept, verdict.line()
    unknown = 1 if point in UNKEPT_PICTURE else 0
    assert (verdict.billed, verdict.unknown_open) == (2, unknown), verdict.line()


@pytest.mark.parametrize(
    ("title", "billed", "unknown"),
    in_slices(
        [
            ("edits taken, cut by the way", 2, 1),
            ("edits cut by the way before it arrives", 1, 1),
            ("edits told to come back later, twice", 2, 0),
        ],
        (("edits taken, cut by the way", 2, 1), ("edits cut by the way before it arrives", 1, 1)),
    ),
)
def test_a_lie_about_a_picture_without_books_waits_for_a_person_and_is_billed_once(
    stage_set: Set, title: str, billed: int, unknown: int
) -> None:
    verdict = lied_to(stage_set.drawn_by(EDITS), EDIT_LIES[title], styles=ONE)
    assert verdict.kept, verdict.line()
    assert (verdict.billed, verdict.unknown_open) == (billed, unknown), verdict.line()


@pytest.mark.parametrize("point", in_slices(["image.unkept", "image.answered"], ("image.unkept",)))
def test_a_picture_that_its_worker_slept_over_is_bought_and_booked_once(stage_set: Set, point: str) -> None:
    verdict = frozen_at(stage_set.drawn_by(EDITS), point)
    assert verdict.kept, verdict.line()
    assert (verdict.billed, verdict.unknown_open) == (2, 0), verdict.line()


def test_a_lie_about_a_look_is_not_worth_a_person(stage_set: Set) -> None:
    verdict = lied_to(stage_set, LIES["responses taken, an HTML page with 200"])
    assert verdict.kept, verdict.line()
    assert (verdict.billed, verdict.assumed_paid, verdict.unknown_open) == (4, 1, 0), verdict.line()


@pytest.mark.slow(covered_by="tests/chaos/test_chaos.py::test_the_checker_sees_a_fence_that_is_gone")
def test_the_checker_sees_a_lost_look_that_is_counted_too_low(stage_set: Set) -> None:
    broken = Set(replace(stage_set.scene, mutation="cheap looks booked at nothing"), stage_set.cloud)
    assert not lied_to(broken, LIES["responses taken, an HTML page with 200"]).kept


@pytest.mark.skipif(libfaketime() is None, reason=HOW_TO)
def test_a_clock_that_is_set_in_mid_call_costs_nothing(stage_set: Set) -> None:
    verdict = clock_jumps(stage_set, "+2h")
    assert verdict.kept, verdict.line()
    assert (verdict.duplicates, verdict.lost) == (0, 0), verdict.line()


def test_a_restored_record_buys_nothing_twice_and_sweeps_nothing_away(stage_set: Set) -> None:
    verdict = restored_after(stage_set)
    assert verdict.kept, verdict.line()
    assert (verdict.billed, verdict.unknown_open, verdict.deleted_but_named) == (3, 0, 0), verdict.line()


def test_what_was_under_way_when_the_record_went_back_is_settled_from_the_books(stage_set: Set) -> None:
    verdict = restored_after(stage_set, "image.answered")
    assert verdict.kept, verdict.line()
    assert (verdict.billed, verdict.unknown_open) == (3, 0), verdict.line()


def test_an_empty_record_on_a_full_store_takes_nothing(stage_set: Set) -> None:
    verdict = two_on_one_store(stage_set)
    assert verdict.kept, verdict.line()


def test_housekeeping_may_die_while_it_settles(stage_set: Set) -> None:
    assert house_kept_until(stage_set, "settled.inside").kept


def test_the_studio_may_die_while_it_takes_a_webhook(stage_set: Set) -> None:
    assert hooked_until(stage_set, "carried_on.before").kept


def test_the_checker_sees_a_fence_that_is_gone(stage_set: Set) -> None:
    broken = Set(replace(stage_set.scene, mutation="fence clause removed"), stage_set.cloud)
    assert not frozen_at(broken, "image.sending.after").kept


@pytest.mark.slow(covered_by="tests/chaos/test_chaos.py::test_the_checker_sees_a_fence_that_is_gone")
def test_the_checker_sees_an_sdk_that_sends_again(stage_set: Set) -> None:
    broken = Set(replace(stage_set.scene, mutation="SDK retries on"), stage_set.cloud)
    assert not lied_to(broken, LIES["responses taken, cut by the way"]).kept


@pytest.mark.slow(covered_by="tests/chaos/test_chaos.py::test_the_checker_sees_a_fence_that_is_gone")
def test_the_checker_sees_a_picture_that_is_left_in_memory(stage_set: Set) -> None:
    broken = Set(replace(stage_set.scene, mutation="answers not kept"), stage_set.cloud)
    assert not killed_at(broken.drawn_by(EDITS), "image.accepted.after", styles=ONE).kept


@pytest.mark.slow(covered_by="tests/chaos/test_chaos.py::test_the_checker_sees_a_fence_that_is_gone")
def test_the_checker_waits_for_a_second_purchase_that_is_still_being_drawn(stage_set: Set) -> None:
    verdict = _with_a_second_purchase(stage_set, "slow", seconds=1)
    assert verdict.duplicates == 1, verdict.line()


def test_the_checker_says_when_the_bank_never_settles(
    stage_set: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = Rehearsal.settled_bank
    monkeypatch.setattr(Rehearsal, "settled_bank", lambda cloud: settled(cloud, seconds=0.5))
    verdict = _with_a_second_purchase(stage_set, "stuck")
    assert not verdict.kept
    assert "the bank never settled: 1 × create is still under way" in verdict.line()


def test_an_act_that_strikes_nobody_proves_nothing(stage_set: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACTS, "idle", lambda _stage_set, _act: NOTHING)
    assert "nobody was struck" in Act("nothing", "idle").play(stage_set).line()


def test_every_mutation_is_tried() -> None:
    assert list(dict.fromkeys(act.mutation for act in mutants())) == list(MUTATIONS)


def test_the_checker_reads_the_bank_the_ledger_and_every_byte(stage_set: Set) -> None:
    with a_character(stage_set) as (runtime, character_id):
        start(Job(stage_set.scene, RunRequest(character_id, STYLES, new_id()))).join(60)

        def complaints() -> str:
            verdict = check(runtime, stage_set.cloud.usage, [character_id], STYLES)
            return "; ".join([*verdict.complaints, f"{verdict.lost} lost", f"{verdict.duplicates} twice"])

        assert complaints() == "0 lost; 0 twice"
        with runtime.record.reading() as session:
            drawn = images.of_character(session, character_id)
            look, picture = calls.of_character(session, character_id)[:2]

        runtime.store.put("pictures/aa/orphan.png", b"nobody's", "image/png")
        assert "an object that no row names: pictures" in complaints()
        _rewrite(runtime, picture, actual_microusd=1)
        assert "the ledger says that 34264 µ$ were spent, the bank 67863" in complaints()
        runtime.store.delete(drawn[0].asset.storage_key)
        assert "the bytes of a variant are not in the store" in complaints()
        _rewrite(runtime, look, state=CallState.FAILED)
        assert "a vision call is failed without a word" in complaints()
        assert "1 lost" in complaints()
        _rewrite(runtime, look, state=CallState.UNKNOWN)
        verdict = check(runtime, stage_set.cloud.usage, [character_id], STYLES)
        assert (verdict.unknown_open, verdict.explained) == (1, False)
        with runtime.record.writing() as session, unguarded(session):
            images.record(
                session,
                character_id=character_id,
                style="flat",
                ordinal=2,
                run_token=new_id(),
                work_key="w" * 64,
                asset_id=drawn[1].asset.id,
                prompt_artifact_id=drawn[1].prompt.id,
            )
        assert "variants that nobody asked for: {'flat': 1}" in complaints()


def _with_a_second_purchase(stage_set: Set, fault: str, **aimed: object) -> Verdict:
    """Everything is bought once, and then a picture that we have is bought again, by nobody we know of."""
    with a_character(stage_set) as (runtime, character_id):
        start(Job(stage_set.scene, RunRequest(character_id, ONE, new_id()))).join(60)
        with runtime.record.reading() as session:
            picture = next(
                call for call in calls.of_character(session, character_id) if call.kind is CallKind.IMAGE
            )
        stage_set.cloud.fault(fault, **aimed)
        asked = httpx.post(
            f"{stage_set.cloud.url}/v1/models/{SLUG}/predictions",
            json={
                "input": {"prompt": "once more"},
                "webhook": f"http://127.0.0.1:9/hooks/replicate/{picture.id}",
            },
            headers={"Authorization": "Bearer r8_rehearsal"},
        )
        asked.raise_for_status()
        verdict = counted(stage_set, runtime, [character_id], ONE)
        httpx.post(asked.json()["urls"]["cancel"], headers={"Authorization": "Bearer r8_rehearsal"})
        return verdict


def _rewrite(runtime: Runtime, call: ProviderCall, **columns: object) -> None:
    with runtime.record.writing() as session, unguarded(session):
        session.execute(update(ProviderCall).where(ProviderCall.id == call.id).values(**columns))
