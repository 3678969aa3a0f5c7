"""Calls that were taken for never bought: what is noted before that is believed, and what opens them again.

The record never denies what a provider has billed: whatever closed a call, word of the provider that it has
the request after all is worth more.
"""

from datetime import datetime, timedelta
from typing import Unpack

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.digests import digest_of
from db.errors import IllegalStep
from db.ids import new_id
from db.models import CallState, ProviderCall
from db.repositories import calls, clock
from db.repositories.calls import (
    ARRIVED_LATE,
    ASSUMED_PAID,
    BOUGHT_TWICE,
    KEPT_APART,
    NEVER_ARRIVED,
    REOPENED_BY_EVIDENCE,
    CallColumns,
)

S = CallState


def record_absence(session: Session, call: ProviderCall, as_of: datetime) -> None:
    """The provider's books, as they stood at `as_of` by its own clock, did not show the call's request."""
    call.absent_since, call.absent_told_at = clock.steady(session), as_of


def closed_by_absence(session: Session, within: timedelta) -> list[ProviderCall]:
    """Calls whose request was taken for never arrived, and for which the books may still show otherwise."""
    query = select(ProviderCall).where(
        ProviderCall.state == S.FAILED,
        ProviderCall.error_code == NEVER_ARRIVED,
        ProviderCall.attempt_of.is_(None),
        ProviderCall.absent_since > clock.steady(session) - within,
    )
    return list(session.scalars(query.order_by(ProviderCall.id)))


def is_closed_unbought(call: ProviderCall) -> bool:
    """Whether the record holds that nothing, or nothing that the provider knows of, was bought by it."""
    if call.provider_id is not None:
        return False
    if call.state is S.FAILED:
        return call.sent_at is not None and (call.actual_microusd == 0 or call.error_code == ASSUMED_PAID)
    return call.state is S.CLAIMED  # about to be sent, once more; or the record is older than what was done


def reopen(session: Session, *, call_id: str, to: CallState, **columns: Unpack[CallColumns]) -> ProviderCall:
    """Take a call on from where it was closed, or claimed anew, as never bought: the provider has it.

    It moves the fence, so that who was about to send it again finds it gone. IllegalStep when the call is
    not closed like that, or `to` may not follow.
    """
    call = calls.lock(session, call_id)
    if not is_closed_unbought(call) or to not in REOPENED_BY_EVIDENCE[call.state]:
        raise IllegalStep("Only a call that was taken for never bought can be opened again by evidence.")
    time = clock.read(session)
    price: CallColumns = {"actual_microusd": None}
    for name, value in calls.step_values(to, time, price | columns).items():
        setattr(call, name, value)
    call.fence += 1
    call.sent_by = call.lease_owner = None
    call.sent_at = call.sent_at or time.now
    call.lease_expires_at = time.steady if to in calls.LEASED else None  # whoever looks for it finds it
    session.flush()
    return call


def record_late_attempt(
    session: Session, call: ProviderCall, *, provider_id: str, sentence: str, cost_microusd: int | None = None
) -> ProviderCall:
    """Put on record that an earlier attempt at `call`, taken for never bought, was bought as `provider_id`.

    The attempt's own row where one was kept, else one that is made for it. It is possibly paid until the
    provider tells how it ended, or has cost `cost_microusd`.
    """
    past = _unbought_attempt(session, call) or _another_attempt(session, call, provider_id)
    now = clock.now(session)
    past.provider_id = provider_id
    if past.error_code != ASSUMED_PAID:  # that one has its price already
        known = cost_microusd is not None
        past.state = S.FAILED if known else S.UNKNOWN
        past.actual_microusd = cost_microusd
        past.error_code, past.error_sentence = (BOUGHT_TWICE if known else ARRIVED_LATE), sentence
        past.ended_at = now
        past.given_up_at = None  # there is something to look for now
        past.fence += 1
    session.flush()
    return past


def _unbought_attempt(session: Session, call: ProviderCall) -> ProviderCall | None:
    """The oldest attempt at `call` that has a row of its own, and of which the provider was not heard."""
    query = (
        select(ProviderCall)
        .where(
            ProviderCall.attempt_of == call.id,
            ProviderCall.state == S.FAILED,
            ProviderCall.provider_id.is_(None),
            ProviderCall.error_code.in_(KEPT_APART),
            or_(ProviderCall.actual_microusd == 0, ProviderCall.error_code == ASSUMED_PAID),
        )
        .order_by(ProviderCall.attempts)
        .limit(1)
        .with_for_update()
    )
    return session.scalars(query).first()


def _another_attempt(session: Session, call: ProviderCall, provider_id: str) -> ProviderCall:
    now = clock.now(session)
    made = ProviderCall(
        id=new_id(),
        work_key=digest_of({"work": call.work_key, "arrived late": provider_id}),
        kind=call.kind,
        provider=call.provider,
        model=call.model,
        state=S.UNKNOWN,
        character_id=call.character_id,
        prompt_artifact_id=call.prompt_artifact_id,
        estimate_microusd=call.estimate_microusd,
        fence=1,
        sent_at=now,
        ended_at=now,
        attempt_of=call.id,
    )
    session.add(made)
    return made
