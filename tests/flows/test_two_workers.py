"""Two workers at the end of the same call: both find it recorded, on either database."""

import pytest

from db.engine import Record
from db.models import CallKind, CallState
from db.repositories import calls, claims
from db.repositories.calls import CallColumns
from tasks.ledger.claim import mark_recorded
from tests.db.conftest import blank_url, record, url
from tests.support.postgres import postgres_server

__all__ = ["blank_url", "postgres_server", "record", "url"]


def a_stored_look(record: Record) -> str:
    with record.writing() as session:
        claim = claims.claim(
            session,
            work_key="k" * 64,
            kind=CallKind.VISION,
            provider="local",
            model="m",
            estimate_microusd=0,
            owner="one",
            lease_seconds=60,
        )
        call = claim.call
        calls.advance(session, call_id=call.id, fence=call.fence, to=CallState.SENDING)
        answer: CallColumns = {"result": {"seen": True}, "actual_microusd": 0}
        calls.advance(session, call_id=call.id, fence=call.fence, to=CallState.STORED, **answer)
        return call.id


def test_the_second_to_say_recorded_finds_it_said(
    record: Record,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call_id = a_stored_look(record)
    with record.writing() as session:
        seen_before = calls.get(session, call_id)
        session.expunge(seen_before)
    with record.writing() as session:
        mark_recorded(session, "k" * 64)
    # This worker looked before the other one's step, and steps after it.
    monkeypatch.setattr(calls, "by_work_key", lambda _session, _key: seen_before)
    with record.writing() as session:
        mark_recorded(session, "k" * 64)
        assert calls.get(session, call_id).state is CallState.RECORDED
