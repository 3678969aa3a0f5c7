"""The late result of a request that the record had closed as never bought: its call is reopened, loudly."""

from db.engine import Session
from db.event_kinds import EventKind
from db.log import Log
from db.models import CallState, ProviderCall
from db.repositories import calls, events, late_answers
from db.repositories.calls import CallColumns
from db.told import told

log = Log("late result")

_BOUGHT = frozenset({CallState.ACCEPTED, CallState.DELIVERED, CallState.STORED})
OPENED_AGAIN = told(
    "A request that was taken for never arrived, or not billed, has reached the provider after all: it is "
    "paid for, and is being fetched."
)
BOUGHT_AGAIN = told(
    "A request that was taken for never arrived, or not billed, has reached the provider after all, and the "
    "same was bought again meanwhile: both may be on the bill."
)


def settle_late_result(
    session: Session, *, call_id: str, to: CallState, attempt: int, columns: CallColumns
) -> int | None:
    """Record the outcome of an attempt whose holder had lost its lease.

    Locks the call's row. Returns the fence to go on with, or None where another worker has the work by now;
    what the provider has accepted is on record in either case. Raises IllegalStep where there is nothing to
    write.
    """
    call = calls.lock(session, call_id)
    if call.state is CallState.UNKNOWN:
        return calls.settle(session, call_id=call_id, to=to, **columns).fence
    paid = to in _BOUGHT or bool(columns.get("actual_microusd"))
    if paid and late_answers.is_closed_unbought(call) and call.attempts == attempt:
        opened = late_answers.reopen(session, call_id=call_id, to=to, **columns)
        record_late_result(session, opened, OPENED_AGAIN)
        return opened.fence
    provider_id = columns.get("provider_id")
    if paid and provider_id and calls.by_provider_id(session, call.provider, provider_id) is None:
        record_late_attempt(session, call, provider_id, cost_microusd=columns.get("actual_microusd"))
    return None


def record_late_attempt(
    session: Session, call: ProviderCall, provider_id: str, *, cost_microusd: int | None = None
) -> None:
    """Put an earlier attempt on record that the provider has after all, while its work was done again."""
    late_answers.record_late_attempt(
        session, call, provider_id=provider_id, sentence=BOUGHT_AGAIN, cost_microusd=cost_microusd
    )
    record_late_result(session, call, BOUGHT_AGAIN)


def record_late_result(session: Session, call: ProviderCall, message: str) -> None:
    """Add it to the character's timeline and to the log."""
    log.warning("late result", call_id=call.id, state=call.state.value)
    if call.character_id is not None:
        events.add(
            session,
            kind=EventKind.CALL_REOPENED,
            actor="system",
            message=message,
            character_id=call.character_id,
            data={"call_id": call.id, "state": call.state.value},
        )
