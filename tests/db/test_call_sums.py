"""What the calls add up to, on both databases, with calls in every state."""

from datetime import datetime, timedelta

import pytest

from db.days import day_of, days_up_to
from db.engine import Record
from db.ids import utc_now
from db.models import CallKind, CallState, ProviderCall
from db.repositories import call_sums, calls, spending
from tests.support.rows import a_character, a_prompt, an_asset, call_at

S = CallState
ESTIMATE, ACTUAL = 39_000, 41_001
MIDNIGHT = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
LAST_DAYS = days_up_to(day_of(MIDNIGHT), 14)
RESERVED_WHILE_OPEN = {S.SENDING, S.ACCEPTED, S.UNKNOWN, S.WRITTEN_OFF}
PRICED = {S.DELIVERED, S.STORED, S.RECORDED}


def a_call(
    record: Record,
    key: str,
    state: CallState = S.RECORDED,
    *,
    character_id: str | None = None,
    prompt_id: str | None = None,
    kind: CallKind = CallKind.IMAGE,
    provider: str = "replicate",
    actual: int | None = None,
    sent_at: datetime | None = None,
) -> str:
    """A call as it would be found in `state`."""
    with record.writing() as session:
        told = call_at(
            state,
            work_key=f"{key:>64}",
            kind=kind,
            provider=provider,
            model="nano",
            character_id=character_id,
            prompt_artifact_id=prompt_id,
            asset_id=an_asset(session).id,
            result={},
            estimate_microusd=ESTIMATE,
            actual_microusd=actual,
            sent_at=sent_at,
        )
        call = ProviderCall(**told)
        session.add(call)
        session.flush()
        return call.id


@pytest.fixture
def ada(record: Record) -> str:
    with record.writing() as session:
        return a_character(session, "Ada").id


@pytest.fixture
def every_state(record: Record, ada: str) -> None:
    with record.writing() as session:
        prompt_id = a_prompt(session, ada, "p" * 64, "anime").id
    for state in CallState:
        a_call(
            record,
            state,
            state,
            character_id=ada,
            prompt_id=prompt_id,
            actual=ACTUAL if state in PRICED else None,
        )


def test_an_empty_record_comes_to_nothing(record: Record) -> None:
    with record.reading() as session:
        assert call_sums.total(session) == call_sums.CallSum()
        assert call_sums.by_style(session) == []
        assert call_sums.by_character(session) == []
        assert call_sums.by_day(session, LAST_DAYS) == []
        assert call_sums.page(session).items == []
        assert spending.audit(session).agrees


@pytest.mark.usefixtures("every_state")
def test_every_state_counts_as_the_budget_counts_it(record: Record) -> None:
    with record.reading() as session:
        whole = call_sums.total(session)
        assert whole.spent_microusd == calls.spent_microusd(session) == 3 * ACTUAL
        assert whole.reserved_microusd == calls.reserved_microusd(session) == 4 * ESTIMATE
        assert whole.calls == len(CallState)
        states = call_sums.by_state(session)
    assert set(states) == set(CallState)
    assert {state for state, each in states.items() if each.reserved_microusd} == RESERVED_WHILE_OPEN
    assert {state for state, each in states.items() if each.spent_microusd} == PRICED


@pytest.mark.usefixtures("every_state")
def test_the_list_comes_to_the_total_however_it_is_added_up(record: Record) -> None:
    a_call(record, "orphan", actual=5)  # of an erased character, its prompt gone
    a_call(record, "look", kind=CallKind.VISION, provider="openai", actual=12)
    with record.reading() as session:
        audit = spending.audit(session)
        lines = call_sums.page(session, limit=100).items
        styles = call_sums.by_style(session)
        whole = call_sums.total(session)
    assert audit.agrees
    assert whole.total_microusd == 3 * ACTUAL + 4 * ESTIMATE + 17
    assert sum(each.known_microusd + each.reserved_microusd for each in lines) == whole.total_microusd
    assert sum(each.sum.total_microusd for each in styles) == whole.total_microusd
    assert [(each.kind, each.style) for each in styles] == [
        (CallKind.IMAGE, "anime"),
        (CallKind.VISION, None),
        (CallKind.IMAGE, None),
    ]


def test_the_list_is_newest_first_page_by_page_and_filtered(record: Record, ada: str) -> None:
    ids = [a_call(record, f"call-{number}", character_id=ada, actual=1) for number in range(5)]
    lost = a_call(record, "lost", S.UNKNOWN)
    with record.reading() as session:
        first = call_sums.page(session, limit=3)
        second = call_sums.page(session, offset=3, limit=3)
        unknown = call_sums.page(session, state=S.UNKNOWN)
        turned = [call_sums.page(session, offset=offset, limit=4).items for offset in (0, 4, 8)]
    assert [[each.id for each in page] for page in turned] == [[lost, *ids[:1:-1]], ids[1::-1], []]
    assert [each.id for each in first.items + second.items] == [lost, *reversed(ids)]
    assert (first.sum.calls, second.sum.calls) == (6, 6)
    assert [each.id for each in unknown.items] == [lost]
    assert unknown.sum == call_sums.CallSum(0, ESTIMATE, 1)
    assert (second.items[0].character_name, unknown.items[0].character_name) == ("Ada", None)


def test_a_day_is_from_midnight_to_midnight_utc_and_names_each_provider(record: Record) -> None:
    first = MIDNIGHT - timedelta(days=13)
    for number, (provider, moment) in enumerate(
        [
            ("replicate", first),
            ("replicate", first + timedelta(days=1, microseconds=-1)),
            ("openai", first + timedelta(days=1)),
            ("openai", MIDNIGHT + timedelta(days=1, microseconds=-1)),
            ("replicate", first - timedelta(microseconds=1)),  # before
            ("replicate", MIDNIGHT + timedelta(days=1)),  # after
        ]
    ):
        a_call(record, f"call-{number}", provider=provider, actual=10, sent_at=moment)
    with record.reading() as session:
        found = call_sums.by_day(session, LAST_DAYS)
    assert [(each.day, each.provider, each.sum.spent_microusd, each.sum.calls) for each in found] == [
        (first.date(), "replicate", 20, 2),
        ((first + timedelta(days=1)).date(), "openai", 10, 1),
        (MIDNIGHT.date(), "openai", 10, 1),
    ]


def test_characters_are_listed_by_what_they_cost(record: Record, ada: str) -> None:
    with record.writing() as session:
        bo, cy = a_character(session, "Bo").id, a_character(session, "Cy").id
    a_call(record, "ada-1", character_id=ada, actual=10)
    a_call(record, "bo-1", S.UNKNOWN, character_id=bo)
    a_call(record, "bo-2", character_id=bo, actual=2)
    a_call(record, "cy-1", character_id=cy, actual=0)
    with record.reading() as session:
        everyone = call_sums.by_character(session)
        dearest = call_sums.by_character(session, limit=1)
    assert [(each.name, each.sum) for each in everyone] == [
        ("Bo", call_sums.CallSum(2, ESTIMATE, 2)),
        ("Ada", call_sums.CallSum(10, 0, 1)),
    ]
    assert dearest == everyone[:1]


def test_ten_million_dollars_are_counted_to_the_millionth(record: Record) -> None:
    for number in range(2):
        a_call(record, f"call-{number}", actual=5_000_000_000_001)
    with record.reading() as session:
        assert call_sums.total(session).spent_microusd == 10_000_000_000_002
        assert spending.audit(session).agrees


def test_every_call_is_told_once_newest_first(record: Record, every_state: None) -> None:
    with record.reading() as session:
        told = list(call_sums.every(session))
        assert [each.id for each in told] == [each.id for each in call_sums.page(session, limit=99).items]
        total = sum(each.known_microusd + each.reserved_microusd for each in told)
        assert total == call_sums.total(session).total_microusd
    assert {each.state for each in told} == set(CallState)
