"""The ledger: every provider call, paid or free, goes through here, and none is made twice.

Work is claimed by its key: whoever asks for the same work gets its result, waits for it, or is told why there
is none. The worker that is granted the claim goes on with a `LeasedCall`.
"""

import time
from dataclasses import dataclass

from db.engine import Session
from db.errors import IllegalStep, StaleFence
from db.models import CallKind, CallState, ProviderCall
from db.repositories import calls, claims
from db.repositories.claims import Claim, ClaimVerdict
from tasks.errors import CallBusy, CallFailed, OutcomeUnknown, OutputLost, ProviderError, Refused
from tasks.ledger.assumed_paid import assume_paid
from tasks.ledger.failure_advice import repeat_advice
from tasks.ledger.leased_call import POSSIBLY_PAID, LeasedCall, call_context
from tasks.process_identity import is_gone
from tasks.runtime import Runtime

__all__ = ["LeasedCall", "Work", "claim_work", "mark_recorded"]

BUSY_POLL_SECONDS = 1.0  # between two claims of work that another worker has


@dataclass(frozen=True)
class Work:
    """A piece of work to have done: what makes it the same work, and what it may cost."""

    work_key: str
    kind: CallKind
    provider: str
    model: str
    charges: bool
    estimate_microusd: int = 0
    character_id: str | None = None
    prompt_artifact_id: str | None = None


def claim_work(runtime: Runtime, work: Work) -> LeasedCall | ProviderCall:
    """Claim `work`; returns a LeasedCall to go on with, or the finished ProviderCall, which has the result.

    While another live worker has it, its result is waited for. Raises CallBusy when that takes longer than
    the runtime's patience; Refused, OutcomeUnknown or CallFailed when it has ended in a way that no
    machine changes.
    """
    until = time.monotonic() + runtime.busy_patience_seconds
    while (claim := _claim(runtime, work)).verdict is ClaimVerdict.BUSY and time.monotonic() < until:
        time.sleep(BUSY_POLL_SECONDS)
    if claim.verdict is ClaimVerdict.UNKNOWN and assume_paid(runtime, claim.call.id):
        claim = _claim(runtime, work)
    if claim.verdict in (ClaimVerdict.MINE, ClaimVerdict.RESUME):
        return LeasedCall(runtime, claim.call, charges=work.charges)
    if claim.verdict is ClaimVerdict.DONE:
        return claim.call
    error = _not_ours_to_make(claim)
    if work.charges:
        error.add(repeat_advice(error, call_context(runtime, claim.call)))
    raise error


def _claim(runtime: Runtime, work: Work) -> Claim:
    with runtime.record.writing(lasting=False) as session:
        return claims.claim(
            session,
            work_key=work.work_key,
            kind=work.kind,
            provider=work.provider,
            model=work.model,
            estimate_microusd=work.estimate_microusd,
            owner=runtime.owner,
            lease_seconds=runtime.lease_seconds,
            character_id=work.character_id,
            prompt_artifact_id=work.prompt_artifact_id,
            is_gone=is_gone,
            resend_is_free=not work.charges,
        )


def _not_ours_to_make(claim: Claim) -> ProviderError:
    """Why the work is not to be done now, by what became of it."""
    call = claim.call
    match claim.verdict:
        case ClaimVerdict.BUSY:
            return CallBusy("Another worker is on this very work right now. It is not bought twice.")
        case ClaimVerdict.REFUSED:
            return Refused(call.error_sentence or "The provider refused this.", code=call.error_code)
        case ClaimVerdict.UNKNOWN:
            return OutcomeUnknown(POSSIBLY_PAID)
        case ClaimVerdict.WRITTEN_OFF:
            return CallFailed("A person gave this piece of work up.", code="written_off")
        case _:
            return OutputLost(call.error_sentence or "The picture was paid for, and lost before it was kept.")


def mark_recorded(session: Session, work_key: str) -> None:
    """Stored → recorded, in the transaction that writes the row which names the result."""
    call = calls.by_work_key(session, work_key)
    if call is None or call.state is not CallState.STORED:
        return
    try:
        calls.advance(session, call_id=call.id, fence=call.fence, to=CallState.RECORDED)
    except (IllegalStep, StaleFence):
        # Another worker on the same work has recorded it since it was read: that is as good.
        if calls.get(session, call.id).state is not CallState.RECORDED:
            raise
