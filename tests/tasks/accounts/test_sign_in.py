"""Signing in: who gets in, who has to wait and for how long, and what ends a session."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from db.engine import Record
from db.models import Role, StudioSession
from db.repositories import audit, clock, users
from tasks.accounts import limits, passwords, people, sessions, tokens
from tasks.accounts.limits import TooManyTries
from tasks.accounts.password_links import NoPasswordLink, make_password_link, owner_of
from tasks.accounts.sign_in import (
    Browser,
    CodeNeeded,
    SignedIn,
    StepIsOver,
    WrongSignIn,
    sign_in,
    sign_in_with_code,
    sign_out,
)
from tasks.errors import UsageError

ANNA, PASSWORD = "anna@example.org", "seven green lanterns"
HOME = Browser("192.0.2.7", "Firefox")
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # the costs are the library's business


class Clock:
    """The record's steady clock, as the tests set it."""

    now = datetime(2026, 11, 30, 9, tzinfo=UTC)

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Clock:
    kept = Clock()
    monkeypatch.setattr(clock, "steady", lambda _session: kept.now)
    return kept


@pytest.fixture
def record(home: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    monkeypatch.setattr(passwords, "_HASHER", QUICK)
    (home / "storykin.db").write_bytes(migrated_record.read_bytes())
    record = Record(f"sqlite:///{home / 'storykin.db'}")
    add(record, ANNA, None)
    yield record
    record.close()


def add(record: Record, email: str, role: Role | None) -> None:
    people.add_person(
        record, email=email, name="Anna", role=role, password=PASSWORD, by=None, via="command line"
    )


def enter(
    record: Record, password: str = PASSWORD, *, email: str = ANNA, browser: Browser = HOME
) -> SignedIn:
    entered = sign_in(record, email=email, password=password, browser=browser)
    assert isinstance(entered, SignedIn)
    return entered


def fail(record: Record, times: int, *, email: str = ANNA, browser: Browser = HOME) -> None:
    for _ in range(times):
        with pytest.raises(WrongSignIn):
            enter(record, "not the password", email=email, browser=browser)


def test_the_first_person_is_an_administrator_and_is_found_by_their_token(record: Record) -> None:
    entered = enter(record, email=" Anna@Example.org ")
    found = sessions.find(record, entered.token)
    assert found is not None and found == entered.person
    assert (found.role, found.name) == (Role.ADMINISTRATOR, "Anna")


def test_nothing_that_is_kept_lets_anybody_in(record: Record, home: Path) -> None:
    entered = enter(record)
    kept = b"".join(each.read_bytes() for each in home.glob("storykin.db*"))
    assert PASSWORD.encode() not in kept and entered.token.encode() not in kept
    assert sessions.find(record, sessions.digest(entered.token)) is None


def test_a_wrong_password_and_an_unknown_name_are_told_alike(record: Record) -> None:
    with pytest.raises(WrongSignIn) as wrong:
        enter(record, "not the password")
    with pytest.raises(WrongSignIn) as unknown:
        enter(record, email="nobody@example.org")
    assert wrong.value.sentence == unknown.value.sentence


def test_an_unknown_name_is_compared_with_a_password_too(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str | None] = []
    real = passwords.matches

    def matches(kept: str | None, given: str) -> bool:
        compared.append(kept)
        return real(kept, given)

    monkeypatch.setattr(passwords, "matches", matches)
    fail(record, 1, email="nobody@example.org")
    assert compared == [None]
    assert not real(None, "the password of nobody at all")


@pytest.mark.parametrize("email", [ANNA, "nobody@example.org"])
def test_after_ten_tries_it_has_to_wait_a_quarter_of_an_hour(
    record: Record, steady: Clock, email: str
) -> None:
    fail(record, 10, email=email)
    with pytest.raises(TooManyTries) as refused:
        enter(record, email=email)  # the right one, for Anna
    assert 0 < refused.value.retry_after <= 900
    steady.move(minutes=14, seconds=59)
    with pytest.raises(TooManyTries):
        enter(record, email=email)
    steady.move(seconds=2)
    if email == ANNA:
        assert enter(record).person.name == "Anna"
    else:
        fail(record, 1, email=email)


def test_who_goes_on_trying_makes_no_lock_longer(record: Record, steady: Clock) -> None:
    fail(record, 10)
    for _ in range(14):
        steady.move(minutes=1)
        with pytest.raises(TooManyTries):
            enter(record)
    steady.move(minutes=1, seconds=1)
    enter(record)


def test_a_stranger_locks_nobody_out_of_a_browser_they_have_used_before(
    record: Record, steady: Clock
) -> None:
    known = Browser(HOME.address, HOME.agent, device=enter(record).device)
    fail(record, 10, browser=Browser("203.0.113.9", "bot"))
    with pytest.raises(TooManyTries):
        enter(record)
    known = Browser(HOME.address, HOME.agent, device=enter(record, browser=known).device)
    fail(record, 10, browser=known)  # and is counted by itself
    with pytest.raises(TooManyTries):
        enter(record, browser=known)


def test_many_names_from_one_address_have_to_wait(
    record: Record, steady: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "OF_ADDRESS", 5)
    network = [Browser(f"2001:db8:0:1::{each:x}", "bot") for each in range(6)]
    for each in range(5):
        fail(record, 1, email=f"{each}@example.org", browser=network[each])
    with pytest.raises(TooManyTries):
        enter(record, browser=network[5])
    enter(record)  # from somewhere else


def test_a_lock_is_entered_once_with_its_kind_and_without_an_address(
    record: Record, steady: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Browser(HOME.address, HOME.agent, device=enter(record).device)
    monkeypatch.setattr(limits, "OF_ADDRESS", 12)
    bot = Browser("203.0.113.9", "bot")
    fail(record, 9, browser=bot)
    enter(record, browser=bot)  # the tenth try was right: nobody is locked out
    fail(record, 10, browser=known)
    steady.move(minutes=16)
    fail(record, 10, browser=bot)
    for _ in range(3):
        with pytest.raises(TooManyTries):
            enter(record, browser=bot)
    with record.reading() as session:
        entered = audit.newest(session, limit=9, act="session.locked_out")[::-1]
        anna = users.by_email(session, ANNA)
    assert anna is not None
    assert [(each.data, each.what) for each in entered] == [
        ({"kind": "device"}, anna.id),
        ({"kind": "account"}, anna.id),
        ({"kind": "address"}, None),
    ]


def test_a_clock_of_another_start_that_was_ahead_locks_for_a_quarter_of_an_hour_at_most(
    record: Record, steady: Clock
) -> None:
    steady.move(days=400)
    fail(record, 10)
    entered = None
    steady.move(days=-400)
    with pytest.raises(TooManyTries):
        enter(record)
    steady.move(minutes=15, seconds=1)
    entered = enter(record)
    assert sessions.find(record, entered.token)


def test_a_session_ends_after_eight_idle_hours_and_after_a_day(record: Record, steady: Clock) -> None:
    idle, busy = enter(record).token, enter(record).token
    for _ in range(3):
        steady.move(hours=7, minutes=59)
        assert sessions.find(record, busy)
    steady.move(minutes=4)
    assert sessions.find(record, busy) is None
    assert sessions.find(record, idle) is None


def test_what_is_open_ends_when_the_time_of_its_session_has_come(record: Record, steady: Clock) -> None:
    entered = enter(record)
    mine = entered.person.session_id
    assert mine and sessions.standing(record, {mine}) == {mine}
    steady.move(hours=7, minutes=59)
    assert sessions.standing(record, {mine}) == {mine}
    assert sessions.find(record, entered.token, used=False)
    steady.move(minutes=2)
    assert sessions.standing(record, {mine}) == set()


def test_a_session_of_a_time_that_is_still_to_come_is_none(record: Record, steady: Clock) -> None:
    steady.move(days=3)
    token = enter(record).token
    steady.move(days=-3)
    assert sessions.find(record, token) is None


def test_signing_in_again_ends_what_the_browser_had(record: Record) -> None:
    first = enter(record)
    second = enter(record, browser=Browser(HOME.address, HOME.agent, session=first.token))
    assert first.token != second.token
    assert sessions.find(record, first.token) is None and sessions.find(record, second.token)
    sign_out(record, second.person)
    assert sessions.find(record, second.token) is None


def test_a_new_password_ends_all_sessions_and_a_lock(record: Record, steady: Clock) -> None:
    token = enter(record).token
    fail(record, 10)
    people.change_password(record, email=ANNA, password="eight blue lanterns", by=None, via="command line")
    assert sessions.find(record, token) is None
    fail(record, 1)
    enter(record, "eight blue lanterns")


def test_a_browser_is_known_by_a_token_that_nobody_else_can_have_put_there(record: Record) -> None:
    planted = Browser(HOME.address, HOME.agent, device="put there by somebody else")
    entered = enter(record, browser=planted)
    fail(record, 10, browser=Browser("203.0.113.9", "bot"))
    with pytest.raises(TooManyTries):
        enter(record, browser=planted)
    again = enter(record, browser=Browser(HOME.address, HOME.agent, device=entered.device))
    with pytest.raises(TooManyTries):  # it was good once
        enter(record, browser=Browser(HOME.address, HOME.agent, device=entered.device))
    assert again.device not in (entered.device, planted.device)


def test_a_new_password_makes_every_browser_a_stranger_but_none_of_others(record: Record) -> None:
    add(record, "b@example.org", Role.OPERATOR)
    mine, others = (
        Browser(HOME.address, HOME.agent, device=enter(record, email=each).device)
        for each in (ANNA, "b@example.org")
    )
    people.change_password(record, email=ANNA, password="eight blue lanterns", by=None, via="")
    for email in (ANNA, "b@example.org"):
        fail(record, 10, email=email, browser=Browser("203.0.113.9", "bot"))
    with pytest.raises(TooManyTries):
        enter(record, "eight blue lanterns", browser=mine)
    enter(record, email="b@example.org", browser=others)


def test_who_is_disabled_demoted_or_removed_is_out_at_once(record: Record) -> None:
    for email in ("b@example.org", "c@example.org", "d@example.org"):
        add(record, email, Role.ADMINISTRATOR)
    tokens = {
        email: enter(record, email=email).token
        for email in ("b@example.org", "c@example.org", "d@example.org")
    }
    people.disable(record, email="b@example.org", by=None, via="")
    people.change_role(record, email="c@example.org", role=Role.REVIEWER, by=None, via="")
    people.remove_person(record, email="d@example.org", by=None, via="")
    assert [sessions.find(record, each) for each in tokens.values()] == [None, None, None]
    fail(record, 1, email="b@example.org")
    fail(record, 1, email="d@example.org")
    assert enter(record, email="c@example.org").person.role is Role.REVIEWER
    people.enable(record, email="b@example.org", by=None, via="")
    enter(record, email="b@example.org")


@pytest.mark.parametrize("act", [people.end_sessions, people.disable])
def test_who_is_signed_out_or_kept_out_has_no_way_in_left_but_the_password(
    record: Record, monkeypatch: pytest.MonkeyPatch, act: Callable[..., object]
) -> None:
    ben = "b@example.org"
    add(record, ben, Role.OPERATOR)
    device = enter(record, email=ben).device
    token, _view = tokens.add_token(record, email=ben, name="shop", by=None, via="")
    link = make_password_link(record, email=ben, by=None, via="").path.rpartition("/")[2]
    with monkeypatch.context() as on:
        on.setattr("db.repositories.second_factors.is_on", lambda _session, _user_id: True)
        waiting = sign_in(record, email=ben, password=PASSWORD, browser=HOME)
    assert isinstance(waiting, CodeNeeded)
    act(record, email=ben, by=None, via="")
    people.enable(record, email=ben, by=None, via="")
    with pytest.raises(StepIsOver):
        sign_in_with_code(record, step=waiting.step, code="", browser=HOME)
    with pytest.raises(NoPasswordLink):
        owner_of(record, link)
    with record.reading() as session:
        assert not limits.is_known(session, limits.device(device, ben))
    assert tokens.find(record, token) is None
    enter(record, email=ben)


def test_the_last_administrator_stays(record: Record) -> None:
    add(record, "b@example.org", Role.OPERATOR)
    acts: list[Callable[[], None]] = [
        lambda: people.disable(record, email=ANNA, by=None, via=""),
        lambda: people.remove_person(record, email=ANNA, by=None, via=""),
        lambda: people.change_role(record, email=ANNA, role=Role.AUDITOR, by=None, via=""),
    ]
    for act in acts:
        with pytest.raises(UsageError) as error:
            act()
        assert error.value.code == "last_administrator"


@pytest.mark.parametrize("weak", ["short", "", "aaaaaaaaaaaaaaaa", "x" * 300])
def test_a_password_that_is_guessed_too_soon_is_refused(record: Record, weak: str) -> None:
    with pytest.raises(passwords.WeakPassword):
        people.change_password(record, email=ANNA, password=weak, by=None, via="")
    enter(record)


def test_the_same_letters_typed_on_another_keyboard_are_the_same_password(record: Record) -> None:
    people.change_password(record, email=ANNA, password="sieben gru\u0308ne Lampen", by=None, via="")
    enter(record, "sieben gr\u00fcne Lampen")


def test_a_session_is_written_down_as_used_once_a_minute(record: Record, steady: Clock) -> None:
    token = enter(record).token
    steady.move(seconds=30)
    sessions.find(record, token)
    with record.reading() as session:
        assert session.scalars(select(StudioSession)).one().last_seen == steady.now - timedelta(seconds=30)
    steady.move(seconds=31)
    sessions.find(record, token)
    with record.reading() as session:
        assert session.scalars(select(StudioSession)).one().last_seen == steady.now
