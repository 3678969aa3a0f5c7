"""Whether a piece of work stands: bought, under way, closed, or possibly paid. What stands is gone on with
under the key that it has; only what can cost nothing any more may be asked for under another one.
"""

from db.engine import Session
from db.models import CallState, ProviderCall
from db.repositories import calls, clock


def stands(session: Session, work_key: str) -> bool:
    """Whether the call of this work must not be passed over."""
    return not may_be_passed_over(session, calls.by_work_key(session, work_key))


def may_be_passed_over(session: Session, call: ProviderCall | None) -> bool:
    """Whether no request of this call has cost anything, or can any more."""
    if call is None:
        return True
    if call.state is CallState.CLAIMED:  # nothing has left; a live holder may still send it
        return not calls.is_live(call, clock.read(session))
    return (
        call.state is CallState.FAILED
        and not call.actual_microusd
        and call.error_code not in (calls.OUTPUT_LOST, calls.REOPENED)
    )
