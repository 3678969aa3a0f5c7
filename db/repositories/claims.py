"""Claiming a piece of work: who may do it, and what became of it before.

One call stands for one piece of work, by its work key. Of any number that ask at once one is told to do it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from db.ids import new_id
from db.models import CallKind, CallState, ProviderCall
from db.repositories import clock
from db.repositories.calls import KEPT_APART, OUTPUT_LOST, is_live, lock_where, mark_unknown, past_key
from db.repositories.insert_once import insert_once

S = CallState


class ClaimVerdict(StrEnum):
    """What came of asking for a piece of work."""

    MINE = "mine"  # nothing has been sent: go on from the beginning
    RESUME = "resume"  # a dead worker's call, accepted or delivered: go on from where it is
    DONE = "done"  # the result is there
    BUSY = "busy"  # a live worker is on it
    REFUSED = "refused"
    UNKNOWN = "unknown"  # possibly paid: not for a machine to send again
    WRITTEN_OFF = "written_off"
    LOST = "lost"  # paid for and lost before we had it: a person decides, by a new ordinal


@dataclass(frozen=True)
class Claim:
    """The call and the verdict. For MINE and RESUME `call.fence` is the number that every step must show."""

    call: ProviderCall
    verdict: ClaimVerdict


def claim(
    session: Session,
    *,
    work_key: str,
    kind: CallKind,
    provider: str,
    model: str,
    estimate_microusd: int,
    owner: str,
    lease_seconds: float,
    character_id: str | None = None,
    prompt_artifact_id: str | None = None,
    is_gone: Callable[[str | None], bool] = lambda _owner: False,
    resend_is_free: bool = False,
) -> Claim:
    """Ask for a piece of work. Of any number of workers that ask at once exactly one is told MINE.

    `is_gone(owner)` says that a lease's holder is known to be dead, so that nobody waits for its lease to
    end. With `resend_is_free` (the local engine) an unknown outcome is simply done again.
    """
    time = clock.read(session)
    until = time.steady + timedelta(seconds=lease_seconds)
    mine = new_id()
    intention = {
        "character_id": character_id,
        "prompt_artifact_id": prompt_artifact_id,
        "estimate_microusd": estimate_microusd,
        "lease_owner": owner,
        "lease_expires_at": until,
    }
    identity = {"id": mine, "work_key": work_key, "kind": kind, "provider": provider, "model": model}
    insert_once(session, ProviderCall, identity | intention)
    call = lock_where(session, ProviderCall.work_key == work_key)
    if call.id == mine:
        return Claim(call, ClaimVerdict.MINE)
    free = not is_live(call, time) or is_gone(call.lease_owner)
    verdict = _verdict(call, free=free, resend_is_free=resend_is_free)
    if verdict is ClaimVerdict.MINE:
        _restart(session, call, {key: value for key, value in intention.items() if value is not None})
    elif verdict is ClaimVerdict.RESUME:
        _take_over(call, owner, until)
    elif verdict is ClaimVerdict.UNKNOWN and call.state is S.SENDING:
        mark_unknown(call, time)
    session.flush()
    return Claim(call, verdict)


def _verdict(call: ProviderCall, *, free: bool, resend_is_free: bool) -> ClaimVerdict:  # noqa: PLR0911
    """What a worker that finds `call` may do: the table "What a claim finds" of docs/architecture.md."""
    again = ClaimVerdict.MINE if resend_is_free else ClaimVerdict.UNKNOWN
    match call.state:
        case S.RECORDED | S.STORED:  # without a result it was erased: asked for again, it is new work
            return ClaimVerdict.DONE if _has_result(call) else ClaimVerdict.MINE
        case S.REFUSED:
            return ClaimVerdict.REFUSED
        case S.WRITTEN_OFF:
            return ClaimVerdict.WRITTEN_OFF
        case S.UNKNOWN:
            return again
        case S.FAILED:
            lost = call.error_code == OUTPUT_LOST and not resend_is_free
            return ClaimVerdict.LOST if lost else ClaimVerdict.MINE
        case S.CLAIMED:
            return ClaimVerdict.MINE if free else ClaimVerdict.BUSY
        case S.SENDING:
            return again if free else ClaimVerdict.BUSY
        case S.ACCEPTED | S.DELIVERED:
            return ClaimVerdict.RESUME if free else ClaimVerdict.BUSY


def _has_result(call: ProviderCall) -> bool:
    return call.asset_id is not None if call.kind is CallKind.IMAGE else call.result is not None


def _restart(session: Session, call: ProviderCall, intention: Mapping[str, Any]) -> None:
    """A new attempt at the same work. One that cost something, or that the provider or a person knows of, is
    kept as a call of its own.
    """
    kept = call.actual_microusd or call.provider_id or call.error_code in KEPT_APART
    # First: the database lets a price go only from where it stands in another row by then.
    past = _archive_attempt(session, call) if kept else None
    provider_id = call.provider_id
    for column in ("provider_id", "asset_id", "result", "actual_microusd", "error_code", "error_sentence"):
        setattr(call, column, None)
    for column in ("accepted_at", "delivered_at", "stored_at", "recorded_at", "ended_at"):
        setattr(call, column, None)
    for column in ("sent_by", "answer_due_at", "absent_since", "absent_told_at", "given_up_at"):
        setattr(call, column, None)
    for column, value in intention.items():
        setattr(call, column, value)
    call.state = S.CLAIMED
    call.attempts += 1
    call.fence += 1
    if past is not None:
        session.flush()  # the provider's id is free for the past attempt, whose it is
        past.provider_id = provider_id


def _archive_attempt(session: Session, call: ProviderCall) -> ProviderCall:
    """The attempt that ends here, as a row of its own. The provider's id is the call's until it is free."""
    row = {column.name: getattr(call, column.name) for column in ProviderCall.__table__.columns}
    apart = {"id": new_id(), "work_key": past_key(call), "attempt_of": call.id, "provider_id": None}
    apart |= {"given_up_at": None}  # what is learned of it later is looked into anew
    past = ProviderCall(**row | apart)
    session.add(past)
    session.flush()
    return past


def _take_over(call: ProviderCall, owner: str, until: datetime) -> None:
    call.lease_owner, call.lease_expires_at = owner, until
    call.fence += 1
