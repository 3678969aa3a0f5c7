"""Housekeeping puts right what crashes left behind, and touches nothing else."""

from pathlib import Path

import pytest

from db.models import CallKind, CallState
from db.repositories import calls, claims
from tasks.housekeeping import cleanup
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime


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
