"""The call record: who may spend, what became of it, and what it cost.

Every function here is one short step. Safety never rests on a clock: a lease only says when someone else
may take over, and whoever was taken over from finds the fence moved and can write nothing more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, case, false, func, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.digests import digest_of
from db.errors import Conflict, IllegalStep, LostFence, NotFound
from db.ids import new_id, utc_now
from db.models import CallKind, CallState, ProviderCall
from db.repositories.insert_once import insert_once

S = CallState

# The happy path may skip what a provider does in one breath: an answer that comes with the request goes
# from sending to delivered or stored at once. Only `claim` leads back, from failed to claimed.
STEPS: Mapping[CallState, frozenset[CallState]] = {
    S.CLAIMED: frozenset({S.SENDING, S.REFUSED, S.FAILED}),
    S.SENDING: frozenset({S.ACCEPTED, S.DELIVERED, S.STORED, S.REFUSED, S.FAILED, S.UNKNOWN}),
    S.ACCEPTED: frozenset({S.DELIVERED, S.STORED, S.REFUSED, S.FAILED, S.UNKNOWN}),
    S.DELIVERED: frozenset({S.STORED, S.REFUSED, S.FAILED, S.UNKNOWN}),
    S.STORED: frozenset({S.RECORDED}),
    S.UNKNOWN: frozenset({S.ACCEPTED, S.DELIVERED, S.STORED, S.REFUSED, S.FAILED, S.WRITTEN_OFF}),
    S.FAILED: frozenset({S.WRITTEN_OFF}),
    S.RECORDED: frozenset(),
    S.REFUSED: frozenset(),
    S.WRITTEN_OFF: frozenset(),
}
LEASED = frozenset({S.CLAIMED, S.SENDING, S.ACCEPTED, S.DELIVERED, S.STORED})  # someone is on it
ENDS = frozenset({S.RECORDED, S.REFUSED, S.FAILED, S.UNKNOWN, S.WRITTEN_OFF})
POSSIBLY_PAID = frozenset(
    {S.SENDING, S.ACCEPTED, S.DELIVERED, S.STORED, S.RECORDED, S.UNKNOWN, S.WRITTEN_OFF}
)
# Known: what it cost. Reserved: the estimate, while nobody has told us the price.
KNOWN_MICROUSD = func.coalesce(ProviderCall.actual_microusd, 0)
RESERVED_MICROUSD = case(
    (
        ProviderCall.state.in_(POSSIBLY_PAID) & ProviderCall.actual_microusd.is_(None),
        ProviderCall.estimate_microusd,
    ),
    else_=0,
)
REOPENED = "settled_by_hand"
OUTPUT_LOST = "output_lost"  # paid for, and gone before we had it: never bought again by itself

_STAMPS = {
    S.SENDING: "sent_at",
    S.ACCEPTED: "accepted_at",
    S.DELIVERED: "delivered_at",
    S.STORED: "stored_at",
    S.RECORDED: "recorded_at",
}


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


class CallColumns(TypedDict, total=False):
    """What a step may write besides the state."""

    provider_id: str | None
    character_id: str | None
    prompt_artifact_id: str | None
    asset_id: str | None
    result: dict[str, Any] | None
    estimate_microusd: int
    actual_microusd: int | None
    error_code: str | None
    error_sentence: str | None
    sent_at: datetime | None
    accepted_at: datetime | None
    delivered_at: datetime | None
    stored_at: datetime | None
    recorded_at: datetime | None
    ended_at: datetime | None


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
    now = utc_now()
    mine = new_id()
    intention = {
        "character_id": character_id,
        "prompt_artifact_id": prompt_artifact_id,
        "estimate_microusd": estimate_microusd,
        "lease_owner": owner,
        "lease_expires_at": now + timedelta(seconds=lease_seconds),
    }
    identity = {"id": mine, "work_key": work_key, "kind": kind, "provider": provider, "model": model}
    insert_once(session, ProviderCall, identity | intention)
    call = _held(session, ProviderCall.work_key == work_key)
    if call.id == mine:
        return Claim(call, ClaimVerdict.MINE)
    free = not _is_live(call, now) or is_gone(call.lease_owner)
    verdict = _verdict(call, free=free, resend_is_free=resend_is_free)
    if verdict is ClaimVerdict.MINE:
        _start_over(session, call, {key: value for key, value in intention.items() if value is not None})
    elif verdict is ClaimVerdict.RESUME:
        _take_over(call, owner, now + timedelta(seconds=lease_seconds))
    elif verdict is ClaimVerdict.UNKNOWN and call.state is S.SENDING:
        _give_up_on(call, now)
    session.flush()
    return Claim(call, verdict)


def advance(
    session: Session, *, call_id: str, fence: int, to: CallState, **columns: Unpack[CallColumns]
) -> ProviderCall:
    """Take the call one step on, in one guarded UPDATE.

    LostFence when another worker has taken it over, or when the lease ran out before sending; IllegalStep
    when `to` may not follow, or a stored call would name no result; Conflict when another call has its
    provider's id; NotFound. Then nothing is written.
    """
    now = utc_now()
    guard = [ProviderCall.id == call_id, ProviderCall.fence == fence, ProviderCall.state.in_(_before(to))]
    if to is S.SENDING:
        guard.append(ProviderCall.lease_expires_at > now)
    if to in (S.STORED, S.RECORDED):
        guard.append(_names_result(columns))
    try:
        moved = _update(session, guard, _values(to, now, columns))
    except IntegrityError as error:
        if not columns.get("provider_id"):
            raise
        raise Conflict("Another call has this id of the provider's.") from error
    call = get(session, call_id)
    if not moved:
        raise _why_not(call, fence, to)
    return call


def settle(session: Session, *, call_id: str, to: CallState, **columns: Unpack[CallColumns]) -> ProviderCall:
    """End an unknown call by evidence, whoever found it: a webhook, the provider's list, our store, a person.

    Evidence needs no fence, and moves it, so that of two who found some only the first writes.
    IllegalStep when the call is not unknown (any more).
    """
    now = utc_now()
    guard = [ProviderCall.id == call_id, ProviderCall.state == S.UNKNOWN]
    if to is S.STORED:
        guard.append(_names_result(columns))
    values = _values(to, now, columns) | {"fence": ProviderCall.fence + 1}
    if to not in STEPS[S.UNKNOWN] or not _update(session, guard, values):
        raise IllegalStep("Only a call whose outcome is unknown can be settled, and by what it bought.")
    return get(session, call_id)


def give_up_if_dead(session: Session, *, call_id: str) -> bool:
    """A call that left, and whose worker has shown no sign of life for a lease, becomes `unknown`. Whether it
    did: the worker may have woken up, or somebody else have said so. NotFound.
    """
    call, now = _held(session, ProviderCall.id == call_id), utc_now()
    if call.state is not S.SENDING or _is_live(call, now):
        return False
    _give_up_on(call, now)
    session.flush()
    return True


def reopen(session: Session, *, call_id: str, actual_microusd: int, sentence: str) -> ProviderCall:
    """Let work be asked for again that no machine would do again: a person's decision, told in `sentence`.

    The call ends as failed, and what it cost stays on the bill. IllegalStep unless it is possibly paid,
    given up, or paid for and lost.
    """
    columns: CallColumns = {
        "actual_microusd": actual_microusd,
        "error_code": REOPENED,
        "error_sentence": sentence,
    }
    lost = (ProviderCall.state == S.FAILED) & (ProviderCall.error_code == OUTPUT_LOST)
    guard = [ProviderCall.id == call_id, lost | ProviderCall.state.in_((S.UNKNOWN, S.WRITTEN_OFF))]
    values = _values(S.FAILED, utc_now(), columns) | {"fence": ProviderCall.fence + 1}
    if not _update(session, guard, values):
        raise IllegalStep("Only a call that waits for a person can be opened again.")
    return get(session, call_id)


def note_provider_id(session: Session, *, call_id: str, provider_id: str) -> bool:
    """Remember what a webhook said while the answer is still awaited: nothing else of the call changes.

    If the answer is lost and the call becomes unknown, this is where its evidence is. False when the call
    is not being sent (any more), or has an id already.
    """
    guard = [
        ProviderCall.id == call_id,
        ProviderCall.state == S.SENDING,
        ProviderCall.provider_id.is_(None),
    ]
    return _update(session, guard, {"provider_id": provider_id})


def renew(session: Session, *, call_id: str, fence: int, lease_seconds: float) -> None:
    """A sign of life: the lease runs for so long from now; 0 gives the call back. LostFence when not ours."""
    guard = [ProviderCall.id == call_id, ProviderCall.fence == fence, ProviderCall.state.in_(LEASED)]
    if not _update(session, guard, {"lease_expires_at": utc_now() + timedelta(seconds=lease_seconds)}):
        raise LostFence("Another worker has taken this call over.")


def get(session: Session, call_id: str) -> ProviderCall:
    """The call as it is in the database now; NotFound if there is none."""
    call = session.get(ProviderCall, call_id, populate_existing=True)
    if call is None:
        raise NotFound("There is no such call.")
    return call


def locked(session: Session, call_id: str) -> ProviderCall:
    """The call, and nobody else changes it until the transaction ends; NotFound if there is none."""
    get(session, call_id)
    return _held(session, ProviderCall.id == call_id)


def by_work_key(session: Session, work_key: str) -> ProviderCall | None:
    """The call for this piece of work, or None."""
    return session.scalars(select(ProviderCall).where(ProviderCall.work_key == work_key)).one_or_none()


def by_provider_id(session: Session, provider: str, provider_id: str) -> ProviderCall | None:
    """The call that the provider's `provider_id` belongs to, or None."""
    query = select(ProviderCall).where(
        ProviderCall.provider == provider, ProviderCall.provider_id == provider_id
    )
    return session.scalars(query).one_or_none()


def of_character(session: Session, character_id: str) -> list[ProviderCall]:
    """Every call made for a character, oldest first."""
    query = select(ProviderCall).where(ProviderCall.character_id == character_id)
    return list(session.scalars(query.order_by(ProviderCall.id)))


def stuck(session: Session, now: datetime | None = None) -> list[ProviderCall]:
    """Calls that someone was on and whose lease has run out, longest first."""
    query = select(ProviderCall).where(
        ProviderCall.state.in_(LEASED), ProviderCall.lease_expires_at <= (now or utc_now())
    )
    return list(session.scalars(query.order_by(ProviderCall.lease_expires_at)))


def unknown(session: Session) -> list[ProviderCall]:
    """Calls that are possibly paid and wait for evidence or a person, oldest first."""
    query = select(ProviderCall).where(ProviderCall.state == S.UNKNOWN)
    return list(session.scalars(query.order_by(ProviderCall.id)))


def spent_microusd(
    session: Session, *, since: datetime | None = None, character_id: str | None = None
) -> int:
    """What calls sent (since then, for that character) are known to have cost."""
    return _sum(session, KNOWN_MICROUSD, since, character_id)


def reserved_microusd(
    session: Session, *, since: datetime | None = None, character_id: str | None = None
) -> int:
    """What calls that left, and whose price nobody has told us yet, are estimated to cost."""
    return _sum(session, RESERVED_MICROUSD, since, character_id)


def _sum(session: Session, amount: Any, since: datetime | None, character_id: str | None) -> int:
    query = select(func.coalesce(func.sum(amount), 0))
    if since is not None:
        query = query.where(ProviderCall.sent_at >= since)
    if character_id is not None:
        query = query.where(ProviderCall.character_id == character_id)
    return int(session.scalar(query) or 0)


def _held(session: Session, which: Any) -> ProviderCall:
    """The row, locked until the transaction ends (on SQLite the whole transaction holds the only lock)."""
    query = select(ProviderCall).where(which).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _is_live(call: ProviderCall, now: datetime) -> bool:
    return call.lease_expires_at is not None and call.lease_expires_at > now


def _verdict(call: ProviderCall, *, free: bool, resend_is_free: bool) -> ClaimVerdict:  # noqa: PLR0911
    """The table of section 4: what a worker that finds `call` may do with it."""
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


def _names_result(columns: CallColumns) -> ColumnElement[bool]:
    """That the call, with `columns` written, names what it bought: an asset, or a vision's answer."""
    written: dict[str, Any] = dict(columns)
    asset, answer = (
        (true() if written[name] is not None else false()) if name in written else column.is_not(None)
        for name, column in (("asset_id", ProviderCall.asset_id), ("result", ProviderCall.result))
    )
    return case((ProviderCall.kind == CallKind.IMAGE, asset), else_=answer)


def _start_over(session: Session, call: ProviderCall, intention: Mapping[str, Any]) -> None:
    """A new attempt at the same work. One that cost something, or that the provider or a person knows of, is
    kept as a call of its own.
    """
    past = _row(call) if call.actual_microusd or call.provider_id or call.error_code == REOPENED else None
    for column in ("provider_id", "asset_id", "result", "actual_microusd", "error_code", "error_sentence"):
        setattr(call, column, None)
    for column in ("accepted_at", "delivered_at", "stored_at", "recorded_at", "ended_at"):
        setattr(call, column, None)
    for column, value in intention.items():
        setattr(call, column, value)
    call.state = S.CLAIMED
    call.attempts += 1
    call.fence += 1
    if past is not None:
        session.flush()  # the provider's id is free for the past attempt, whose it is
        session.add(ProviderCall(**past | {"id": new_id(), "work_key": _past_key(call)}))


def _row(call: ProviderCall) -> dict[str, Any]:
    return {column.name: getattr(call, column.name) for column in ProviderCall.__table__.columns}


def _past_key(call: ProviderCall) -> str:
    """A work key that nobody asks for: an ended attempt is history, never a result."""
    return digest_of({"work": call.work_key, "before attempt": call.attempts})


def _take_over(call: ProviderCall, owner: str, until: datetime) -> None:
    call.lease_owner, call.lease_expires_at = owner, until
    call.fence += 1


def _give_up_on(call: ProviderCall, now: datetime) -> None:
    """Its worker died between sending and hearing back: nobody knows, and the dead must stay silent."""
    call.state, call.ended_at = S.UNKNOWN, now
    call.error_code = "outcome_unknown"
    call.error_sentence = "Its worker ended before the answer came, so it is possibly paid."
    call.lease_owner = call.lease_expires_at = None
    call.fence += 1


def _before(to: CallState) -> list[CallState]:
    return [state for state, following in STEPS.items() if to in following]


def _values(to: CallState, now: datetime, columns: CallColumns) -> dict[str, Any]:
    values: dict[str, Any] = {"state": to, "updated_at": now}
    if to in _STAMPS:
        values[_STAMPS[to]] = now
    if to in ENDS:
        values |= {"ended_at": now, "lease_owner": None, "lease_expires_at": None}
    else:  # also for what had ended as unknown, and goes on
        values |= {"ended_at": None, "error_code": None, "error_sentence": None}
    values |= columns
    if values.get("provider_id") == "":
        values["provider_id"] = None
    return values


def _update(session: Session, guard: list[Any], values: dict[str, Any]) -> bool:
    session.flush()
    statement = update(ProviderCall).where(*guard).values(**values)
    return session.connection().execute(statement).rowcount == 1


def _why_not(call: ProviderCall, fence: int, to: CallState) -> LostFence | IllegalStep:
    """What kept a step from being taken."""
    if call.fence != fence:
        return LostFence("Another worker has taken this call over.")
    if to not in STEPS[call.state]:
        return IllegalStep(f"A call can't go from {call.state} to {to}.")
    if to is S.SENDING:
        return LostFence("The lease ran out before the request left.")
    return IllegalStep("A call that has ended well names what it bought.")
