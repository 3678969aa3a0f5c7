"""Unknown calls and the evidence that settles them: our store, the provider's books, a webhook's word."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.errors import IllegalStep
from db.ids import first_id_at, utc_now
from db.models import CallKind, CallState, ProviderCall
from db.repositories import call_sums, calls, claims, clock, events
from db.repositories.claims import ClaimVerdict
from tasks.errors import LostLease, NotReady, OutcomeUnknown, OutputLost
from tasks.illustrate import illustrate
from tasks.providers.replicate.image import Patience, ReplicateImage
from tasks.providers.replicate.wire import ReplicateWire
from tasks.providers.request_history import Fate, Search, Sighting
from tasks.process_identity import this_process
from tasks.runtime import Workshop
from tasks.settlement.manual import Decision, settle_by_hand
from tasks.settlement.reconcile import (
    EvidenceRules,
    Settlement,
    carry_on,
    fetch_left_behind,
    settle_by_sighting,
    settle_unknown_calls,
)
from tasks.write_prompt import PictureWork
from tests.contract.replicate_answers import done, page, picture_url, prediction
from tests.support.providers import BookkeepingImage, BookkeepingVision, a_picture
from tests.support.rows import call_at
from tests.support.scripted_server import CUT, Answer, Seen, scripted_server
from tests.support.workshops import new_work, open_workshop

A_ROUND = timedelta(minutes=11)


@dataclass
class ImageWithBooks(BookkeepingImage):
    """A provider that loses the answer to its first create, and can be asked about it."""

    name: str = "replicate"
    books: list[Sighting] = field(default_factory=list)
    complete: bool = True
    closed: bool = False
    told_at: datetime | None = datetime(2026, 11, 29, 12, tzinfo=UTC)  # by a clock of its own

    def look_for(self, call_id: str, age: timedelta) -> Search:
        self._open()
        mine = tuple(each for each in self.books if each.call_id == call_id)
        return Search(mine, self.complete, self.told_at)

    def look_up(self, provider_id: str) -> Sighting | None:
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
        if books.told_at is not None:
            books.told_at += time


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    hands = Clocks()
    since_boot = clock._since_boot
    monkeypatch.setattr(clock, "_since_boot", lambda session: since_boot(session) + hands.gone)
    return hands


@pytest.fixture
def tools(tmp_path: Path, migrated_record: Path) -> Iterator[Workshop]:
    with open_workshop(tmp_path, migrated_record, ImageWithBooks()) as shop:
        yield shop


@pytest.fixture
def books(tools: Workshop) -> ImageWithBooks:
    assert isinstance(tools.image, ImageWithBooks)
    return tools.image


@pytest.fixture
def work(tools: Workshop) -> PictureWork:
    return new_work(tools)


@pytest.fixture
def unknown(tools: Workshop, books: ImageWithBooks, work: PictureWork) -> ProviderCall:
    """A picture that was asked for, and no answer came."""

    def lose(_style: str) -> None:
        raise OutcomeUnknown("No answer came.")

    books.after_billing = lose
    with pytest.raises(OutcomeUnknown):
        illustrate(tools, work)
    return the_call(tools, work)


def the_call(tools: Workshop, work: PictureWork) -> ProviderCall:
    with tools.record.reading() as session:
        call = calls.by_work_key(session, work.work_key)
        assert call is not None
        return call


def alive(call: ProviderCall, **changes: Any) -> Sighting:
    return replace(Sighting(provider_id="p-seen", fate=Fate.ALIVE, call_id=call.id), **changes)


def a_failure(call: ProviderCall) -> Sighting:
    return Sighting("p-failed", Fate.FAILED, True, call.id, code="interrupted", sentence="Interrupted.")


def test_what_is_on_the_books_is_fetched_and_not_bought_again(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    books.books = [alive(unknown)]
    (settled,) = settle_unknown_calls(tools)
    assert (settled.state, settled.by, settled.character_id) == (
        CallState.ACCEPTED,
        "books",
        work.character_id,
    )
    call = the_call(tools, work)
    assert (call.state, call.provider_id) == (CallState.STORED, "p-seen")
    assert illustrate(tools, work) == call.asset_id
    assert books.billed.total() == 1


def test_an_accepted_call_is_resumed_by_whoever_comes(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    assert settle_by_sighting(tools, unknown.id, alive(unknown)) is not None
    assert illustrate(tools, work) == the_call(tools, work).asset_id
    assert (books.billed.total(), books.fetched["p-seen"]) == (1, 1)


def test_the_timeline_says_how_it_was_settled(tools: Workshop, unknown: ProviderCall) -> None:
    settle_by_sighting(tools, unknown.id, alive(unknown))
    assert unknown.character_id is not None
    with tools.record.reading() as session:
        told = [
            each for each in events.timeline(session, unknown.character_id) if each.kind == "call.settled"
        ]
    assert [each.data for each in told] == [{"call_id": unknown.id, "by": "webhook", "state": "accepted"}]


def test_a_picture_that_lies_in_our_store_settles_its_call(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    tools.store.put(f"pictures/{work.work_key[:2]}/{work.work_key}.png", a_picture(), "image/png")
    (settled,) = settle_unknown_calls(tools)
    assert (settled.state, settled.by) == (CallState.STORED, "store")
    call = the_call(tools, work)
    assert call.actual_microusd == call.estimate_microusd
    assert illustrate(tools, work) == call.asset_id
    assert books.billed.total() == 1


def test_what_is_twice_not_on_complete_books_was_never_bought(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork, clocks: Clocks
) -> None:
    assert settle_unknown_calls(tools) == [], "it may still appear"
    assert settle_unknown_calls(tools) == [], "the same moment again says nothing new"
    clocks.pass_by(books)
    (settled,) = settle_unknown_calls(tools)
    assert settled.state is CallState.FAILED
    call = the_call(tools, work)
    assert (call.error_code, call.actual_microusd) == ("never_arrived", 0)


@pytest.mark.parametrize("theirs", [timedelta(days=2), timedelta(0), timedelta(days=-2)])
def test_neither_clock_alone_says_that_it_was_never_bought(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, clocks: Clocks, theirs: timedelta
) -> None:
    settle_unknown_calls(tools)
    assert books.told_at is not None
    if theirs:  # the provider's clock is set, and no time has passed
        books.told_at += theirs
    else:  # the record's, and the books are a copy that something on the way has kept
        clocks.gone += A_ROUND
    assert settle_unknown_calls(tools) == []


def test_books_that_do_not_say_when_they_were_read_prove_no_absence(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, clocks: Clocks
) -> None:
    books.told_at = None
    for _ in range(3):
        assert settle_unknown_calls(tools) == []
        clocks.pass_by(books)


def test_books_prove_no_absence_when_they_are_torn_or_closed_or_old(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, clocks: Clocks
) -> None:
    settle_unknown_calls(tools)
    clocks.pass_by(books)
    books.complete = False
    assert settle_unknown_calls(tools) == []
    books.complete, books.closed = True, True
    assert settle_unknown_calls(tools) == []
    books.closed = False
    clocks.pass_by(books, timedelta(hours=2))
    assert settle_unknown_calls(tools) == []


def held_by(tools: Workshop, call: ProviderCall, owner: str, *, due: timedelta) -> None:
    """The call was given up while `owner` had its request in his hands, which is over when it is `due`."""
    with tools.record.writing() as session:
        row = calls.get(session, call.id)
        row.sent_by, row.answer_due_at = owner, clock.steady(session) + due


def test_absence_is_not_believed_while_its_sender_lives(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, clocks: Clocks
) -> None:
    held_by(tools, unknown, this_process(), due=timedelta(seconds=-600))
    for _ in range(3):
        assert settle_unknown_calls(tools) == []
        clocks.pass_by(books)
    place, pid, _ = this_process().split(":")
    held_by(tools, unknown, f"{place}:{pid}:1", due=timedelta(seconds=600))  # another one, with its number
    assert settle_unknown_calls(tools) == []
    clocks.pass_by(books)
    assert settle_unknown_calls(tools)


def test_a_slow_request_of_another_machine_is_not_settled_while_it_may_be_alive(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, clocks: Clocks
) -> None:
    held_by(tools, unknown, "another-machine:1:1", due=timedelta(minutes=25))
    for _ in range(2):
        clocks.pass_by(books)
        assert settle_unknown_calls(tools) == []
    clocks.pass_by(books)  # 33 minutes: it is over, and looked for a first time
    assert settle_unknown_calls(tools) == []
    clocks.pass_by(books)
    assert settle_unknown_calls(tools)


def never_arrived(tools: Workshop, books: ImageWithBooks, clocks: Clocks, work: PictureWork) -> ProviderCall:
    for _ in range(2):
        settle_unknown_calls(tools)
        clocks.pass_by(books)
    call = the_call(tools, work)
    assert call.error_code == "never_arrived"
    return call


@pytest.mark.parametrize("by", ["webhook", "books"])
def test_late_word_opens_again_what_absence_had_closed(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork, clocks: Clocks, by: str
) -> None:
    never_arrived(tools, books, clocks, work)
    if by == "webhook":
        assert settle_by_sighting(tools, unknown.id, alive(unknown)) is not None
        assert carry_on(tools, unknown.id)
    else:
        books.books = [alive(unknown)]
        assert len(settle_unknown_calls(tools)) == 1
    call = the_call(tools, work)
    assert (call.state, call.provider_id, call.actual_microusd) == (CallState.STORED, "p-seen", 39_000)
    assert illustrate(tools, work) == call.asset_id
    assert books.billed.total() == 1
    with tools.record.reading() as session:
        told = [each.kind for each in events.timeline(session, work.character_id)]
        assert call_sums.total(session).total_microusd == 39_000 + 1_500
    assert "call.reopened" in told


def test_one_who_is_about_to_send_it_again_finds_it_taken(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork, clocks: Clocks
) -> None:
    never_arrived(tools, books, clocks, work)
    books.before_billing = lambda _style: None
    told: list[Settlement | None] = []

    def late_word() -> bool:
        told.append(settle_by_sighting(tools, unknown.id, alive(unknown)))
        return True

    with pytest.raises(LostLease):
        illustrate(replace(tools, may_spend=late_word), work)
    assert told[0] is not None
    assert books.billed.total() == 1
    assert the_call(tools, work).provider_id == "p-seen"


def test_what_was_bought_again_meanwhile_is_on_record_twice(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork, clocks: Clocks
) -> None:
    never_arrived(tools, books, clocks, work)
    books.after_billing = lambda _style: None
    illustrate(tools, work)
    for _ in range(2):  # said twice, it is written down once
        assert settle_by_sighting(tools, unknown.id, alive(unknown)) is None
    spent = 1_500 + 39_000
    with tools.record.reading() as session:
        assert calls.reserved_microusd(session) == 39_000
        assert calls.spent_microusd(session) == spent
        (waiting,) = calls.unknown(session)
    assert (waiting.provider_id, waiting.error_code, waiting.attempt_of) == (
        "p-seen",
        "arrived_late",
        unknown.id,
    )
    books.books = [alive(unknown, is_final=True)]
    settle_unknown_calls(tools)
    with tools.record.reading() as session:
        assert calls.spent_microusd(session) == spent + 39_000
        assert calls.get(session, waiting.id).error_code == "bought_twice"
        told = [each.kind for each in events.timeline(session, work.character_id)]
    assert told.count("call.reopened") == 1
    assert books.billed.total() == 2


def test_a_second_purchase_that_the_provider_did_not_make_costs_nothing(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork, clocks: Clocks
) -> None:
    never_arrived(tools, books, clocks, work)
    books.after_billing = lambda _style: None
    illustrate(tools, work)
    settle_by_sighting(tools, unknown.id, alive(unknown))
    books.books = [replace(a_failure(unknown), provider_id="p-seen")]
    assert len(settle_unknown_calls(tools)) == 1
    with tools.record.reading() as session:
        assert calls.unknown(session) == []
        assert calls.spent_microusd(session) == 1_500 + 39_000


def test_a_persons_word_that_nothing_was_billed_is_corrected_by_the_providers(
    tools: Workshop, unknown: ProviderCall, work: PictureWork
) -> None:
    settle_by_hand(tools, unknown.id, Decision.NOT_BILLED, actor="operator")
    assert settle_by_sighting(tools, unknown.id, alive(unknown)) is not None
    call = the_call(tools, work)
    assert (call.state, call.actual_microusd) == (CallState.ACCEPTED, None)


def test_the_answer_itself_opens_its_call_again(
    tools: Workshop, books: ImageWithBooks, work: PictureWork, clocks: Clocks
) -> None:
    """A create that takes longer than everybody had thought possible, and is answered in the end."""

    def slow(_style: str) -> None:
        with tools.record.writing() as session:
            row = calls.by_work_key(session, work.work_key)
            assert row is not None
            row.lease_expires_at = row.created_at
            calls.give_up_if_dead(session, call_id=row.id)
            calls.settle(
                session,
                call_id=row.id,
                to=CallState.FAILED,
                actual_microusd=0,
                error_code="never_arrived",
                error_sentence="Not there.",
            )

    books.after_billing = slow
    asset_id = illustrate(tools, work)
    call = the_call(tools, work)
    assert (call.state, call.asset_id, call.actual_microusd) == (CallState.STORED, asset_id, 39_000)
    assert books.billed.total() == 1


def test_an_unknown_call_is_not_sent_again_by_looking(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    settle_unknown_calls(tools)
    with pytest.raises(OutcomeUnknown):
        illustrate(tools, work)
    assert books.billed.total() == 1


def test_a_failure_on_the_books_ends_the_call_with_its_reason(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    books.books = [a_failure(unknown)]
    (settled,) = settle_unknown_calls(tools)
    assert settled.state is CallState.FAILED
    assert the_call(tools, work).error_code == "interrupted"


def test_the_failure_of_an_earlier_attempt_says_nothing_of_the_later_one(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    failure = a_failure(unknown)
    assert settle_by_sighting(tools, unknown.id, failure)
    with pytest.raises(OutcomeUnknown):
        illustrate(tools, work)  # the second attempt, lost as well
    assert settle_by_sighting(tools, unknown.id, failure) is None
    books.books = [failure, alive(unknown, provider_id="p-second")]
    (settled,) = settle_unknown_calls(tools)
    assert settled.state is CallState.ACCEPTED
    assert the_call(tools, work).provider_id == "p-second"


def test_a_refusal_is_final(tools: Workshop, unknown: ProviderCall, work: PictureWork) -> None:
    refusal = Sighting("p-1", Fate.REFUSED, True, unknown.id, code="flagged_sensitive", sentence="No.")
    settled = settle_by_sighting(tools, unknown.id, refusal)
    assert settled is not None
    assert settled.state is CallState.REFUSED
    assert settle_by_sighting(tools, unknown.id, refusal) is None


def test_an_output_that_is_gone_is_paid_and_lost(
    tools: Workshop, books: ImageWithBooks, unknown: ProviderCall, work: PictureWork
) -> None:
    lost = Sighting("p-1", Fate.LOST, True, unknown.id, code=OutputLost.code, sentence="Gone.")
    assert settle_by_sighting(tools, unknown.id, lost)
    assert the_call(tools, work).actual_microusd == unknown.estimate_microusd
    with pytest.raises(OutputLost):
        illustrate(tools, work)
    assert books.billed.total() == 1


def test_a_sighting_of_another_call_settles_nothing(tools: Workshop, unknown: ProviderCall) -> None:
    another = alive(unknown, call_id="0197a1b2-0000-7000-8000-ba9876543210")
    assert settle_by_sighting(tools, unknown.id, another) is None
    assert settle_by_sighting(tools, "no-such-call", alive(unknown)) is None


def test_one_prediction_is_never_two_calls(tools: Workshop, unknown: ProviderCall) -> None:
    with tools.record.writing() as session:
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
    assert settle_by_sighting(tools, unknown.id, alive(unknown, call_id="")) is None
    nameless = replace(alive(unknown), call_id=None)
    assert settle_by_sighting(tools, unknown.id, nameless) is None


def test_a_webhook_that_comes_before_the_lost_answer_is_remembered(
    tools: Workshop, books: ImageWithBooks, work: PictureWork
) -> None:
    def told_and_lost(_style: str) -> None:
        call = the_call(tools, work)
        assert call.state is CallState.SENDING
        assert settle_by_sighting(tools, call.id, alive(call)) is None
        raise OutcomeUnknown("No answer came.")

    books.after_billing = told_and_lost
    with pytest.raises(OutcomeUnknown):
        illustrate(tools, work)
    books.books = [replace(alive(the_call(tools, work)), call_id=None)]  # its input is gone from the list
    (settled,) = settle_unknown_calls(tools)
    assert settled.state is CallState.ACCEPTED
    assert the_call(tools, work).state is CallState.STORED
    assert books.billed.total() == 1


def test_carrying_on_never_buys(tools: Workshop, books: ImageWithBooks, unknown: ProviderCall) -> None:
    assert carry_on(tools, unknown.id) is None
    assert books.billed.total() == 1


def test_a_picture_whose_run_is_over_is_fetched_before_it_expires(
    tools: Workshop, books: ImageWithBooks, work: PictureWork
) -> None:
    def not_yet(_style: str) -> None:
        raise NotReady("Still drawing.")

    books.on_collect = not_yet
    with pytest.raises(NotReady):
        illustrate(tools, work)
    assert the_call(tools, work).state is CallState.ACCEPTED
    assert fetch_left_behind(tools) == 0  # not there yet
    books.on_collect = lambda _style: None
    elsewhere = replace(tools, image=replace(books, name="another"))
    assert fetch_left_behind(elsewhere) == 0  # not its picture
    assert fetch_left_behind(tools) == 1
    assert the_call(tools, work).state is CallState.STORED
    assert fetch_left_behind(tools) == 0
    assert books.billed.total() == 1
    with tools.record.reading() as session:
        told = events.timeline(session, work.character_id)
    assert [each.message for each in told if each.kind == "call.fetched"] == [
        "A picture that was ordered before is here. “Try again” shows it, at no further cost."
    ]


def test_a_looked_at_photo_has_no_books(tools: Workshop, books: ImageWithBooks) -> None:
    def lose(_count: int) -> None:
        raise OutcomeUnknown("No answer came.")

    assert isinstance(tools.vision, BookkeepingVision)
    tools.vision.misbehave = lose
    with pytest.raises(OutcomeUnknown):
        new_work(tools)
    clocks = [settle_unknown_calls(tools) for _ in range(2)]
    assert clocks == [[], []]


def test_a_create_cut_on_the_wire_is_one_post_and_one_picture(tools: Workshop) -> None:
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
            wire, slug="google/nano-banana-2.1", store=tools.store, patience=Patience(deadline=5)
        )
        shop = replace(tools, image=image)
        work = new_work(shop)
        with pytest.raises(OutcomeUnknown):
            illustrate(shop, work)
        with pytest.raises(OutcomeUnknown):
            illustrate(shop, work)  # a second try asks nobody
        (settled,) = settle_unknown_calls(shop)
        call = the_call(shop, work)
        assert (settled.state, call.state) == (CallState.ACCEPTED, CallState.STORED)
        assert call.actual_microusd == 67_000
        assert len(server.seen("POST")) == 1


def test_a_later_try_of_old_work_is_given_its_own_hour(tools: Workshop) -> None:
    """A piece of work keeps its call's id for every try, so the id's age says nothing of this one's."""
    with scripted_server() as server:
        server.on("POST", "/predictions$", Answer(201, prediction()))
        server.on("GET", "/v1/predictions/p1$", Answer(404, {"detail": "Not found.", "status": 404}))
        wire = ReplicateWire("r8_token", server.url, create_timeout=httpx.Timeout(5.0))
        image = ReplicateImage(
            wire,
            slug="google/nano-banana-2.1",
            store=tools.store,
            patience=Patience(first_pause=0.01, longest_pause=0.01),
        )
        work = new_work(tools)
        with tools.record.writing() as session:
            told = {"work_key": work.work_key, "kind": CallKind.IMAGE, "provider": "replicate", "model": "m"}
            yesterday = first_id_at(utc_now() - timedelta(days=1))
            session.add(ProviderCall(**call_at(CallState.FAILED, **told, id=yesterday)))
        shop = replace(tools, image=image)
        for _ in range(2):
            with pytest.raises(NotReady):
                illustrate(shop, work)
        assert the_call(shop, work).state is CallState.ACCEPTED
        assert len(server.seen("POST")) == 1


def test_the_rules_leave_time_to_appear_and_stop_before_the_books_forget() -> None:
    rules = EvidenceRules()
    assert timedelta(minutes=1) < rules.grace < rules.window - rules.grace < timedelta(hours=1) - rules.grace


def test_a_settled_call_is_someone_elses_to_take(tools: Workshop, unknown: ProviderCall) -> None:
    settle_by_sighting(tools, unknown.id, alive(unknown))
    with tools.record.writing() as session:
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


def test_a_call_that_someone_else_has_settled_meanwhile_stops_nobody(
    tools: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tools.record.reading() as session:
        waiting = calls.unknown(session)

    def settled_already(*_arguments: object) -> None:
        raise IllegalStep("Only a call whose outcome is unknown can be settled.")

    monkeypatch.setattr("tasks.settlement.reconcile._by_store", settled_already)
    monkeypatch.setattr(calls, "unknown", lambda _session: [*waiting, ProviderCall(id="another")])
    assert settle_unknown_calls(tools) == []
