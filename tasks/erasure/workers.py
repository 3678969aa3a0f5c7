"""Whoever is still at work on somebody who is erased comes to an end; what was ordered is given up.

Nothing that lives is cut off: it finds the person gone at its next step, and its lease runs out. What it had
bought stays on the bill.
"""

from collections.abc import Sequence

from db.engine import Session
from db.models import CallState, ProviderCall
from db.repositories import calls, clock
from db.repositories.clock import Reading
from tasks.process_identity import is_gone
from tasks.runtime import Runtime

CODE = "erased"
GIVEN_UP = "The person was erased before this was done."
_OPEN = frozenset(
    {CallState.CLAIMED, CallState.SENDING, CallState.ACCEPTED, CallState.DELIVERED, CallState.UNKNOWN}
)


def close_calls(runtime: Runtime, call_ids: Sequence[str]) -> int:
    """Close the calls that nobody living holds; returns how many are still held."""
    held = 0
    for call_id in call_ids:
        with runtime.record.writing() as session:
            held += not _closed(session, call_id)
    return held


def _closed(session: Session, call_id: str) -> bool:
    call, time = calls.lock(session, call_id), clock.read(session)
    if call.state not in _OPEN:
        return True
    if calls.is_live(call, time) and not is_gone(call.lease_owner):
        return False
    if call.state is CallState.CLAIMED:
        _end(call, time, CallState.FAILED)
        call.actual_microusd = 0
        session.flush()
        return True
    if call.state is not CallState.UNKNOWN:
        _end(call, time, CallState.UNKNOWN)
        session.flush()
    calls.settle(  # as if billed: a known failure is what the same photo may be asked for again after
        session,
        call_id=call_id,
        to=CallState.FAILED,
        actual_microusd=call.estimate_microusd,
        error_code=CODE,
        error_sentence=GIVEN_UP,
    )
    return True


def _end(call: ProviderCall, time: Reading, state: CallState) -> None:
    call.state, call.ended_at = state, time.now
    call.error_code, call.error_sentence = CODE, GIVEN_UP
    call.lease_owner = call.lease_expires_at = None
    call.fence += 1
