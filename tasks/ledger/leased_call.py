"""A call that this process holds the lease of: each of its state transitions is one short transaction that
locks the call's row and checks the fence.

Where a failure happened decides what it means: before the request left it is tried again; after it left
without an answer the call is `unknown`, possibly paid, and no machine sends it again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Unpack

from opentelemetry.trace import Span, SpanKind

from db.engine import Session
from db.errors import Conflict, IllegalStep, RecordAway, RecordError, StaleFence
from db.log import Log
from db.models import CallKind, CallState, ProviderCall
from db.repositories import calls, clock
from db.repositories.calls import CallColumns
from tasks.consent.rules import ConsentWithdrawn, NotNamedInConsent, check_consent
from tasks.errors import (
    CallFailed,
    LeaseLost,
    NotReady,
    NotSent,
    OutcomeUnknown,
    OutputLost,
    OverBudget,
    PhotoRefused,
    ProviderError,
    Refused,
    StoreError,
    StorykinError,
)
from tasks.ledger.assumed_paid import is_cheap
from tasks.ledger.budget import check_budget, check_budget_ahead, tell_used_up
from tasks.ledger.failure_advice import CallContext, failure_advice
from tasks.ledger.heartbeat import Heartbeat
from tasks.ledger.late_result import settle_late_result
from tasks.ledger.rate_limit import acquire_slot, record_outcome
from tasks.ledger.timed_call import TimedCall
from tasks.measures import HELD_BACK, LEASES_LOST, observe
from tasks.providers.request_history import RequestHistory
from tasks.runtime import Runtime
from tasks.storage.binding import require_bound
from tasks.traces.spans import span

log = Log("ledger")

POSSIBLY_PAID = "A request left and no answer came back, so it is possibly paid."
NOT_TOLD_APART = (
    "The provider answered with the id of another picture, so what became of this one is not known: it is "
    "possibly paid."
)
TAKEN_OVER = "Another worker has taken this piece of work over."
ENDED_ELSEWHERE = "This run was ended elsewhere, so it stops before it spends."
NO_CONSENT = (ConsentWithdrawn, NotNamedInConsent)
BOUGHT = frozenset({CallState.ACCEPTED, CallState.DELIVERED, CallState.STORED})
# Of a paid call: what is known again from the state before, by the provider's id, the store and its receipt.
# Every other step is on the disk before anything follows from it: above all that a request is about to leave.
RETRACEABLE = frozenset({CallState.DELIVERED})
RETRY_SECONDS = 0.5  # between tries while the database is away


class LeasedCall:
    """A provider call under this process's lease, from the claim to its end.

    The lease (owner, expiry) keeps others from claiming the call; the fence is a number that every claim
    raises, so that whoever lost the lease can write nothing. Used by one thread; `Heartbeat` renews the lease
    from another.
    """

    def __init__(self, runtime: Runtime, call: ProviderCall, *, charges: bool) -> None:
        self._runtime = runtime
        self._fence = call.fence
        self._attempt = call.attempts
        self._charges = charges
        self._provider = call.provider
        self._character_id = call.character_id
        self.estimate_microusd = call.estimate_microusd
        self._context = call_context(runtime, call)
        self._cost = call.actual_microusd
        provider = runtime.vision if call.kind is CallKind.VISION else runtime.image
        self._answer_seconds = provider.answer_seconds
        self._timed = TimedCall(call)
        self.id = call.id
        self.work_key = call.work_key
        self.state = call.state
        self.provider_id = call.provider_id
        self.sent_at = call.sent_at  # by the database's clock

    def age(self) -> timedelta:
        """How long ago the request was over at the latest, by the database's clock; for what has left."""
        with self._runtime.record.reading() as session:
            return calls.age(session, self.id)

    def move(
        self,
        to: CallState,
        *,
        also: Callable[[Session], CallColumns] | None = None,
        **columns: Unpack[CallColumns],
    ) -> None:
        """Take the call to `to` with `columns`, and in the same transaction do what `also` does.

        What a provider has told us is in our hands alone until it is written, so a database that is away
        is waited for as long as a lease runs; then RecordAway. LeaseLost if the call is no longer ours:
        then nothing of it is written. OutcomeUnknown if the provider gave it the id of another call, and
        what it bought can't be told from that one's.
        """
        try:
            self._patiently(to, lambda: self._advance(to, also, columns.copy()))
        except StaleFence:
            if not self._settle_late_result(to, also, columns.copy()):
                observe(LEASES_LOST, provider=self._provider)
                raise LeaseLost(TAKEN_OVER) from None
        except Conflict:
            log.warning("provider gave one id twice", provider=self._provider, call_id=self.id)
            if to is CallState.ACCEPTED:
                raise self._unforeseen_id() from None
            # The answer came with the request: its id is only a name.
            columns.pop("provider_id", None)
            self.move(to, also=also, **columns)
            return
        self.state = to
        self._timed.moved(to)
        self._cost = columns.get("actual_microusd", self._cost)
        self.provider_id = columns.get("provider_id") or self.provider_id
        log.info("call moved", call_id=self.id, state=to.value)

    def _advance(
        self, to: CallState, also: Callable[[Session], CallColumns] | None, columns: CallColumns
    ) -> None:
        lasting = self._charges and to not in RETRACEABLE
        with self._runtime.record.writing(lasting=lasting) as session:
            if also:
                columns.update(also(session))
            calls.advance(session, call_id=self.id, fence=self._fence, to=to, **columns)

    def _patiently(self, to: CallState, write: Callable[[], None]) -> None:
        until = time.monotonic() + self._runtime.lease_seconds
        tries = 0
        while True:
            try:
                return write()
            except RecordAway:
                if time.monotonic() >= until:
                    raise
            except IllegalStep:
                if not (tries and self._is_there(to)):  # the try before was written, and we did not hear
                    raise
                return None
            tries += 1
            time.sleep(RETRY_SECONDS)

    def _is_there(self, to: CallState) -> bool:
        with self._runtime.record.reading() as session:
            call = calls.get(session, self.id)
            return (call.state, call.fence) == (to, self._fence)

    def _settle_late_result(
        self, to: CallState, also: Callable[[Session], CallColumns] | None, columns: CallColumns
    ) -> bool:
        """The call was given up as possibly paid, or closed as never bought, while we were frozen, and
        here is what became of it: that settles it. Whether it did.
        """
        try:
            with self._runtime.record.writing() as session:
                if also:
                    columns.update(also(session))
                ours = calls.get(session, self.id).attempts == self._attempt
                if to not in BOUGHT and not ours:
                    return False  # how an earlier attempt failed says nothing of a later one
                fence = settle_late_result(
                    session, call_id=self.id, to=to, attempt=self._attempt, columns=columns
                )
                if fence is None:
                    return False
                self._fence = fence
        except IllegalStep:
            return False
        if to in BOUGHT:
            self.renew_lease()
        return True

    def renew_lease(self) -> None:
        """Extend the lease to its full length from now on.

        Raises LeaseLost if another worker has claimed the call, RecordAway.
        """
        self._extend_lease(self._runtime.lease_seconds)

    def release_lease(self) -> None:
        """End the lease now, so that whoever asks next may go on at once. Raises what `renew_lease` does."""
        self._extend_lease(0)

    def _extend_lease(
        self,
        seconds: int,
        answer_within: float | None = None,
        *,
        also: Callable[[Session], object] = lambda _session: None,
    ) -> None:
        """With `answer_within` (seconds), the request is about to leave, and its answer is due by then.

        What `also` raises takes it back.
        """
        try:
            with self._runtime.record.writing(lasting=False) as session:
                also(session)
                calls.renew_lease(
                    session,
                    call_id=self.id,
                    fence=self._fence,
                    lease_seconds=seconds,
                    answer_within_seconds=answer_within,
                )
        except StaleFence:
            raise LeaseLost(TAKEN_OVER) from None

    def mark_sending(self) -> None:
        """Claimed → sending, if the consent allows it and the result may be kept in this store.

        A paid call also needs its run to be the current one, a rate slot of its provider, and room in
        today's budget: the transition locks the budget and reserves the estimate in one transaction.

        Raises LeaseLost, NotSent (`provider_paused`), OverBudget, ConsentWithdrawn, NotNamedInConsent or
        StoreError; then nothing has left, and the lease is released.
        """
        self.require_store_binding()
        try:
            if not self._charges:
                self.move(CallState.SENDING, also=self._with_consent, sent_by=self._runtime.owner)
                return
            # Before the rate slot: one that is taken for nothing keeps others waiting. A run that is ended
            # during the wait is stopped by `_last_check`, right before its request would leave.
            self._require_current_run()
            check_budget_ahead(self._runtime, self.estimate_microusd)
            acquire_slot(self._runtime, self._provider, alive=self.renew_lease, still=self._with_consent)
            self.move(CallState.SENDING, also=self._within_budget, sent_by=self._runtime.owner)
        except (NotSent, OverBudget, *NO_CONSENT) as error:
            observe(HELD_BACK, provider=self._provider, code=error.code)
            self._release_with(error)
            if isinstance(error, OverBudget):
                tell_used_up(self._runtime)
            raise

    def require_store_binding(self) -> None:
        """Release the lease and raise StoreError where the result must not be kept in this store."""
        try:
            require_bound(self._runtime)
        except StoreError as error:
            self._release_with(error)
            raise

    def _require_current_run(self) -> None:
        if not self._runtime.may_spend():
            self.release_lease()  # whoever has the run now shall not find the work taken
            raise LeaseLost(ENDED_ELSEWHERE)

    def _with_consent(self, session: Session) -> CallColumns:
        check_consent(session, self._character_id, self._provider)
        return {}

    def _within_budget(self, session: Session) -> CallColumns:
        self._with_consent(session)
        check_budget(session, self._runtime.daily_budget_microusd, self.estimate_microusd)
        time = clock.read(session)
        self.sent_at = time.now
        due = time.steady + timedelta(seconds=self._answer_seconds)
        until = time.steady + timedelta(seconds=self._runtime.lease_seconds)  # the wait for a slot is no loss
        return {"sent_at": time.now, "answer_due_at": due, "lease_expires_at": until}

    @contextmanager
    def sending(self) -> Iterator[Callable[[], None]]:
        """Around the one request that may cost money: what is raised inside decides how the call ends.

        Gives the last check, which the provider makes when all is prepared and right before the request
        leaves: a worker that was frozen meanwhile finds its run or its fence gone there, and sends nothing.
        """
        try:
            with self._span("send"), Heartbeat(self.renew_lease, every=self._runtime.lease_seconds / 3):
                yield self._last_check if self._charges else lambda: None
        except LeaseLost:
            raise
        except StorykinError as error:
            self._record_outcome(error)
            self._end(error)
            raise
        except Exception as error:
            self._record_outcome(error)
            raise self._unforeseen(error) from None
        self._record_outcome(None)

    def _span(self, doing: str) -> AbstractContextManager[Span]:
        return span(
            f"{doing}: {self._provider}", span_kind=SpanKind.CLIENT, call_id=self.id, **self._timed.labels
        )

    def _last_check(self) -> None:
        # The consent may have been withdrawn while all was prepared.
        self._extend_lease(self._runtime.lease_seconds, self._answer_seconds, also=self._with_consent)
        if not self._runtime.may_spend():
            self.move(
                CallState.FAILED,
                actual_microusd=0,
                error_code=LeaseLost.code,
                error_sentence=ENDED_ELSEWHERE,
            )
            raise LeaseLost(ENDED_ELSEWHERE)

    def _record_outcome(self, error: Exception | None) -> None:
        """Count it for the provider's pace and circuit breaker. What it answered is worth more than that."""
        if not self._charges:
            return
        try:
            record_outcome(self._runtime, self._provider, error)
        except RecordError as trouble:
            log.warning("provider outcome not recorded", call_id=self.id, code=trouble.code)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Around everything after acceptance: what is not final leaves the call to be resumed."""
        try:
            with self._span("collect"), Heartbeat(self.renew_lease, every=self._runtime.lease_seconds / 3):
                yield
        except LeaseLost:
            raise
        except NotReady as error:
            self._release_with(error)
            raise
        except NotSent as error:  # it was sent, once: what did not arrive is a question about it
            not_ready = NotReady(error.sentence, code=error.code, retry_after=error.retry_after)
            self._release_with(not_ready)
            raise not_ready from None
        except (ProviderError, PhotoRefused) as error:
            self._end(error)
            raise
        except StorykinError as error:
            self._release_with(error)
            raise
        except Exception as error:
            if not self._charges:
                raise self._unforeseen(error) from None
            not_ready = NotReady("The picture is not here yet.")
            self._release_with(not_ready)
            raise not_ready from None

    def _release_with(self, error: StorykinError) -> None:
        """Release the lease for `error`: whoever claims the call next resumes it from the state it is in."""
        self._add_advice(error, self.state)
        self.release_lease()

    def _unforeseen_id(self) -> OutcomeUnknown:
        unknown = OutcomeUnknown(NOT_TOLD_APART)
        self._end(unknown)
        return unknown

    def _unforeseen(self, error: Exception) -> StorykinError:
        log.error("provider raised", error=error, call_id=self.id, state=self.state.value)
        translated: StorykinError = CallFailed("The local engine could not finish this.", code="engine_error")
        if self._charges:
            translated = OutcomeUnknown(POSSIBLY_PAID)
        self._end(translated)
        return translated

    def _end(self, error: StorykinError) -> None:
        columns: CallColumns = {"error_code": error.code, "error_sentence": error.sentence}
        if self.state is not CallState.DELIVERED:  # what was delivered has its price already
            columns |= _price(error)
        came_to = self.state
        try:
            self.move(_end_state(error), **columns)
        except LeaseLost:
            if not (isinstance(error, OutcomeUnknown) and self._is_unknown()):
                raise  # else somebody has said the same before
        self._add_advice(error, came_to)

    def _is_unknown(self) -> bool:
        with self._runtime.record.reading() as session:
            return calls.get(session, self.id).state is CallState.UNKNOWN

    def _add_advice(self, error: StorykinError, state: CallState) -> None:
        """Add what it means for money, and what comes next. What is free needs no such words."""
        if self._charges:
            error.add(failure_advice(error, replace(self._context, state=state, cost_microusd=self._cost)))


def _price(error: StorykinError) -> CallColumns:
    """What ending in `error` cost, where that is known."""
    if isinstance(error, CallFailed | Refused | OutputLost):
        charged = error.charged_microusd
        return {} if charged is None else {"actual_microusd": charged}
    if isinstance(error, OutcomeUnknown | NotReady):
        return {}
    return {"actual_microusd": 0}  # it never left this machine, or was turned away uncharged


def _end_state(error: StorykinError) -> CallState:
    if isinstance(error, Refused | PhotoRefused):
        return CallState.REFUSED
    if isinstance(error, OutcomeUnknown | NotReady):  # asked about after it had left: it may be bought
        return CallState.UNKNOWN
    return CallState.FAILED


def call_context(runtime: Runtime, call: ProviderCall) -> CallContext:
    """What the advice that follows a failure of `call` depends on."""
    has_history = call.kind is CallKind.IMAGE and isinstance(
        runtime.find_image(call.provider), RequestHistory
    )
    cost, assumed = call.actual_microusd, is_cheap(runtime, call)
    return CallContext(call.kind, call.estimate_microusd, call.state, has_history, cost, assumed)
