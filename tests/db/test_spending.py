"""The sums of the calls: right after every move on either database, whoever writes; and the lock of a day."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from sqlalchemy import delete, text, update

from db.days import Day, day_of, day_on
from db.engine import Record, Session
from db.errors import RecordAway
from db.models import CallDaySum, CallKind, CallState, PromptArtifact, ProviderCall
from db.repositories import call_sums, calls, claims, late_answers, limits, spending
from tests.support.rows import a_character, a_prompt, an_asset, call_at

S = CallState
PRICE = 39_000
MOMENT = datetime(2026, 11, 30, 12, 59, 59, 999_999, tzinfo=UTC)


def claimed(
    record: Record, key: str, character_id: str | None = None, prompt_id: str | None = None
) -> claims.Claim:
    with record.writing() as session:
        return claims.claim(
            session,
            work_key=f"{key:>64}",
            kind=CallKind.IMAGE,
            provider="replicate",
            model="m",
            estimate_microusd=PRICE,
            owner="test",
            lease_seconds=60,
            character_id=character_id,
            prompt_artifact_id=prompt_id,
        )


def moved(record: Record, call: ProviderCall, to: CallState, price: int | None = None) -> None:
    with record.writing() as session:
        current = calls.get(session, call.id)
        columns: calls.CallColumns = {} if price is None else {"actual_microusd": price}
        if to in (S.STORED, S.RECORDED):
            columns["asset_id"] = an_asset(session).id
        calls.advance(session, call_id=call.id, fence=current.fence, to=to, **columns)


def agrees(record: Record) -> bool:
    with record.reading() as session:
        whole = call_sums.total(session)
        assert whole.spent_microusd == calls.spent_microusd(session) == spending.spent_in_all(session)
        assert whole.reserved_microusd == calls.reserved_microusd(session)
        return spending.audit(session).agrees


def test_the_sums_follow_a_call_through_its_life_and_its_next_attempt(record: Record) -> None:
    with record.writing() as session:
        ada = a_character(session).id
        prompt = a_prompt(session, ada, "p" * 64, "anime").id
    call = claimed(record, "one", ada, prompt).call
    for to, price in ((S.SENDING, None), (S.ACCEPTED, None), (S.DELIVERED, 41_000), (S.FAILED, None)):
        moved(record, call, to, price)
        assert agrees(record)
    again = claimed(record, "one", ada, prompt)
    assert again.verdict is claims.ClaimVerdict.MINE and agrees(record)
    moved(record, again.call, S.SENDING)
    with record.reading() as session:
        (anime,) = call_sums.by_style(session)
        assert (anime.style, anime.sum) == ("anime", call_sums.CallSum(41_000, PRICE, 2))
        assert spending.of_day(session, day_of(datetime.now(UTC))) == spending.Spending(41_000, PRICE)
        assert [each.sum.total_microusd for each in call_sums.by_character(session)] == [41_000 + PRICE]
    assert agrees(record)


def test_the_sums_hold_whatever_happens_in_whatever_order(record: Record) -> None:
    chosen = random.Random(7)
    made = [claimed(record, str(number)).call for number in range(6)]
    steps: list[Callable[[ProviderCall], None]] = [
        *(
            lambda call, to=to: moved(record, call, to, 5)
            for to in (S.DELIVERED, S.STORED, S.FAILED, S.REFUSED)
        ),
        *(
            lambda call, to=to: moved(record, call, to)
            for to in (S.SENDING, S.ACCEPTED, S.UNKNOWN, S.RECORDED)
        ),
        lambda call: _settle(record, call, S.WRITTEN_OFF),
        lambda call: _late(record, call),
        lambda call: void(claimed(record, call.work_key.strip())),
    ]
    done = 0
    for _ in range(80):
        try:
            chosen.choice(steps)(chosen.choice(made))
            done += 1
        except Exception as error:  # most are no legal step, and change nothing
            assert "SyntaxError" not in str(error)
    assert done > 10 and agrees(record)


def _priced(record: Record, to: CallState, call: ProviderCall) -> None:
    moved(record, call, to, 5)


def void(_value: object) -> None:
    """Nothing."""


def _settle(record: Record, call: ProviderCall, to: CallState) -> None:
    with record.writing() as session:
        calls.settle(session, call_id=call.id, to=to)


def _late(record: Record, call: ProviderCall) -> None:
    with record.writing() as session:
        found = calls.lock(session, call.id)
        late_answers.record_late_attempt(session, found, provider_id=f"late-{call.id}", sentence="Late.")


def test_what_an_erased_prompt_was_for_keeps_its_style(record: Record) -> None:
    with record.writing() as session:
        ada = a_character(session).id
        prompt = a_prompt(session, ada, "p" * 64, "anime").id
    call = claimed(record, "one", ada, prompt).call
    moved(record, call, S.SENDING)
    with record.writing() as session:
        session.execute(delete(PromptArtifact))
        assert calls.get(session, call.id).prompt_artifact_id is None
    moved(record, call, S.DELIVERED, 7)
    with record.reading() as session:
        assert [(each.style, each.sum.spent_microusd) for each in call_sums.by_style(session)] == [
            ("anime", 7)
        ]
    assert agrees(record)


@pytest.mark.parametrize(
    "sent_at", [MOMENT, MOMENT + timedelta(microseconds=1), datetime(1970, 1, 1, tzinfo=UTC)]
)
def test_a_call_counts_in_the_quarter_it_left_in_to_the_microsecond(
    record: Record, sent_at: datetime
) -> None:
    with record.writing() as session:
        told = call_at(
            S.DELIVERED, work_key="w" * 64, kind=CallKind.IMAGE, sent_at=sent_at, actual_microusd=9
        )
        session.add(ProviderCall(**told, provider="replicate", model="m"))
    noon = datetime(2026, 11, 30, 13, tzinfo=UTC)
    before = Day(noon.date(), noon - timedelta(hours=1), noon)
    with record.reading() as session:
        assert spending.of_day(session, before).spent_microusd == (9 if sent_at == MOMENT else 0)
        assert spending.of_day(session, day_of(sent_at)).spent_microusd == 9
    assert agrees(record)


def test_midnight_is_on_a_quarter_wherever_there_are_clocks() -> None:
    for name in available_timezones():
        zone = ZoneInfo(name)
        for month in range(1, 13):
            day = day_on(date(2026, month, 29 if month == 3 else 25), zone)
            assert day.start.timestamp() % 900 == day.end.timestamp() % 900 == 0


def test_a_total_of_a_character_that_is_wrong_is_found_and_made_anew(record: Record) -> None:
    with record.writing() as session:
        ada = a_character(session).id
    moved(record, claimed(record, "one", ada).call, S.SENDING)
    with record.writing() as session:
        session.execute(text("UPDATE character_spending SET total_microusd = 0"))
    assert not agrees(record)
    with record.writing() as session:
        spending.count_anew(session)
    assert agrees(record)


def test_sums_that_somebody_put_a_hand_to_are_found_and_made_anew(record: Record) -> None:
    call = claimed(record, "one").call
    moved(record, call, S.SENDING)
    with record.writing() as session:
        session.execute(update(CallDaySum).values(reserved_microusd=CallDaySum.reserved_microusd + 1))
        session.execute(text("DELETE FROM budget_slots"))
    with record.reading() as session:
        assert spending.audit(session).different >= 2
    with record.writing() as session:
        spending.count_anew(session)
        spending.keep_audit(session, spending.audit(session))
    assert agrees(record)
    moved(record, call, S.DELIVERED, 1)  # and the database goes on from there
    with record.reading() as session:
        last = spending.last_audit(session)
        assert last is not None and last.agrees and last.calls == 1
    assert agrees(record)


@pytest.mark.postgres
def test_a_day_waits_for_itself_and_for_no_other(postgres_url: str) -> None:
    record = Record(postgres_url)
    kolkata, utc = ZoneInfo("Asia/Kolkata"), ZoneInfo("UTC")
    today, tomorrow = (day_on(date(2026, 11, each), utc) for each in (29, 30))
    reaching_in = day_on(date(2026, 11, 30), kolkata)  # begins on the 29th of UTC

    def is_free(lock: Callable[[Session], None]) -> bool:
        try:
            with record.writing() as session:
                session.execute(text("SET LOCAL lock_timeout = '50ms'"))
                lock(session)
        except RecordAway:
            return False
        return True

    with record.writing() as session:
        spending.lock_days(session, today)
        spending.lock_days(session, tomorrow)
    with record.writing() as holder:
        spending.lock_days(holder, today)
        assert is_free(lambda session: spending.lock_days(session, tomorrow))
        assert not is_free(lambda session: spending.lock_days(session, today))
        assert not is_free(lambda session: spending.lock_days(session, reaching_in))
        # The release before this one weighs the budget under one row for all days: it waits for us, too.
        assert not is_free(limits.lock_budget)
    record.close()
