"""A person's word on a call that no evidence settles, or that was paid for and brought nothing."""

from enum import StrEnum

from db.audit.acts import AuditAct
from db.audit.append import append
from db.errors import IllegalStep
from db.event_kinds import EventKind
from db.log import Log
from db.models import CallKind, CallState, ProviderCall
from db.repositories import calls, events
from db.told import told
from tasks.amounts import dollars
from tasks.errors import UsageError
from tasks.runtime import Runtime
from tasks.settlement.reconcile import settle_call

log = Log("manual settlement")


class Decision(StrEnum):
    """What a person may decide, having looked at the provider's own bill."""

    BILLED = "billed"  # counted, and the work may be bought again
    NOT_BILLED = "not_billed"  # nothing is counted, and the work may be asked for again
    GIVEN_UP = "given_up"  # counted, and never bought again unless a person says otherwise


def settle_by_hand(runtime: Runtime, call_id: str, decision: Decision, *, actor: str) -> str:
    """Close the books of a call as `decision` says, on the timeline too; what was done, in a sentence.

    Where the provider keeps books they are read first. NotFound; UsageError (`settled_already`) when there
    is evidence, or another person was faster.
    """
    if found := settle_call(runtime, call_id):
        raise UsageError(
            told("The answer is known now: %(sentence)s", sentence=found.sentence), code="settled_already"
        )
    with runtime.record.writing() as session:
        call = calls.lock(session, call_id)
        amount = _amount(call, decision)
        sentence = _sentence(call, decision, amount)
        try:
            if decision is Decision.GIVEN_UP:
                calls.settle(session, call_id=call_id, to=CallState.WRITTEN_OFF)
            else:
                calls.reopen(
                    session,
                    call_id=call_id,
                    actual_microusd=amount,
                    sentence=told("Settled by hand. %(sentence)s", sentence=sentence),
                )
        except IllegalStep:
            raise UsageError("This call is settled already.", code="settled_already") from None
        if call.character_id is None:
            said = {"call_id": call.id, "decision": decision.value, "microusd": amount}
            append(session, AuditAct.CALL_SETTLED, by=None, via=actor, what=call.id, data=said)
        else:
            events.add(
                session,
                kind=EventKind.CALL_SETTLED,
                actor=actor,
                message=told(
                    "A request to %(provider)s is settled by hand. %(sentence)s",
                    provider=call.provider,
                    sentence=sentence,
                ),
                character_id=call.character_id,
                data={"call_id": call.id, "by": "person", "decision": decision.value, "microusd": amount},
            )
    log.info("call settled", call_id=call_id, code=decision.value)
    return sentence


def _amount(call: ProviderCall, decision: Decision) -> int:
    if decision is Decision.NOT_BILLED:
        return 0
    return call.estimate_microusd if call.actual_microusd is None else call.actual_microusd


def _sentence(call: ProviderCall, decision: Decision, amount: int) -> str:
    amount_said = dollars(amount)
    if call.kind is CallKind.VISION:
        return {
            Decision.BILLED: told(
                "%(amount)s counts as spent, and the look may be taken again.", amount=amount_said
            ),
            Decision.NOT_BILLED: told("Nothing counts as spent, and the look may be asked for again."),
            Decision.GIVEN_UP: told(
                "%(amount)s stays on the bill, and the look is given up.", amount=amount_said
            ),
        }[decision]
    return {
        Decision.BILLED: told(
            "%(amount)s counts as spent, and the picture may be bought again.", amount=amount_said
        ),
        Decision.NOT_BILLED: told("Nothing counts as spent, and the picture may be asked for again."),
        Decision.GIVEN_UP: told(
            "%(amount)s stays on the bill, and the picture is given up.", amount=amount_said
        ),
    }[decision]
