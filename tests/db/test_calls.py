"""The call record: one MINE, fences, leases, and where each state may go."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from db.days import day_of
from db.engine import Record
from db.errors import IllegalStep, NotFound, StaleFence
from db.ids import utc_now
from db.lifecycle import move
from db.models import CallKind, CallState, CharacterStatus, GeneratedAsset, ProviderCall
from db.repositories import call_sums, calls, characters, claims, measures
from db.repositories.calls import CallColumns
from db.repositories.claims import Claim, ClaimVerdict
from db.repositories.measures import Leases
from tests.support.racing import race_processes, race_threads
from tests.support.rows import a_character, an_asset, call_at

S = CallState
V = ClaimVerdict
KEY = "k" * 64

# Written out, so that the table under test is not its own judge. Nothing leads back to claimed but a claim.
MAY_FOLLOW = {
    "claimed": {"sending", "refused", "failed"},
    "sending": {"accepted", "delivered", "stored", "refused", "failed", "unknown"},
    "accepted": {"delivered", "stored", "refused", "failed", "unknown"},
    "delivered": {"stored", "refused", "failed", "unknown"},
    "stored": {"recorded"},
    "unknown": {"accepted", "delivered", "stored", "refused", "failed", "written_off"},
    "failed": {"written_off"},
    "recorded": set(),
    "refused": set(),
    "written_off": set(),
}


def claim(record: Record, *, owner: str = "worker-1", lease: float = 60, **more: Any) -> Claim:
    with record.writing() as session:
        wanted: dict[str, Any] = {
            "work_key": KEY,
            "kind": CallKind.IMAGE,
            "provider": "replicate",
            "model": "nano",
        }
        wanted |= {"estimate_microusd": 39_000} | more
        return claims.claim(session, owner=owner, lease_seconds=lease, **wanted)


def advance(record: Record, call: ProviderCall, *states: CallState, **columns: Any) -> ProviderCall:
    for to in states:
        free = {"actual_microusd": 0} if to is S.FAILED and call.actual_microusd is None else {}
        with record.writing() as session:
            call = calls.advance(session, call_id=call.id, fence=call.fence, to=to, **free | columns)
    return call


def lapse(record: Record, call: ProviderCall) -> None:
    with record.writing() as session:
        calls.renew_lease(session, call_id=call.id, fence=call.fence, lease_seconds=-1)


def an_asset_id(record: Record) -> str:
    with record.writing() as session:
        return an_asset(session).id


def stored(record: Record, **more: Any) -> ProviderCall:
    call = advance(record, claim(record, **more).call, S.SENDING)
    call = advance(record, call, S.ACCEPTED, provider_id="prediction-1")
    call = advance(record, call, S.DELIVERED, actual_microusd=41_000)
    return advance(record, call, S.STORED, asset_id=an_asset_id(record))


def test_the_happy_path_leaves_a_stamp_at_every_edge(record: Record) -> None:
    call = advance(record, stored(record), S.RECORDED)
    stamps = [call.sent_at, call.accepted_at, call.delivered_at, call.stored_at, call.recorded_at]
    assert None not in stamps
    assert stamps == sorted(stamps, key=str)
    assert (call.state, call.lease_owner, call.lease_expires_at) == (S.RECORDED, None, None)
    assert call.ended_at == call.recorded_at
    assert (call.provider_id, call.actual_microusd, call.fence, call.attempts) == (
        "prediction-1",
        41_000,
        1,
        1,
    )


@pytest.mark.parametrize("state", list(CallState))
def test_only_the_allowed_edges_can_be_taken(record: Record, state: CallState) -> None:
    asset_id = an_asset_id(record)
    for to in CallState:
        told = {"work_key": f"{to:>64}", "kind": CallKind.IMAGE, "provider": "replicate", "model": "nano"}
        with record.writing() as session:
            call = ProviderCall(**call_at(state, **told, asset_id=asset_id, actual_microusd=1))
            session.add(call)
        if to.value in MAY_FOLLOW[state.value]:
            assert advance(record, call, to).state is to
        else:
            with pytest.raises(IllegalStep):
                advance(record, call, to)
            with record.reading() as session:
                assert calls.get(session, call.id).state is state


def test_of_many_threads_one_is_told_mine(record: Record) -> None:
    numbers = itertools.count()
    claims = race_threads(8, lambda: claim(record, owner=f"worker-{next(numbers)}").verdict)
    assert sorted(claims) == sorted([V.MINE] + [V.BUSY] * 7)


def claim_in_another_process(url: str) -> str:
    record = Record(url)
    verdict = claim(record, owner="another").verdict
    record.close()
    return verdict


def test_of_many_processes_one_is_told_mine(url: str) -> None:
    assert sorted(race_processes(4, claim_in_another_process, url)) == ["busy", "busy", "busy", "mine"]


def test_of_many_threads_one_takes_over_a_lapsed_call(record: Record) -> None:
    lapse(record, claim(record).call)
    claims = race_threads(8, lambda: claim(record, owner="rescuer"))
    (winner,) = [each.call for each in claims if each.verdict is V.MINE]
    assert (winner.fence, winner.attempts) == (2, 2)
    assert all(each.verdict is V.BUSY for each in claims if each.verdict is not V.MINE)


@pytest.mark.parametrize(
    ("reached", "found"),
    [
        ([], V.MINE),  # nothing was sent
        ([S.SENDING], V.UNKNOWN),  # it may have been
        ([S.SENDING, S.ACCEPTED], V.RESUME),
        ([S.SENDING, S.ACCEPTED, S.DELIVERED], V.RESUME),
        ([S.SENDING, S.REFUSED], V.REFUSED),
        ([S.SENDING, S.FAILED], V.MINE),
        ([S.SENDING, S.UNKNOWN], V.UNKNOWN),
        ([S.SENDING, S.UNKNOWN, S.WRITTEN_OFF], V.WRITTEN_OFF),
    ],
)
def test_what_a_second_worker_finds(record: Record, reached: list[CallState], found: ClaimVerdict) -> None:
    call = advance(record, claim(record).call, *reached)
    if call.lease_owner:
        assert claim(record, owner="second").verdict is V.BUSY
        lapse(record, call)
    second = claim(record, owner="second")
    assert second.verdict is found
    taken_over = found in (V.MINE, V.RESUME)
    assert (second.call.lease_owner == "second") is taken_over
    assert (second.call.fence > call.fence) is (taken_over or S.SENDING in reached[-1:])


def test_a_finished_call_is_done_for_everyone(record: Record) -> None:
    call = stored(record)
    assert claim(record).verdict is V.DONE  # its bytes are there, whoever records them
    advance(record, call, S.RECORDED)
    done = claim(record)
    assert (done.verdict, done.call.asset_id) == (V.DONE, call.asset_id)


def test_a_lost_output_is_not_bought_again_by_itself(record: Record) -> None:
    call = advance(record, claim(record).call, S.SENDING, S.ACCEPTED)
    advance(record, call, S.FAILED, error_code="output_lost", actual_microusd=39_000)
    assert claim(record).verdict is V.LOST
    assert claim(record, resend_is_free=True).verdict is V.MINE


@pytest.mark.parametrize(
    ("reached", "told"),
    [
        ([S.SENDING, S.UNKNOWN], {}),
        ([S.SENDING, S.UNKNOWN, S.WRITTEN_OFF], {}),
        ([S.SENDING, S.FAILED], {"error_code": "output_lost"}),
    ],
)
def test_a_person_can_open_again_what_no_machine_would(
    record: Record, reached: list[CallState], told: CallColumns
) -> None:
    call = advance(record, claim(record).call, *reached[:-1])
    if reached[-1] is S.WRITTEN_OFF:
        with record.writing() as session:
            call = calls.settle(session, call_id=call.id, to=S.WRITTEN_OFF)
    else:
        call = advance(record, call, reached[-1], **told)
    assert claim(record).verdict is not V.MINE
    with record.writing() as session:
        opened = calls.reopen(session, call_id=call.id, actual_microusd=39_000, sentence="?")
    assert opened.fence == call.fence + 1
    assert claim(record).verdict is V.MINE
    with record.reading() as session:
        assert calls.spent_microusd(session) == 39_000


@pytest.mark.parametrize("reached", [[], [S.SENDING], [S.SENDING, S.ACCEPTED], [S.SENDING, S.REFUSED]])
def test_nothing_else_is_opened_again(record: Record, reached: list[CallState]) -> None:
    call = advance(record, claim(record).call, *reached)
    with pytest.raises(IllegalStep), record.writing() as session:
        calls.reopen(session, call_id=call.id, actual_microusd=0, sentence="?")
    with record.reading() as session:
        assert (calls.get(session, call.id).state, calls.get(session, call.id).fence) == (
            call.state,
            call.fence,
        )


def test_what_was_erased_can_be_asked_for_again(record: Record) -> None:
    with record.writing() as session:
        character = a_character(session)
    call = advance(record, stored(record, character_id=character.id), S.RECORDED)
    with record.writing() as session:
        move(session, characters.get(session, character.id), CharacterStatus.ERASED)
        session.execute(delete(GeneratedAsset).where(GeneratedAsset.id == call.asset_id))
    again = claim(record)
    assert (again.verdict, again.call.state, again.call.provider_id) == (V.MINE, S.CLAIMED, None)
    with record.reading() as session:
        assert (again.call.actual_microusd, calls.spent_microusd(session)) == (None, 41_000)


def test_where_sending_again_is_free_an_unknown_outcome_is_simply_done_again(record: Record) -> None:
    lapse(record, advance(record, claim(record, estimate_microusd=0).call, S.SENDING))
    assert claim(record, resend_is_free=True, estimate_microusd=0).verdict is V.MINE


def test_nobody_waits_for_a_worker_that_is_known_to_be_dead(record: Record) -> None:
    claim(record, owner="dead", lease=3600)
    assert claim(record, owner="second", is_gone=lambda owner: owner != "dead").verdict is V.BUSY
    assert claim(record, owner="second", is_gone=lambda owner: owner == "dead").verdict is V.MINE


def test_a_zombie_changes_nothing(record: Record) -> None:
    """It slept past its lease; another worker went on; it wakes up and goes on too."""
    zombie = claim(record).call
    lapse(record, zombie)
    rescuer = claim(record, owner="rescuer").call
    mine: dict[str, Any] = {"call_id": zombie.id, "fence": zombie.fence}
    with record.writing() as session:  # it is told each time, and commits all the same
        for step in (S.SENDING, S.FAILED):
            with pytest.raises(StaleFence):
                calls.advance(session, **mine, to=step, error_sentence="from the grave")
        with pytest.raises(StaleFence):
            calls.renew_lease(session, **mine, lease_seconds=3600)
    with record.reading() as session:
        now = calls.get(session, zombie.id)
    assert (now.state, now.fence, now.lease_owner) == (S.CLAIMED, rescuer.fence, "rescuer")
    assert (now.error_sentence, now.updated_at) == (None, rescuer.updated_at)
    advance(record, rescuer, S.SENDING)


def test_a_zombie_that_was_sending_is_silenced_by_the_unknown(record: Record) -> None:
    zombie = advance(record, claim(record).call, S.SENDING)
    lapse(record, zombie)
    assert claim(record, owner="second").verdict is V.UNKNOWN
    with pytest.raises(StaleFence):
        advance(record, zombie, S.ACCEPTED, provider_id="too-late")


def test_left_over_are_calls_that_a_worker_may_have_paid_before_it_was_gone(record: Record) -> None:
    """The alert is of those: what was only claimed has cost nothing, nor does the local engine."""
    reached: list[tuple[str, list[CallState]]] = [
        ("replicate", []),
        ("replicate", [S.SENDING]),
        ("replicate", [S.SENDING, S.ACCEPTED]),
        ("replicate", [S.SENDING, S.DELIVERED]),
        ("local", [S.SENDING]),
    ]
    for number, (provider, states) in enumerate(reached):
        call = claim(record, work_key=f"{number}" * 64, provider=provider).call
        lapse(record, advance(record, call, *states))
    claim(record)
    with record.reading() as session:
        assert measures.leases(session, free={"local"}) == Leases(held=1, expired=3)


def test_nothing_is_sent_on_a_lease_that_has_run_out(record: Record) -> None:
    call = claim(record).call
    lapse(record, call)
    with pytest.raises(StaleFence):
        advance(record, call, S.SENDING)
    with record.writing() as session:
        calls.renew_lease(session, call_id=call.id, fence=call.fence, lease_seconds=60)
    assert advance(record, call, S.SENDING).state is S.SENDING


def test_a_lease_given_back_is_free_at_once(record: Record) -> None:
    call = claim(record).call
    with record.writing() as session:
        calls.renew_lease(session, call_id=call.id, fence=call.fence, lease_seconds=0)
    assert claim(record, owner="second").verdict is V.MINE


def test_evidence_settles_an_unknown_call_once(record: Record) -> None:
    call = advance(record, claim(record).call, S.SENDING, S.UNKNOWN)
    with record.writing() as session:
        found = calls.settle(session, call_id=call.id, to=S.ACCEPTED, provider_id="seen-in-the-list")
    assert (found.provider_id, found.ended_at, found.fence) == ("seen-in-the-list", None, call.fence + 1)
    with pytest.raises(IllegalStep), record.writing() as session:
        calls.settle(session, call_id=call.id, to=S.FAILED, actual_microusd=0)
    assert claim(record, owner="second").verdict is V.RESUME


def test_what_a_webhook_says_before_the_answer_is_kept_through_the_unknown(record: Record) -> None:
    call = advance(record, claim(record).call, S.SENDING)
    with record.writing() as session:
        assert calls.record_provider_id(session, call_id=call.id, provider_id="prediction-1")
        assert not calls.record_provider_id(session, call_id=call.id, provider_id="prediction-2")
    known = advance(record, call, S.UNKNOWN)
    assert (known.provider_id, known.fence) == ("prediction-1", call.fence)
    with record.writing() as session:
        assert not calls.record_provider_id(session, call_id=call.id, provider_id="prediction-2")
        owner = calls.by_provider_id(session, "replicate", "prediction-1")
        assert owner is not None
        assert owner.id == call.id
        assert calls.by_provider_id(session, "openai", "prediction-1") is None


def test_one_prediction_settles_one_call(record: Record) -> None:
    advance(record, claim(record).call, S.SENDING, S.ACCEPTED, provider_id="prediction-1")
    other = advance(record, claim(record, work_key="o" * 64).call, S.SENDING, S.UNKNOWN)
    with pytest.raises(IntegrityError), record.writing() as session:
        calls.settle(session, call_id=other.id, to=S.ACCEPTED, provider_id="prediction-1")


def test_no_id_from_the_provider_is_no_id(record: Record) -> None:
    for key in ("a" * 64, "b" * 64):
        call = advance(record, claim(record, work_key=key).call, S.SENDING, S.ACCEPTED, provider_id="")
        assert call.provider_id is None


def test_a_call_can_not_end_well_with_nothing_to_show(record: Record) -> None:
    call = advance(record, claim(record).call, S.SENDING, S.ACCEPTED, S.DELIVERED)
    with record.writing() as session:
        nothings: list[dict[str, Any]] = [{}, {"asset_id": None}, {"result": {"seconds": 1}}]
        for nothing in nothings:
            with pytest.raises(IllegalStep, match="bought"):
                calls.advance(session, call_id=call.id, fence=1, to=S.STORED, **nothing)
    with record.reading() as session:
        assert calls.get(session, call.id).state is S.DELIVERED


def test_a_look_at_a_photo_ends_well_with_an_answer(record: Record) -> None:
    call = advance(record, claim(record, kind=CallKind.VISION).call, S.SENDING)
    with pytest.raises(IllegalStep, match="bought"):
        advance(record, call, S.STORED)
    call = advance(record, call, S.STORED, result={"profile": {}}, actual_microusd=300)
    assert advance(record, call, S.RECORDED).result == {"profile": {}}


def test_money_is_the_sum_of_every_attempt(record: Record) -> None:
    with record.writing() as session:
        character_id = a_character(session).id
    call = advance(record, claim(record, character_id=character_id).call, S.SENDING)
    with record.reading() as session:
        assert (calls.spent_microusd(session), calls.reserved_microusd(session)) == (0, 39_000)
    advance(record, call, S.FAILED, actual_microusd=10_000)
    second = advance(record, claim(record).call, S.SENDING, S.ACCEPTED, S.DELIVERED, actual_microusd=41_000)
    advance(record, claim(record, work_key="u" * 64).call, S.SENDING, S.UNKNOWN)
    claim(record, work_key="c" * 64)  # not sent: neither spent nor reserved
    with record.reading() as session:
        assert calls.get(session, second.id).actual_microusd == 41_000
        assert calls.spent_microusd(session) == 51_000
        assert calls.spent_microusd(session, character_id=character_id) == 51_000
        assert calls.spent_microusd(session, day=day_of(utc_now() + timedelta(days=1))) == 0
        assert calls.spent_microusd(session, day=day_of(utc_now() - timedelta(days=1))) == 0
        assert calls.reserved_microusd(session) == 39_000


def test_an_attempt_that_cost_something_keeps_its_day_its_character_and_the_providers_id(
    record: Record,
) -> None:
    with record.writing() as session:
        first_character, second_character = a_character(session, "Ada").id, a_character(session, "Bo").id
    call = claim(record, character_id=first_character).call
    yesterday = utc_now() - timedelta(days=1)
    advance(record, call, S.SENDING, sent_at=yesterday)
    advance(record, call, S.ACCEPTED, provider_id="prediction-1")
    advance(record, call, S.FAILED, actual_microusd=10_000, error_code="empty_output")
    again = claim(record, character_id=second_character).call
    advance(record, again, S.SENDING)
    advance(record, again, S.ACCEPTED, provider_id="prediction-2")
    with record.reading() as session:
        (past,) = calls.of_character(session, first_character)
        (present,) = calls.of_character(session, second_character)
        assert (past.state, past.provider_id, past.error_code) == (S.FAILED, "prediction-1", "empty_output")
        assert (past.sent_at, past.actual_microusd, past.attempts) == (yesterday, 10_000, 1)
        assert (present.id, present.provider_id, present.attempts) == (call.id, "prediction-2", 2)
        assert calls.by_work_key(session, "k" * 64) == present
        assert calls.spent_microusd(session, day=day_of(utc_now())) == 0


def test_an_attempt_that_cost_nothing_leaves_no_row(record: Record) -> None:
    call = advance(record, claim(record).call, S.SENDING)
    advance(record, call, S.FAILED, actual_microusd=0)
    assert claim(record).verdict is V.MINE
    with record.reading() as session:
        assert call_sums.total(session).calls == 1


def test_what_needs_someone_is_listed(record: Record) -> None:
    lapsed = claim(record).call
    claim(record, work_key="l" * 64)
    unknown = advance(record, claim(record, work_key="u" * 64).call, S.SENDING, S.UNKNOWN)
    lapse(record, lapsed)
    with record.reading() as session:
        assert [call.id for call in calls.stuck(session)] == [lapsed.id]
        assert [call.id for call in calls.unknown(session)] == [unknown.id]
        assert calls.by_work_key(session, "nobody") is None
        with pytest.raises(NotFound):
            calls.get(session, "nobody")
