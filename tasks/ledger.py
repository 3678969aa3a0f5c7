"""The ledger: every provider call, paid or free, goes through here, and none is made twice.

Each edge of a call's life is its own short transaction, guarded by the fence that the claim gave us. Where
a failure happened decides what it means: before the request left it is tried again; after it left without
an answer the call is `unknown`, possibly paid, and no machine sends it again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Unpack

from db.engine import Session
from db.errors import Conflict, IllegalStep, LostFence
from db.log import Log
from db.models import CallKind, CallState, ProviderCall
from db.repositories import calls
from db.repositories.calls import CallColumns, Claim, ClaimVerdict
from tasks.consequences import Stake, again, consequence
from tasks.errors import (
    CallBusy,
    CallFailed,
    LostLease,
    NotSent,
    OutcomeUnknown,
    OutputLost,
    OverBudget,
    PhotoRefused,
    ProviderError,
    Refused,
    StorykinError,
)
from tasks.heartbeat import Heartbeat
from tasks.money import check_budget
from tasks.providers.sightings import Evidence
from tasks.traffic import pass_gate, tell_outcome
from tasks.workshop import Workshop, is_gone

log = Log("ledger")

POSSIBLY_PAID = "A request left and no answer came back, so it is possibly paid."
NOT_TOLD_APART = (
    "The provider answered with the id of another picture, so what became of this one is not known: it is "
    "possibly paid."
)
TAKEN_OVER = "Another worker has taken this piece of work over."


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


class HeldCall:
    """A call that this process holds. Every move needs the fence to be ours still."""

    def __init__(self, workshop: Workshop, call: ProviderCall, *, charges: bool) -> None:
        self._workshop = workshop
        self._fence = call.fence
        self._charges = charges
        self._provider = call.provider
        self._estimate = call.estimate_microusd
        self._stake = _stake(workshop, call)
        self._cost = call.actual_microusd
        self.id = call.id
        self.state = call.state
        self.provider_id = call.provider_id

    def move(
        self,
        to: CallState,
        *,
        also: Callable[[Session], CallColumns] | None = None,
        **columns: Unpack[CallColumns],
    ) -> None:
        """Take the call to `to` with `columns`, and in the same transaction do what `also` does.

        LostLease if the call is no longer ours: then nothing of it is written. OutcomeUnknown if the
        provider gave it the id of another call, and what it bought can't be told from that one's.
        """
        try:
            with self._workshop.record.writing() as session:
                if also:
                    columns.update(also(session))
                calls.advance(session, call_id=self.id, fence=self._fence, to=to, **columns)
        except LostFence:
            raise LostLease(TAKEN_OVER) from None
        except Conflict:
            log.warning("provider gave one id twice", provider=self._provider, call_id=self.id)
            if to is CallState.ACCEPTED:
                raise self._unforeseen_id() from None
            # The answer came with the request: its id is only a name.
            columns.pop("provider_id", None)
            self.move(to, also=also, **columns)
            return
        self.state = to
        self._cost = columns.get("actual_microusd", self._cost)
        self.provider_id = columns.get("provider_id") or self.provider_id
        log.info("call moved", call_id=self.id, state=to.value)

    def renew(self, seconds: int | None = None) -> None:
        """A sign of life; 0 seconds gives the call back. LostLease if it is no longer ours."""
        lease = self._workshop.lease_seconds if seconds is None else seconds
        try:
            with self._workshop.record.writing() as session:
                calls.renew(session, call_id=self.id, fence=self._fence, lease_seconds=lease)
        except LostFence:
            raise LostLease(TAKEN_OVER) from None

    def leave(self) -> None:
        """Claimed → sending. For a paid call only if the run and the lease are ours, there is a place in
        the provider's traffic, and the budget has room; the move itself reserves the money.

        Raises LostLease, NotSent (`provider_paused`) or OverBudget; then nothing has left.
        """
        if not self._charges:
            self.move(CallState.SENDING)
            return
        try:
            pass_gate(self._workshop, self._provider, alive=self.renew)
            if not self._workshop.may_spend():
                self.renew(0)  # whoever has the run now shall not find the work taken
                raise LostLease("This run was ended elsewhere, so it stops before it spends.")
            self.renew()
            self.move(CallState.SENDING, also=self._within_budget)
        except (NotSent, OverBudget) as error:
            self._explain(error, self.state)
            self.renew(0)
            raise

    def _within_budget(self, session: Session) -> CallColumns:
        check_budget(session, self._workshop.daily_budget_microusd, self._estimate)
        return {}

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Around the one request that may cost money: what is raised inside decides how the call ends.

        A worker that was frozen since `leave` finds its fence moved here, and does not send.
        """
        if self._charges:
            self.renew()
        try:
            with Heartbeat(self.renew, every=self._workshop.lease_seconds / 3):
                yield
        except LostLease:
            raise
        except StorykinError as error:
            self._tell(error)
            self._end(error)
            raise
        except Exception as error:
            self._tell(error)
            raise self._unforeseen(error) from error
        self._tell(None)

    def _tell(self, error: Exception | None) -> None:
        if self._charges:
            tell_outcome(self._workshop, self._provider, error)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Around everything after acceptance: what is not final leaves the call to be resumed."""
        try:
            with Heartbeat(self.renew, every=self._workshop.lease_seconds / 3):
                yield
        except LostLease:
            raise
        except NotSent as error:
            self._give_back(error)
            raise
        except (ProviderError, PhotoRefused) as error:
            self._end(error)
            raise
        except StorykinError as error:
            self._give_back(error)
            raise
        except Exception as error:
            if not self._charges:
                raise self._unforeseen(error) from error
            told = NotSent("The picture is not here yet.")
            self._give_back(told)
            raise told from error

    def _give_back(self, error: StorykinError) -> None:
        """What is bought stays bought: whoever takes the call next goes on from here."""
        self._explain(error, self.state)
        self.renew(0)

    def _unforeseen_id(self) -> OutcomeUnknown:
        told = OutcomeUnknown(NOT_TOLD_APART)
        self._end(told)
        return told

    def _unforeseen(self, error: Exception) -> StorykinError:
        log.error("provider raised", error=error, call_id=self.id, state=self.state.value)
        told: StorykinError = CallFailed("The local engine could not finish this.", code="engine_error")
        if self._charges:
            told = OutcomeUnknown(POSSIBLY_PAID)
        self._end(told)
        return told

    def _end(self, error: StorykinError) -> None:
        columns: CallColumns = {"error_code": error.code, "error_sentence": error.sentence}
        if self.state is not CallState.DELIVERED:  # what was delivered has its price already
            columns |= _price(error)
        came_to = self.state
        self.move(_end_state(error), **columns)
        self._explain(error, came_to)

    def _explain(self, error: StorykinError, state: CallState) -> None:
        """Add what it means for money, and what comes next. What is free needs no such words."""
        if self._charges:
            error.add(consequence(error, replace(self._stake, state=state, cost_microusd=self._cost)))


def _price(error: StorykinError) -> CallColumns:
    """What ending in `error` cost, where that is known."""
    if isinstance(error, CallFailed | Refused | OutputLost):
        charged = error.charged_microusd
        return {} if charged is None else {"actual_microusd": charged}
    if isinstance(error, OutcomeUnknown):
        return {}
    return {"actual_microusd": 0}  # it never left this machine, or was turned away uncharged


def _end_state(error: StorykinError) -> CallState:
    if isinstance(error, Refused | PhotoRefused):
        return CallState.REFUSED
    if isinstance(error, OutcomeUnknown):
        return CallState.UNKNOWN
    return CallState.FAILED


def hold(workshop: Workshop, work: Work) -> HeldCall | ProviderCall:
    """Claim `work`: a HeldCall to carry on with, or the finished ProviderCall, whose result is there.

    Raises CallBusy while another live worker has it, Refused, OutcomeUnknown or CallFailed when it has
    ended in a way that no machine changes.
    """
    with workshop.record.writing() as session:
        claim = calls.claim(
            session,
            work_key=work.work_key,
            kind=work.kind,
            provider=work.provider,
            model=work.model,
            estimate_microusd=work.estimate_microusd,
            owner=workshop.owner,
            lease_seconds=workshop.lease_seconds,
            character_id=work.character_id,
            prompt_artifact_id=work.prompt_artifact_id,
            is_gone=is_gone,
            resend_is_free=not work.charges,
        )
    if claim.verdict in (ClaimVerdict.MINE, ClaimVerdict.RESUME):
        return HeldCall(workshop, claim.call, charges=work.charges)
    if claim.verdict is ClaimVerdict.DONE:
        return claim.call
    error = _not_ours_to_make(claim)
    if work.charges:
        error.add(again(error, _stake(workshop, claim.call)))
    raise error


def _stake(workshop: Workshop, call: ProviderCall) -> Stake:
    books = call.kind is CallKind.IMAGE and isinstance(workshop.image, Evidence)
    return Stake(call.kind, call.estimate_microusd, call.state, books, call.actual_microusd)


def _not_ours_to_make(claim: Claim) -> ProviderError:
    """Why the work is not to be done now, by what became of it."""
    call = claim.call
    match claim.verdict:
        case ClaimVerdict.BUSY:
            return CallBusy("Another worker is on this picture right now.")
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
    except (IllegalStep, LostFence):
        # Another worker on the same work said it between our look and our step: that is as good.
        if calls.get(session, call.id).state is not CallState.RECORDED:
            raise
