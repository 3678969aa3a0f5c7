"""Housekeeping puts right what crashes left behind, and touches nothing else."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from db.event_kinds import STEP_KINDS, EventKind
from db.ids import utc_now
from db.models import CallKind, CallState
from db.models.spending import SumAudit
from db.repositories import calls, claims, clock, events
from tasks.correction.details import rename
from tasks.housekeeping import cleanup
from tasks.ledger.sum_audit import audit_sums
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tests.support.rows import a_ready_character
from ui.handlers.run_progress import project_run


@pytest.mark.parametrize(("charges", "settled"), [(True, 1), (False, 0)])
def test_a_call_whose_worker_died_while_it_was_out_becomes_unknown(
    tmp_path: Path, runtime: Runtime, charges: bool, settled: int
) -> None:
    from tests.support.providers import BookkeepingImage, BookkeepingVision

    runtime = Runtime(
        record=runtime.record,
        store=DiskStore(tmp_path / "store", base_url="http://127.0.0.1:7860", secret=b"s" * 32),
        vision=BookkeepingVision(charges=charges),
        image=BookkeepingImage(charges=charges),
    )
    with runtime.record.writing() as session:
        claim = claims.claim(
            session,
            work_key="k" * 64,
            kind=CallKind.IMAGE,
            provider="local",
            model="m",
            estimate_microusd=39_000,
            owner="a dead worker",
            lease_seconds=60,
        )
        calls.advance(session, call_id=claim.call.id, fence=claim.call.fence, to=CallState.SENDING)
        calls.renew_lease(session, call_id=claim.call.id, fence=claim.call.fence, lease_seconds=-1)
    assert cleanup.settle_dead_calls(runtime) == settled
    with runtime.record.reading() as session:
        state = calls.get(session, claim.call.id).state
    assert state is (CallState.UNKNOWN if charges else CallState.SENDING)


def test_steps_of_long_ago_are_forgotten_and_nothing_else(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runtime.record.writing() as session:
        character = a_ready_character(session)
        for number in range(3):
            events.add(
                session,
                kind=(EventKind.STEP_STARTED, EventKind.STEP_FAILED, EventKind.RUN_BEGAN)[number],
                actor="system",
                message="Long ago",
                character_id=character.id,
            )
        events.add(
            session,
            kind=EventKind.STEP_FAILED,
            actor="system",
            message="Of the newest run",
            character_id=character.id,
            run_token=character.run_token,
        )
        for token, end in (
            ("well", EventKind.CHARACTER_READY),
            ("badly", EventKind.CHARACTER_NEEDS_ATTENTION),
            ("cancelled", EventKind.RUN_CANCELLED),
        ):
            for kind in (EventKind.STEP_STARTED, EventKind.STEP_FAILED, end):
                events.add(
                    session,
                    kind=kind,
                    actor="system",
                    message="A run",
                    character_id=character.id,
                    run_token=token,
                    data={"step": "draw", "style": "anime"},
                )
        before = len(events.timeline(session, character.id))
    assert cleanup.forget_old_steps(runtime) == 0
    later = clock.Reading(utc_now() + timedelta(days=400), utc_now() + timedelta(days=400))
    # A clock that was set forward, alone, forgets nothing.
    monkeypatch.setattr(clock, "read", lambda _session: replace(later, steady=utc_now()))
    assert cleanup.forget_old_steps(runtime) == 0
    monkeypatch.setattr(clock, "read", lambda _session: later)
    monkeypatch.setattr(cleanup, "A_PIECE", 1)
    assert cleanup.forget_old_steps(runtime) == 4
    with runtime.record.reading() as session:
        left = [each.kind for each in events.timeline(session, character.id)]
        kept = [each for each in events.timeline(session, character.id) if each.kind in STEP_KINDS]
        badly = project_run(events.of_run(session, "badly"), utc_now())
    assert len(left) == before - 4 and EventKind.RUN_BEGAN in left
    assert sorted(each.run_token or "" for each in kept) == sorted(
        [character.run_token or "", *["badly"] * 2, *["cancelled"] * 2]
    ), "else they say something else of their styles"
    assert [(each.style, each.state.value, each.sentence) for each in badly.styles] == [
        ("anime", "failed", "A run")
    ]


def test_after_a_correction_and_once_a_night_the_index_is_merged(runtime: Runtime) -> None:
    with runtime.record.writing() as session:
        ada = a_ready_character(session).id
    with runtime.record.writing() as session:
        a_ready_character(session, "Eve")
    audit_sums(runtime)
    assert cleanup.merge_corrected_words(runtime) == 0, "nobody was corrected"
    rename(runtime, character_id=ada, name="Ida")
    assert cleanup.merge_corrected_words(runtime) == 1
    assert cleanup.merge_corrected_words(runtime) == 0
    with runtime.record.writing() as session:  # a night without an audit
        a_ready_character(session, "Mia")
        session.execute(delete(SumAudit))
    assert cleanup.merge_corrected_words(runtime) == 1


def test_two_that_keep_house_at_once_do_not_trip_over_each_other(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runtime.record.writing() as session:
        for number in "ab":
            claim = claims.claim(
                session,
                work_key=number * 64,
                kind=CallKind.IMAGE,
                provider="local",
                model="m",
                estimate_microusd=39_000,
                owner="a dead worker",
                lease_seconds=60,
            )
            calls.advance(session, call_id=claim.call.id, fence=claim.call.fence, to=CallState.SENDING)
            calls.renew_lease(session, call_id=claim.call.id, fence=claim.call.fence, lease_seconds=-1)
    with runtime.record.reading() as session:
        both = calls.stuck(session)
    monkeypatch.setattr(calls, "stuck", lambda _session: both[:1])  # the other one has come so far
    assert cleanup.settle_dead_calls(runtime) == 1

    monkeypatch.setattr(calls, "stuck", lambda _session: both)

    assert cleanup.settle_dead_calls(runtime) == 1
