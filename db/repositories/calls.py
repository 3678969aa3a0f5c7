"""The call record: who may spend, what became of it, and what it cost.

Every function here is one short step. Safety never rests on a clock: a lease only says when someone else
may take over, and whoever was taken over from finds the fence moved and can write nothing more. What time it
is, the database says (`clock`).
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, case, false, func, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.days import Day
from db.digests import digest_of
from db.errors import Conflict, IllegalStep, NotFound, StaleFence, is_taken
from db.models import CallKind, CallState, Character, CharacterStatus, ProviderCall
from db.repositories import clock
from db.repositories.clock import Reading
from db.repositories.read_ahead import read_ahead
from db.told import told

S = CallState

# The happy path may skip what a provider does in one breath: an answer that comes with the request goes
# from sending to delivered or stored at once. Only `claim` leads back, from failed to claimed.
ALLOWED_TRANSITIONS: Mapping[CallState, frozenset[CallState]] = {
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
# What evidence may open again: closed as never bought, or about to be sent once more, and bought after all.
REOPENED_BY_EVIDENCE: Mapping[CallState, frozenset[CallState]] = {
    S.FAILED: frozenset({S.ACCEPTED, S.DELIVERED, S.STORED, S.FAILED, S.UNKNOWN}),
    S.CLAIMED: frozenset({S.ACCEPTED}),
}
# What a person may open again, and what a new attempt may begin from (`claims`): never what was bought.
BY_A_PERSON = frozenset({S.UNKNOWN, S.WRITTEN_OFF})
STARTED_OVER = frozenset({S.SENDING, S.UNKNOWN, S.FAILED, S.STORED, S.RECORDED})
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
NEVER_ARRIVED = "never_arrived"  # the provider's books have shown no such request, twice
ASSUMED_PAID = "assumed_paid"  # too cheap for a person: booked at its estimate, and asked for again
ARRIVED_LATE = "arrived_late"  # taken for never arrived, and the provider has it after all
BOUGHT_TWICE = "bought_twice"  # the same, when it is over: it was bought again meanwhile
# What is kept as a row of its own when the work is asked for again, even where it cost nothing.
KEPT_APART = frozenset({REOPENED, NEVER_ARRIVED, ASSUMED_PAID})
OUTPUT_LOST = "output_lost"  # paid for, and gone before we had it: never bought again by itself

_STAMPS = {
    S.SENDING: "sent_at",
    S.ACCEPTED: "accepted_at",
    S.DELIVERED: "delivered_at",
    S.STORED: "stored_at",
    S.RECORDED: "recorded_at",
}


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
    sent_by: str | None
    answer_due_at: datetime | None
    lease_expires_at: datetime | None


def advance(
    session: Session, *, call_id: str, fence: int, to: CallState, **columns: Unpack[CallColumns]
) -> ProviderCall:
    """Take the call to `to` in one guarded UPDATE, which locks its row until the transaction ends.

    Raises StaleFence when another worker has claimed the call, or when the lease ran out before sending,
    unless this very step renews it; IllegalStep when `to` may not follow, or a stored call would name no
    result; Conflict when another call has this id of the provider's; NotFound. Then nothing is written.
    """
    time = clock.read(session)
    guard = [ProviderCall.id == call_id, ProviderCall.fence == fence, ProviderCall.state.in_(_before(to))]
    if to is S.SENDING and "lease_expires_at" not in columns:
        guard.append(ProviderCall.lease_expires_at > time.steady)
    if to is not S.SENDING:  # whoever held the request has come out of it
        columns["sent_by"] = None
    if ("result" in columns or "asset_id" in columns) and _is_of_erased(session, call_id):
        columns["result"] = columns["asset_id"] = None  # what it cost is written; what it saw is not
    elif to in (S.STORED, S.RECORDED):
        guard.append(names_result(columns))
    session.flush()
    moved = update(ProviderCall).where(*guard).values(**step_values(to, time, columns))
    fresh = {"populate_existing": True, "synchronize_session": False}
    try:
        call = session.scalars(moved.returning(ProviderCall), execution_options=fresh).one_or_none()
    except IntegrityError as error:
        if not columns.get("provider_id") or not is_taken(error):
            raise
        raise Conflict("Another call has this id of the provider's.") from error
    if call is None:
        raise _why_not(get(session, call_id), fence, to)
    return call


def settle(session: Session, *, call_id: str, to: CallState, **columns: Unpack[CallColumns]) -> ProviderCall:
    """End an unknown call by evidence, whoever found it: a webhook, the provider's list, our store, a person.

    Evidence needs no fence, and moves it, so that of two who found some only the first writes.
    IllegalStep when the call is not unknown (any more).
    """
    guard = [ProviderCall.id == call_id, ProviderCall.state == S.UNKNOWN]
    if to is S.STORED:
        guard.append(names_result(columns))
    moved = {"fence": ProviderCall.fence + 1, "sent_by": None}
    values = step_values(to, clock.read(session), columns) | moved
    if "actual_microusd" in values:  # a price that is known is worth more than a guess
        values["actual_microusd"] = func.coalesce(ProviderCall.actual_microusd, values["actual_microusd"])
    if to not in ALLOWED_TRANSITIONS[S.UNKNOWN] or not _update(session, guard, values):
        raise IllegalStep("Only a call whose outcome is unknown can be settled, and by what it bought.")
    return get(session, call_id)


def mark_unknown_if_dead(session: Session, *, call_id: str) -> bool:
    """Take a call that is being sent, and whose lease has run out, to `unknown`; whether that was done.

    Locks the row: the worker may have woken up meanwhile, or another process have done it. Raises NotFound.
    """
    call, time = lock_where(session, ProviderCall.id == call_id), clock.read(session)
    if call.state is not S.SENDING or is_live(call, time):
        return False
    mark_unknown(call, time)
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
    guard = [ProviderCall.id == call_id, lost | ProviderCall.state.in_(BY_A_PERSON)]
    values = step_values(S.FAILED, clock.read(session), columns) | {"fence": ProviderCall.fence + 1}
    if not _update(session, guard, values):
        raise IllegalStep("Only a call that waits for a person can be opened again.")
    return get(session, call_id)


def record_provider_id(session: Session, *, call_id: str, provider_id: str) -> bool:
    """Record the id that a webhook gave while the answer is still awaited: nothing else of the call changes.

    If the answer is lost and the call becomes unknown, this is where its evidence is. False when the call
    is not being sent (any more), or has an id already.
    """
    guard = [
        ProviderCall.id == call_id,
        ProviderCall.state == S.SENDING,
        ProviderCall.provider_id.is_(None),
    ]
    return _update(session, guard, {"provider_id": provider_id})


def renew_lease(
    session: Session,
    *,
    call_id: str,
    fence: int,
    lease_seconds: float,
    answer_within_seconds: float | None = None,
) -> None:
    """Let the lease run out `lease_seconds` from now, 0 for at once, in one guarded UPDATE.

    With `answer_within_seconds` the request leaves now, and is over by then at the latest. Raises StaleFence
    when another worker has claimed the call.
    """
    now = clock.steady(session)
    guard = [ProviderCall.id == call_id, ProviderCall.fence == fence, ProviderCall.state.in_(LEASED)]
    values = {"lease_expires_at": now + timedelta(seconds=lease_seconds)}
    if answer_within_seconds is not None:
        values["answer_due_at"] = now + timedelta(seconds=answer_within_seconds)
    if not _update(session, guard, values):
        raise StaleFence("Another worker has taken this call over.")


def get(session: Session, call_id: str) -> ProviderCall:
    """The call as it is in the database now; NotFound if there is none."""
    call = session.get(ProviderCall, call_id, populate_existing=True)
    if call is None:
        raise NotFound("There is no such call.")
    return call


def lock(session: Session, call_id: str) -> ProviderCall:
    """The call, and nobody else changes it until the transaction ends; NotFound if there is none."""
    get(session, call_id)
    return lock_where(session, ProviderCall.id == call_id)


def by_work_key(session: Session, work_key: str) -> ProviderCall | None:
    """The call for this piece of work, or None."""
    if (ahead := read_ahead(session)) is not None:
        return ahead.call(work_key)
    return session.scalars(select(ProviderCall).where(ProviderCall.work_key == work_key)).one_or_none()


def by_asset(session: Session, asset_id: str) -> ProviderCall | None:
    """The call that brought these bytes, or None."""
    query = select(ProviderCall).where(ProviderCall.asset_id == asset_id).order_by(ProviderCall.id)
    return session.scalars(query.limit(1)).one_or_none()


def known_among(session: Session, work_keys: Collection[str]) -> set[str]:
    """Those of `work_keys`, some thousand at most, that there is a call for."""
    if not work_keys:
        return set()
    return set(session.scalars(select(ProviderCall.work_key).where(ProviderCall.work_key.in_(work_keys))))


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


def stuck(session: Session) -> list[ProviderCall]:
    """Calls that someone was on and whose lease has run out, longest first."""
    query = select(ProviderCall).where(
        ProviderCall.state.in_(LEASED), ProviderCall.lease_expires_at <= clock.steady(session)
    )
    return list(session.scalars(query.order_by(ProviderCall.lease_expires_at)))


def unknown(session: Session, *, given_up: bool = True) -> list[ProviderCall]:
    """Calls that are possibly paid and wait for evidence or a person, oldest first; without those that no
    machine looks for evidence of any more, if `given_up` is False.
    """
    query = select(ProviderCall).where(ProviderCall.state == S.UNKNOWN)
    if not given_up:
        query = query.where(ProviderCall.given_up_at.is_(None))
    return list(session.scalars(query.order_by(ProviderCall.id)))


def count_unknown(session: Session) -> int:
    """How many calls are possibly paid."""
    query = select(func.count()).select_from(ProviderCall).where(ProviderCall.state == S.UNKNOWN)
    return session.scalar(query) or 0


def spent_microusd(session: Session, *, day: Day | None = None, character_id: str | None = None) -> int:
    """What calls sent (on that day, for that character) are known to have cost."""
    return _sum(session, KNOWN_MICROUSD, day, character_id)


def reserved_microusd(session: Session, *, day: Day | None = None, character_id: str | None = None) -> int:
    """What calls that left, and whose price nobody has told us yet, are estimated to cost."""
    return _sum(session, RESERVED_MICROUSD, day, character_id)


def _sum(session: Session, amount: Any, day: Day | None, character_id: str | None) -> int:
    query = select(func.coalesce(func.sum(amount), 0))
    if day is not None:
        query = query.where(ProviderCall.sent_at >= day.start, ProviderCall.sent_at < day.end)
    if character_id is not None:
        query = query.where(ProviderCall.character_id == character_id)
    return int(session.scalar(query) or 0)


def lock_where(session: Session, which: Any) -> ProviderCall:
    """The row, locked until the transaction ends (on SQLite the whole transaction holds the only lock)."""
    query = select(ProviderCall).where(which).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def age(session: Session, call_id: str) -> timedelta:
    """How long ago the request of this call was over at the latest. What can't be told is no time ago."""
    call, time = get(session, call_id), clock.read(session)
    if call.answer_due_at is not None:
        return max(timedelta(0), time.steady - call.answer_due_at)
    since = call.accepted_at or call.sent_at
    return max(timedelta(0), time.now - since) if since is not None else timedelta(0)


def is_live(call: ProviderCall, time: Reading) -> bool:
    """Whether its lease runs: its holder has renewed it in time."""
    return call.lease_expires_at is not None and call.lease_expires_at > time.steady


def names_result(columns: CallColumns) -> ColumnElement[bool]:
    """That the call, with `columns` written, names what it bought: an asset, or a vision's answer."""
    written: dict[str, Any] = dict(columns)
    asset, answer = (
        (true() if written[name] is not None else false()) if name in written else column.is_not(None)
        for name, column in (("asset_id", ProviderCall.asset_id), ("result", ProviderCall.result))
    )
    return case((ProviderCall.kind == CallKind.IMAGE, asset), else_=answer)


def mark_unknown(call: ProviderCall, time: Reading) -> None:
    """Its worker died between sending and the answer. The fence is raised: if it wakes, it writes nothing."""
    call.state, call.ended_at = S.UNKNOWN, time.now
    call.error_code = "outcome_unknown"
    call.error_sentence = "Its worker ended before the answer came, so it is possibly paid."
    call.lease_owner = call.lease_expires_at = None
    call.fence += 1


def past_key(call: ProviderCall) -> str:
    """A work key that nobody asks for: an attempt that ends is history, never a result."""
    return digest_of({"work": call.work_key, "before attempt": call.attempts + 1})


def _is_of_erased(session: Session, call_id: str) -> bool:
    query = select(Character.status).join(ProviderCall, ProviderCall.character_id == Character.id)
    return session.scalar(query.where(ProviderCall.id == call_id)) is CharacterStatus.ERASED


def _before(to: CallState) -> list[CallState]:
    return [state for state, following in ALLOWED_TRANSITIONS.items() if to in following]


def step_values(to: CallState, time: Reading, columns: CallColumns) -> dict[str, Any]:
    """What is written when a call goes to `to`, beside its fence."""
    values: dict[str, Any] = {"state": to, "updated_at": time.now}
    if to in _STAMPS:
        values[_STAMPS[to]] = time.now
    if to is S.SENDING:
        values |= {"absent_since": None, "absent_told_at": None}
    if to in ENDS:
        values |= {"ended_at": time.now, "lease_owner": None, "lease_expires_at": None}
    else:  # also for what had ended as unknown, and goes on
        values |= {"ended_at": None, "error_code": None, "error_sentence": None, "given_up_at": None}
    if to in LEASED:  # what nobody holds has a lease that is over, so that it is found as left behind
        values["lease_expires_at"] = func.coalesce(ProviderCall.lease_expires_at, time.steady)
    values |= columns
    if values.get("provider_id") == "":
        values["provider_id"] = None
    return values


def _update(session: Session, guard: list[Any], values: dict[str, Any]) -> bool:
    session.flush()
    statement = update(ProviderCall).where(*guard).values(**values)
    return session.connection().execute(statement).rowcount == 1


def _why_not(call: ProviderCall, fence: int, to: CallState) -> StaleFence | IllegalStep:
    """What kept a step from being taken."""
    if call.fence != fence:
        return StaleFence("Another worker has taken this call over.")
    if to not in ALLOWED_TRANSITIONS[call.state]:
        return IllegalStep(told("A call can't go from %(state)s to %(to)s.", state=call.state, to=to))
    if to is S.SENDING:
        return StaleFence("The lease ran out before the request left.")
    return IllegalStep("A call that has ended well names what it bought.")
