"""Unknown calls and the evidence that settles them: our store, the provider's books, a webhook's word."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.models import CallKind, CallState, NoticeKind, ProviderCall
from db.repositories import call_sums, calls, claims, clock, events, notices
from db.repositories.claims import ClaimVerdict
from tasks.errors import LeaseLost, NotReady, OutcomeUnknown, OutputLost
from tasks.illustrate import illustrate
from tasks.process_identity import this_process
from tasks.providers.protocols import ImageOutput, ImageRequest, StoredObject
from tasks.providers.replicate.image import Patience, ReplicateImage
from tasks.providers.replicate.wire import ReplicateWire
from tasks.providers.request_history import ProviderOutcome, ProviderRecord, Search
from tasks.runtime import Runtime
from tasks.settlement.manual import Decision, settle_by_hand
from tasks.settlement.reconcile import (
    ReconcileRules,
    Settlement,
    collect_orphaned_outputs,
    resume_call,
    settle_by_provider_record,
    settle_unknown_calls,
)
from tasks.write_prompt import PictureWork
from tests.contract.replicate_answers import done, page, picture_url, prediction
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture
from tests.support.rows import call_at
from tests.support.runtimes import new_work, open_runtime
from tests.support.scripted_server import CUT, Answer, Seen, scripted_server

A_ROUND = timedelta(minutes=11)


@dataclass
class ImageWithBooks(BookkeepingImage):
    """A provider that loses the answer to its first create, and can be asked about it."""

    name: str = "replicate"
    books: list[ProviderRecord] = field(default_factory=list)
    complete: bool = True
    closed: bool = False
    as_of: datetime | None = datetime(2026, 11, 29, 12, tzinfo=UTC)  # by a clock of its own

    def find_requests(self, call_id: str, age: timedelta) -> Search:
        self._open()
        mine = tuple(each for each in self.books if each.call_id == call_id)
        return Search(mine, self.complete, self.as_of)

    def find_request(self, provider_id: str) -> ProviderRecord | None:
        self._open()
        return next((each for each in self.books if each.provider_id == provider_id), None)

    def _open(self) -> None:
        if self.closed:
            raise NotReady("The books are closed.")


@dataclass
class Clocks:
    """The record's clock, which goes on when it is told to; the provider's has to be moved by itself."""

    gone: timedelta = timedelta(0)

    def pass_by(self, books: ImageWithBooks, time: timedelta = A_ROUND) -> None:
        """Time passes for everybody."""
        self.gone += time
        if books.as_of is not None:
            books.as_of += time


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    hands = Clocks()
    measured = clock.since_boot
    monkeypatch.setattr(clock, "since_boot", lambda session: measured(session) + hands.gone)
    return hands


@pytest.fixture
def runtime(tmp_path: Path, migrated_record: Path) -> Iterator[Runtime]:
    with open_runtime(tmp_path, migrated_record, ImageWithBooks()) as runtime:
        yield runtime


@pytest.fixture
def books(runtime: Runtime) -> ImageWithBooks:
    assert isinstance(runtime.image, ImageWithBooks)
    return runtime.image


@pytest.fixture
def work(runtime: Runtime) -> PictureWork:
    return new_work(runtime)


@pytest.fixture
def unknown(runtime: Runtime, books: ImageWithBooks, work: PictureWork) -> ProviderCall:
    """A picture that was asked for, and no answer came."""

    def lose(_style: str) -> None:
        raise OutcomeUnknown("No answer came.")

    books.after_billing = lose
    with pytest.raises(OutcomeUnknown):
        illustrate(runtime, work)
    return the_call(runtime, work)


def the_call(runtime: Runtime, work: PictureWork) -> ProviderCall:
    with runtime.record.reading() as session:
        call = calls.by_work_key(session, work.work_key)
        assert call is not None
        return call


def alive(call: ProviderCall, **changes: Any) -> ProviderRecord:
    return replace(
        ProviderRecord(provider_id="p-seen", outcome=ProviderOutcome.ALIVE, call_id=call.id), **changes
    )


def a_failure(call: ProviderCall) -> ProviderRecord:
    return ProviderRecord(
        "p-failed", ProviderOutcome.FAILED, True, call.id, code="interrupted", sentence="Interrupted."
    )


def test_what_is_on_the_books_is_fetched_and_not_bought_again(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    books.books = [alive(unknown)]
    (settled,) = settle_unknown_calls(runtime)
    assert (settled.state, settled.by, settled.character_id) == (
        CallState.ACCEPTED,
        "books",
        work.character_id,
    )
    call = the_call(runtime, work)
    assert (call.state, call.provider_id) == (CallState.STORED, "p-seen")
    assert illustrate(runtime, work) == call.asset_id
    assert books.billed.total() == 1


def test_an_accepted_call_is_resumed_by_whoever_comes(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    assert settle_by_provider_record(runtime, unknown.id, alive(unknown)) is not None
    assert illustrate(runtime, work) == the_call(runtime, work).asset_id
    assert (books.billed.total(), books.fetched["p-seen"]) == (1, 1)


def test_the_timeline_says_how_it_was_settled(runtime: Runtime, unknown: ProviderCall) -> None:
    settle_by_provider_record(runtime, unknown.id, alive(unknown))
    assert unknown.character_id is not None
    with runtime.record.reading() as session:
        told = [
            each for each in events.timeline(session, unknown.character_id) if each.kind == "call.settled"
        ]
    assert [each.data for each in told] == [{"call_id": unknown.id, "by": "webhook", "state": "accepted"}]


def test_a_picture_that_lies_in_our_store_settles_its_call(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    runtime.store.put(f"pictures/{work.work_key[:2]}/{work.work_key}.png", a_picture(), "image/png")
    (settled,) = settle_unknown_calls(runtime)
    assert (settled.state, settled.by) == (CallState.STORED, "store")
    call = the_call(runtime, work)
    assert call.actual_microusd == call.estimate_microusd
    assert illustrate(runtime, work) == call.asset_id
    assert books.billed.total() == 1


def test_a_picture_that_came_with_its_answer_counts_at_its_price_though_its_worker_died(
    runtime: Runtime, work: PictureWork
) -> None:
    class AtOnce(ImageWithBooks):
        def submit(self, request: ImageRequest) -> str:
            request.last_check()
            assert request.keeper is not None
            request.keeper.keep("p-1", ImageOutput(cost_microusd=33_600, seconds=0.01, data=a_picture()))
            raise OutcomeUnknown("The worker died before it could say so.")

    runtime = replace(runtime, image=AtOnce())
    with pytest.raises(OutcomeUnknown):
        illustrate(runtime, work)
    (settled,) = settle_unknown_calls(runtime)
    assert (settled.state, settled.by) == (CallState.STORED, "store")
    call = the_call(runtime, work)
    assert (call.actual_microusd, call.provider_id) == (33_600, "p-1")


def test_what_is_twice_not_on_complete_books_was_never_bought(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork, clocks: Clocks
) -> None:
    assert settle_unknown_calls(runtime) == [], "it may still appear"
    assert settle_unknown_calls(runtime) == [], "the same moment again says nothing new"
    clocks.pass_by(books)
    (settled,) = settle_unknown_calls(runtime)
    assert settled.state is CallState.FAILED
    call = the_call(runtime, work)
    assert (call.error_code, call.actual_microusd) == ("never_arrived", 0)


@pytest.mark.parametrize("theirs", [timedelta(days=2), timedelta(0), timedelta(days=-2)])
def test_neither_clock_alone_says_that_it_was_never_bought(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, clocks: Clocks, theirs: timedelta
) -> None:
    settle_unknown_calls(runtime)
    assert books.as_of is not None
    if theirs:  # the provider's clock is set, and no time has passed
        books.as_of += theirs
    else:  # the record's, and the books are a copy that something on the way has kept
        clocks.gone += A_ROUND
    assert settle_unknown_calls(runtime) == []


def test_books_that_do_not_say_when_they_were_read_prove_no_absence(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, clocks: Clocks
) -> None:
    books.as_of = None
    for _ in range(3):
        assert settle_unknown_calls(runtime) == []
        clocks.pass_by(books)


def test_books_prove_no_absence_when_they_are_torn_or_closed_or_old(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, clocks: Clocks
) -> None:
    settle_unknown_calls(runtime)
    clocks.pass_by(books)
    books.complete = False
    assert settle_unknown_calls(runtime) == []
    books.complete, books.closed = True, True
    assert settle_unknown_calls(runtime) == []
    books.closed = False
    clocks.pass_by(books, timedelta(hours=2))
    assert settle_unknown_calls(runtime) == []


def test_an_old_call_is_asked_about_less_and_less_and_then_left_to_a_person(
    runtime: Runtime,
    books: ImageWithBooks,
    unknown: ProviderCall,
    clocks: Clocks,
    work: PictureWork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    find = books.find_requests

    def count(call_id: str, age: timedelta) -> Search:
        asked.append(call_id)
        return find(call_id, age)

    monkeypatch.setattr(books, "find_requests", count, raising=False)
    books.complete = False  # nothing is ever proved by them
    rules = ReconcileRules(eager=timedelta(days=1), until=timedelta(days=30))

    def rounds(at: timedelta, number: int) -> int:
        clocks.gone = at
        before = len(asked)
        for _ in range(number):
            settle_unknown_calls(runtime, rules=rules, every=False)
        return len(asked) - before

    assert rounds(timedelta(hours=12), 20) == 20
    assert 0 < rounds(timedelta(days=10), 200) < 100
    with monkeypatch.context() as away:
        away.setattr(books, "closed", True)
        assert rounds(timedelta(days=31), 2) == 2
        away.setattr(books, "name", "not in use")
        assert rounds(timedelta(days=31), 1) == 0
        assert the_call(runtime, work).given_up_at is None, "nobody could look"
    assert rounds(timedelta(days=31), 20) == 1, "for the last time"
    assert the_call(runtime, work).given_up_at is not None
    with runtime.record.reading() as session:
        given_up = [
            each for each in events.timeline(session, work.character_id) if each.kind == "call.given_up"
        ]
        assert [each.data for each in given_up] == [{"call_id": unknown.id}]
        once = f"{work.character_id} {given_up[0].id}"
        assert notices.is_told(session, NoticeKind.CHARACTER_NEEDS_ATTENTION, once)
    # A person can still have it looked for, and evidence that comes by itself counts.
    books.books = [alive(unknown)]
    assert [each.state for each in settle_unknown_calls(runtime)] == [CallState.ACCEPTED]
    assert the_call(runtime, work).given_up_at is None


def held_by(runtime: Runtime, call: ProviderCall, owner: str, *, due: timedelta) -> None:
    """The call was given up while `owner` had its request in his hands, which is over when it is `due`."""
    with runtime.record.writing() as session:
        row = calls.get(session, call.id)
        row.sent_by, row.answer_due_at = owner, clock.steady(session) + due


def test_absence_is_not_believed_while_its_sender_lives(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, clocks: Clocks
) -> None:
    held_by(runtime, unknown, this_process(), due=timedelta(seconds=-600))
    for _ in range(3):
        assert settle_unknown_calls(runtime) == []
        clocks.pass_by(books)
    place, pid, _ = this_process().split(":")
    held_by(runtime, unknown, f"{place}:{pid}:1", due=timedelta(seconds=600))  # another one, with its number
    assert settle_unknown_calls(runtime) == []
    clocks.pass_by(books)
    assert settle_unknown_calls(runtime)


def test_a_slow_request_of_another_machine_is_not_settled_while_it_may_be_alive(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, clocks: Clocks
) -> None:
    held_by(runtime, unknown, "another-machine:1:1", due=timedelta(minutes=25))
    for _ in range(2):
        clocks.pass_by(books)
        assert settle_unknown_calls(runtime) == []
    clocks.pass_by(books)  # 33 minutes: it is over, and looked for a first time
    assert settle_unknown_calls(runtime) == []
    clocks.pass_by(books)
    assert settle_unknown_calls(runtime)


def never_arrived(runtime: Runtime, books: ImageWithBooks, clocks: Clocks, work: PictureWork) -> ProviderCall:
    for _ in range(2):
        settle_unknown_calls(runtime)
        clocks.pass_by(books)
    call = the_call(runtime, work)
    assert call.error_code == "never_arrived"
    return call


@pytest.mark.parametrize("by", ["webhook", "books"])
def test_late_word_opens_again_what_absence_had_closed(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork, clocks: Clocks, by: str
) -> None:
    never_arrived(runtime, books, clocks, work)
    if by == "webhook":
        assert settle_by_provider_record(runtime, unknown.id, alive(unknown)) is not None
        assert resume_call(runtime, unknown.id)
    else:
        books.books = [alive(unknown)]
        assert len(settle_unknown_calls(runtime)) == 1
    call = the_call(runtime, work)
    assert (call.state, call.provider_id, call.actual_microusd) == (CallState.STORED, "p-seen", 39_000)
    assert illustrate(runtime, work) == call.asset_id
    assert books.billed.total() == 1
    with runtime.record.reading() as session:
        told = [each.kind for each in events.timeline(session, work.character_id)]
        assert call_sums.total(session).total_microusd == 39_000 + 1_500
    assert "call.reopened" in told


def test_one_who_is_about_to_send_it_again_finds_it_taken(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork, clocks: Clocks
) -> None:
    never_arrived(runtime, books, clocks, work)
    books.before_billing = lambda _style: None
    told: list[Settlement | None] = []

    def late_word() -> bool:
        told.append(settle_by_provider_record(runtime, unknown.id, alive(unknown)))
        return True

    with pytest.raises(LeaseLost):
        illustrate(replace(runtime, may_spend=late_word), work)
    assert told[0] is not None
    assert books.billed.total() == 1
    assert the_call(runtime, work).provider_id == "p-seen"


def test_what_was_bought_again_meanwhile_is_on_record_twice(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork, clocks: Clocks
) -> None:
    never_arrived(runtime, books, clocks, work)
    books.after_billing = lambda _style: None
    illustrate(runtime, work)
    for _ in range(2):  # said twice, it is written down once
        assert settle_by_provider_record(runtime, unknown.id, alive(unknown)) is None
    spent = 1_500 + 39_000
    with runtime.record.reading() as session:
        assert calls.reserved_microusd(session) == 39_000
        assert calls.spent_microusd(session) == spent
        (waiting,) = calls.unknown(session)
    assert (waiting.provider_id, waiting.error_code, waiting.attempt_of) == (
        "p-seen",
        "arrived_late",
        unknown.id,
    )
    books.books = [alive(unknown, is_final=True)]
    settle_unknown_calls(runtime)
    with runtime.record.reading() as session:
        assert calls.spent_microusd(session) == spent + 39_000
        assert calls.get(session, waiting.id).error_code == "bought_twice"
        told = [each.kind for each in events.timeline(session, work.character_id)]
    assert told.count("call.reopened") == 1
    assert books.billed.total() == 2


def test_a_second_purchase_that_the_provider_did_not_make_costs_nothing(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork, clocks: Clocks
) -> None:
    never_arrived(runtime, books, clocks, work)
    books.after_billing = lambda _style: None
    illustrate(runtime, work)
    settle_by_provider_record(runtime, unknown.id, alive(unknown))
    books.books = [replace(a_failure(unknown), provider_id="p-seen")]
    assert len(settle_unknown_calls(runtime)) == 1
    with runtime.record.reading() as session:
        assert calls.unknown(session) == []
        assert calls.spent_microusd(session) == 1_500 + 39_000


def test_a_persons_word_that_nothing_was_billed_is_corrected_by_the_providers(
    runtime: Runtime, unknown: ProviderCall, work: PictureWork
) -> None:
    settle_by_hand(runtime, unknown.id, Decision.NOT_BILLED, actor="operator")
    assert settle_by_provider_record(runtime, unknown.id, alive(unknown)) is not None
    call = the_call(runtime, work)
    assert (call.state, call.actual_microusd) == (CallState.ACCEPTED, None)


def test_the_answer_itself_opens_its_call_again(
    runtime: Runtime, books: ImageWithBooks, work: PictureWork, clocks: Clocks
) -> None:
    """A create that takes longer than everybody had thought possible, and is answered in the end."""

    def slow(_style: str) -> None:
        with runtime.record.writing() as session:
            row = calls.by_work_key(session, work.work_key)
            assert row is not None
            row.lease_expires_at = row.created_at
            calls.mark_unknown_if_dead(session, call_id=row.id)
            calls.settle(
                session,
                call_id=row.id,
                to=CallState.FAILED,
                actual_microusd=0,
                error_code="never_arrived",
                error_sentence="Not there.",
            )

    books.after_billing = slow
    asset_id = illustrate(runtime, work)
    call = the_call(runtime, work)
    assert (call.state, call.asset_id, call.actual_microusd) == (CallState.STORED, asset_id, 39_000)
    assert books.billed.total() == 1


def test_an_unknown_call_is_not_sent_again_by_looking(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    settle_unknown_calls(runtime)
    with pytest.raises(OutcomeUnknown):
        illustrate(runtime, work)
    assert books.billed.total() == 1


def test_a_failure_on_the_books_ends_the_call_with_its_reason(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    books.books = [a_failure(unknown)]
    (settled,) = settle_unknown_calls(runtime)
    assert settled.state is CallState.FAILED
    assert the_call(runtime, work).error_code == "interrupted"


@pytest.mark.parametrize("living_first", [True, False])
def test_a_picture_on_the_books_counts_whatever_failed_beside_it(
    runtime: Runtime,
    books: ImageWithBooks,
    unknown: ProviderCall,
    work: PictureWork,
    living_first: bool,
) -> None:
    seen = [alive(unknown), a_failure(unknown)]
    books.books = seen if living_first else seen[::-1]
    (settled,) = settle_unknown_calls(runtime)
    assert settled.state is CallState.ACCEPTED
    assert (the_call(runtime, work).state, the_call(runtime, work).provider_id) == (
        CallState.STORED,
        "p-seen",
    )
    assert books.billed.total() == 1


def test_the_failure_of_an_earlier_attempt_says_nothing_of_the_later_one(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    failure = a_failure(unknown)
    assert settle_by_provider_record(runtime, unknown.id, failure)
    with pytest.raises(OutcomeUnknown):
        illustrate(runtime, work)  # the second attempt, lost as well
    assert settle_by_provider_record(runtime, unknown.id, failure) is None
    books.books = [failure, alive(unknown, provider_id="p-second")]
    (settled,) = settle_unknown_calls(runtime)
    assert settled.state is CallState.ACCEPTED
    assert the_call(runtime, work).provider_id == "p-second"


def test_a_refusal_is_final(runtime: Runtime, unknown: ProviderCall, work: PictureWork) -> None:
    refusal = ProviderRecord(
        "p-1", ProviderOutcome.REFUSED, True, unknown.id, code="flagged_sensitive", sentence="No."
    )
    settled = settle_by_provider_record(runtime, unknown.id, refusal)
    assert settled is not None
    assert settled.state is CallState.REFUSED
    assert settle_by_provider_record(runtime, unknown.id, refusal) is None


def test_an_output_that_is_gone_is_paid_and_lost(
    runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    lost = ProviderRecord(
        "p-1", ProviderOutcome.LOST, True, unknown.id, code=OutputLost.code, sentence="Gone."
    )
    assert settle_by_provider_record(runtime, unknown.id, lost)
    assert the_call(runtime, work).actual_microusd == unknown.estimate_microusd
    with pytest.raises(OutputLost):
        illustrate(runtime, work)
    assert books.billed.total() == 1


def test_a_sighting_of_another_call_settles_nothing(runtime: Runtime, unknown: ProviderCall) -> None:
    another = alive(unknown, call_id="0197a1b2-0000-7000-8000-ba9876543210")
    assert settle_by_provider_record(runtime, unknown.id, another) is None
    assert settle_by_provider_record(runtime, "no-such-call", alive(unknown)) is None


def test_one_prediction_is_never_two_calls(runtime: Runtime, unknown: ProviderCall) -> None:
    with runtime.record.writing() as session:
        other = claims.claim(
            session,
            work_key="z" * 64,
            kind=CallKind.IMAGE,
            provider="replicate",
            model="m",
            estimate_microusd=1,
            owner="w",
            lease_seconds=60,
        ).call
        calls.advance(session, call_id=other.id, fence=other.fence, to=CallState.SENDING)
        calls.advance(
            session, call_id=other.id, fence=other.fence, to=CallState.ACCEPTED, provider_id="p-seen"
        )
    assert settle_by_provider_record(runtime, unknown.id, alive(unknown, call_id="")) is None
    nameless = replace(alive(unknown), call_id=None)
    assert settle_by_provider_record(runtime, unknown.id, nameless) is None


def test_a_webhook_that_comes_before_the_lost_answer_is_remembered(
    runtime: Runtime, books: ImageWithBooks, work: PictureWork
) -> None:
    def told_and_lost(_style: str) -> None:
        call = the_call(runtime, work)
        assert call.state is CallState.SENDING
        assert settle_by_provider_record(runtime, call.id, alive(call)) is None
        raise OutcomeUnknown("No answer came.")

    books.after_billing = told_and_lost
    with pytest.raises(OutcomeUnknown):
        illustrate(runtime, work)
    books.books = [replace(alive(the_call(runtime, work)), call_id=None)]  # its input is gone from the list
    (settled,) = settle_unknown_calls(runtime)
    assert settled.state is CallState.ACCEPTED
    assert the_call(runtime, work).state is CallState.STORED
    assert books.billed.total() == 1


def test_carrying_on_never_buys(runtime: Runtime, books: ImageWithBooks, unknown: ProviderCall) -> None:
    assert resume_call(runtime, unknown.id) is None
    assert books.billed.total() == 1


def test_a_picture_whose_run_is_over_is_fetched_before_it_expires(
    runtime: Runtime, books: ImageWithBooks, work: PictureWork
) -> None:
    def not_yet(_style: str) -> None:
        raise NotReady("Still drawing.")

    books.on_collect = not_yet
    with pytest.raises(NotReady):
        illustrate(runtime, work)
    assert the_call(runtime, work).state is CallState.ACCEPTED
    assert collect_orphaned_outputs(runtime) == 0  # not there yet
    books.on_collect = lambda _style: None
    elsewhere = replace(runtime, image=replace(books, name="another"))
    assert collect_orphaned_outputs(elsewhere) == 0  # not its picture
    assert collect_orphaned_outputs(runtime) == 1
    assert the_call(runtime, work).state is CallState.STORED
    assert collect_orphaned_outputs(runtime) == 0
    assert books.billed.total() == 1
    with runtime.record.reading() as session:
        told = events.timeline(session, work.character_id)
    assert [each.message for each in told if each.kind == "call.fetched"] == [
        "A picture that was ordered before is here. “Try again” shows it, at no further cost."
    ]


def test_a_looked_at_photo_has_no_books(runtime: Runtime, books: ImageWithBooks) -> None:
    def lose(_count: int) -> None:
        raise OutcomeUnknown("No answer came.")

    assert isinstance(runtime.vision, BookkeepingVision)
    runtime.vision.misbehave = lose
    with pytest.raises(OutcomeUnknown):
        new_work(runtime)
    clocks = [settle_unknown_calls(runtime) for _ in range(2)]
    assert clocks == [[], []]


def test_a_create_cut_on_the_wire_is_one_post_and_one_picture(runtime: Runtime) -> None:
    """The whole way over a real connection: accepted, cut before the answer, found in the books, fetched."""
    with scripted_server() as server:
        made: list[dict[str, object]] = []

        def accept_and_cut(seen: Seen) -> Answer:
            made.append(done(picture_url(), id="p1") | {"input": seen.json["input"]})
            return CUT

        server.on("POST", "/predictions$", accept_and_cut)
        server.on("GET", r"/v1/predictions\?", lambda _seen: Answer(body=page(*made)))
        server.on("GET", "/v1/predictions/p1$", lambda _seen: Answer(body=made[0]))
        wire = ReplicateWire("r8_token", server.url, create_timeout=httpx.Timeout(5.0))
        image = ReplicateImage(
            wire, slug="google/nano-banana-2.1", store=runtime.store, patience=Patience(deadline=5)
        )
        runtime = replace(runtime, image=image)
        work = new_work(runtime)
        with pytest.raises(OutcomeUnknown):
            illustrate(runtime, work)
        with pytest.raises(OutcomeUnknown):
            illustrate(runtime, work)  # a second try asks nobody
        (settled,) = settle_unknown_calls(runtime)
        call = the_call(runtime, work)
        assert (settled.state, call.state) == (CallState.ACCEPTED, CallState.STORED)
        assert call.actual_microusd == 33_600
        assert len(server.seen("POST")) == 1


def test_a_later_try_of_old_work_is_given_its_own_hour(runtime: Runtime) -> None:
    """A piece of work keeps its call's id for every try, so the id's age says nothing of this one's."""
    with scripted_server() as server:
        server.on("POST", "/predictions$", Answer(201, prediction()))
        server.on("GET", "/v1/predictions/p1$", Answer(404, {"detail": "Not found.", "status": 404}))
        wire = ReplicateWire("r8_token", server.url, create_timeout=httpx.Timeout(5.0))
        image = ReplicateImage(
            wire,
            slug="google/nano-banana-2.1",
            store=runtime.store,
            patience=Patience(first_pause=0.01, longest_pause=0.01),
        )
        work = new_work(runtime)
        with runtime.record.writing() as session:
            told = {"work_key": work.work_key, "kind": CallKind.IMAGE, "provider": "replicate", "model": "m"}
            old = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"  # RFC 9562's example, of 2022
            session.add(ProviderCall(**call_at(CallState.FAILED, **told, id=old)))
        runtime = replace(runtime, image=image)
        for _ in range(2):
            with pytest.raises(NotReady):
                illustrate(runtime, work)
        assert the_call(runtime, work).state is CallState.ACCEPTED
        assert len(server.seen("POST")) == 1


def test_the_rules_leave_time_to_appear_and_stop_before_the_books_forget() -> None:
    rules = ReconcileRules()
    assert timedelta(minutes=1) < rules.grace < rules.window - rules.grace < timedelta(hours=1) - rules.grace


def test_a_settled_call_is_someone_elses_to_take(runtime: Runtime, unknown: ProviderCall) -> None:
    settle_by_provider_record(runtime, unknown.id, alive(unknown))
    with runtime.record.writing() as session:
        claim = claims.claim(
            session,
            work_key=unknown.work_key,
            kind=CallKind.IMAGE,
            provider="replicate",
            model=unknown.model,
            estimate_microusd=1,
            owner="another",
            lease_seconds=60,
        )
    assert claim.verdict is ClaimVerdict.RESUME


def test_a_call_that_a_webhook_settles_meanwhile_stops_nobody(
    runtime: Runtime, unknown: ProviderCall, work: PictureWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.store.put(f"pictures/{work.work_key[:2]}/{work.work_key}.png", a_picture(), "image/png")
    head = runtime.store.head

    def the_webhook_is_faster(key: str) -> StoredObject | None:
        settle_by_provider_record(runtime, unknown.id, alive(unknown))
        return head(key)

    monkeypatch.setattr(runtime.store, "head", the_webhook_is_faster)
    assert settle_unknown_calls(runtime) == []
    assert the_call(runtime, work).state is CallState.ACCEPTED
