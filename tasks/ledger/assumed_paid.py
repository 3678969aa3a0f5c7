"""Lost vision calls too cheap to ask a person about: counted as paid, and sent again by the machine.

OpenAI has no request history that could tell whether a vision call was billed. So that no child's picture
waits for a person over a tenth of a cent, such a call is counted at its estimate, which is the most that it
can have cost, and its work may be claimed again: a number of times a day, and within the budget. Never a
picture.
"""

from db.engine import Session
from db.errors import NotFound, RecordError
from db.event_kinds import EventKind
from db.log import Log
from db.models import CallKind, CallState, ProviderCall
from db.repositories import call_sums, calls, events, limits
from db.told import told
from tasks.amounts import dollars
from tasks.ledger.budget import today
from tasks.ledger.in_flight import request_is_over
from tasks.runtime import Runtime

log = Log("assumed paid")

MOST_A_WORK = 3  # times for one work key: a provider that never answers is not asked for ever


def is_cheap(runtime: Runtime, call: ProviderCall) -> bool:
    """Whether the policy covers the call, should its answer be lost."""
    return call.kind is CallKind.VISION and 0 < call.estimate_microusd < runtime.assume_paid_below_microusd


def assume_paid(runtime: Runtime, call_id: str) -> bool:
    """Count a lost vision call as paid, so that its work may be claimed again; whether that was done.

    Locks the budget and the call. Not while its request may still be on its way, and not beyond the day's
    number.
    """
    try:
        with runtime.record.writing() as session:
            limits.lock_budget(session)  # of two that count at once the second sees what the first has booked
            return _assume(session, runtime, calls.lock(session, call_id))
    except (NotFound, RecordError) as error:
        log.warning("not assumed paid", call_id=call_id, code=error.code)
        return False


def assume_lost_vision_calls(runtime: Runtime) -> list[str]:
    """`assume_paid` for every lost vision call that it covers; the ids of the characters they were for."""
    with runtime.record.reading() as session:
        waiting = [call for call in calls.unknown(session) if is_cheap(runtime, call)]
    booked = [call for call in waiting if assume_paid(runtime, call.id)]
    return list(dict.fromkeys(call.character_id for call in booked if call.character_id is not None))


def _assume(session: Session, runtime: Runtime, call: ProviderCall) -> bool:
    if call.state is not CallState.UNKNOWN or not is_cheap(runtime, call):
        return False
    if not request_is_over(session, call, runtime):
        return False
    if call_sums.assumed_paid(session, day=today(session)) >= runtime.assume_paid_per_day:
        return False
    if call_sums.assumed_paid(session, attempts_of=call.id) >= MOST_A_WORK:
        return False
    amount = dollars(call.estimate_microusd)
    sentence = told(
        "No answer came: assumed paid at %(amount)s, the most it can have cost, and asked for again.",
        amount=amount,
    )
    calls.settle(
        session,
        call_id=call.id,
        to=CallState.FAILED,
        actual_microusd=call.estimate_microusd,
        error_code=calls.ASSUMED_PAID,
        error_sentence=sentence,
    )
    if call.character_id is not None:
        events.add(
            session,
            kind=EventKind.CALL_ASSUMED_PAID,
            actor="system",
            message=told(
                "A look at the photo got no answer. It is assumed paid (%(amount)s) and is taken again.",
                amount=amount,
            ),
            character_id=call.character_id,
            data={"call_id": call.id, "microusd": call.estimate_microusd},
        )
    log.info("assumed paid", call_id=call.id, cost_microusd=call.estimate_microusd)
    return True
