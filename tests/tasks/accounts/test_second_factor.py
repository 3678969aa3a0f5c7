"""The second factor: what it asks for, what it takes, and what it never tells."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher

from db.engine import Record
from db.repositories import clock
from tasks.accounts import passwords, people
from tasks.accounts.codes import WrongCode
from tasks.accounts.limits import TooManyTries
from tasks.accounts.own import WrongOldPassword, change_own_password
from tasks.accounts.person import Person
from tasks.accounts.second_factor import (
    begin_factor,
    confirm_factor,
    factor_of,
    remove_factor,
    remove_factor_of,
    renew_recovery_codes,
)
from tasks.accounts.sign_in import (
    Browser,
    CodeNeeded,
    SignedIn,
    StepIsOver,
    WrongSignIn,
    sign_in,
    sign_in_with_code,
)
from tasks.errors import UsageError

ANNA, PASSWORD = "anna@example.org", "seven green lanterns"
HOME, ELSEWHERE = Browser("192.0.2.7", "Firefox"), Browser("198.51.100.9", "Safari")


class Clock:
    now = datetime(2026, 11, 30, 9, tzinfo=UTC)

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    kept = Clock()
    monkeypatch.setattr(clock, "now", lambda _session: kept.now)
    monkeypatch.setattr(clock, "steady", lambda _session: kept.now)
    return kept


@pytest.fixture
def record(home: Path, migrated_record: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    (home / "storykin.db").write_bytes(migrated_record.read_bytes())
    record = Record(f"sqlite:///{home / 'storykin.db'}")
    people.add_person(record, email=ANNA, name="Anna", role=None, password=PASSWORD, by=None, via="x")
    yield record
    record.close()


@pytest.fixture
def anna(record: Record, time: Clock) -> Person:
    entered = sign_in(record, email=ANNA, password=PASSWORD, browser=HOME)
    assert isinstance(entered, SignedIn)
    return entered.person


def switched_on(record: Record, anna: Person, time: Clock) -> tuple[pyotp.TOTP, list[str]]:
    phone = pyotp.TOTP(begin_factor(record, anna, password=PASSWORD).secret)
    codes = confirm_factor(record, anna, code=phone.at(time.now))
    time.move(minutes=2)
    return phone, codes


def first_step(record: Record, browser: Browser = ELSEWHERE) -> str:
    half = sign_in(record, email=ANNA, password=PASSWORD, browser=browser)
    assert isinstance(half, CodeNeeded)
    return half.step


def second_step(record: Record, step: str, code: str, browser: Browser = ELSEWHERE) -> SignedIn:
    return sign_in_with_code(record, step=step, code=code, browser=browser)


def test_after_the_password_a_code_is_asked_for_and_lets_in(
    record: Record, anna: Person, time: Clock
) -> None:
    phone, _codes = switched_on(record, anna, time)
    code = phone.at(time.now)
    entered = second_step(record, first_step(record), f"{code[:3]} {code[3:]}")
    assert entered.person.user_id == anna.user_id


def test_until_a_first_code_confirms_it_nothing_is_asked(record: Record, anna: Person, time: Clock) -> None:
    phone = pyotp.TOTP(begin_factor(record, anna, password=PASSWORD).secret)
    assert isinstance(sign_in(record, email=ANNA, password=PASSWORD, browser=ELSEWHERE), SignedIn)
    with pytest.raises(WrongCode):
        confirm_factor(record, anna, code="abcdef")
    time.move(minutes=16)
    with pytest.raises(UsageError, match="Begin again"):
        confirm_factor(record, anna, code=phone.at(time.now))
    assert factor_of(record, email=ANNA) == (False, 0)


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(
    record: Record, anna: Person, time: Clock, seconds: int, good: bool
) -> None:
    phone, _codes = switched_on(record, anna, time)
    step, code = first_step(record), phone.at(time.now + timedelta(seconds=seconds))
    if good:
        assert second_step(record, step, code).token
    else:
        with pytest.raises(WrongCode):
            second_step(record, step, code)


def test_a_code_is_good_once_and_none_before_it_after(record: Record, anna: Person, time: Clock) -> None:
    phone, _codes = switched_on(record, anna, time)
    used, before = phone.at(time.now), phone.at(time.now - timedelta(seconds=30))
    assert second_step(record, first_step(record), used).token
    for code in (used, before):
        with pytest.raises(WrongCode):
            second_step(record, first_step(record), code)
    time.move(seconds=30)
    assert second_step(record, first_step(record), phone.at(time.now)).token


def test_a_first_step_is_good_once_for_five_minutes_and_not_after_another_password(
    record: Record, anna: Person, time: Clock
) -> None:
    phone, _codes = switched_on(record, anna, time)
    step = first_step(record)
    assert second_step(record, step, phone.at(time.now)).token
    time.move(minutes=1)
    with pytest.raises(StepIsOver):
        second_step(record, step, phone.at(time.now))
    late, stale = first_step(record), first_step(record)
    change_own_password(record, anna, old=PASSWORD, new="eight blue lanterns")
    with pytest.raises(StepIsOver):
        second_step(record, stale, phone.at(time.now))
    time.move(minutes=6)
    with pytest.raises(StepIsOver):
        second_step(record, late, phone.at(time.now))


def test_wrong_codes_lock_like_wrong_passwords_and_then_the_right_password_tells_nothing(
    record: Record, anna: Person, time: Clock
) -> None:
    phone, _codes = switched_on(record, anna, time)
    for _ in range(5):
        with pytest.raises(WrongSignIn):
            sign_in(record, email=ANNA, password="not the password", browser=ELSEWHERE)
    for _ in range(5):  # the right password between them starts no count anew
        with pytest.raises(WrongCode):
            second_step(record, step := first_step(record), "000000")
    for password in (PASSWORD, "not the password"):
        with pytest.raises(TooManyTries):
            sign_in(record, email=ANNA, password=password, browser=ELSEWHERE)
    with pytest.raises(TooManyTries):
        second_step(record, step, phone.at(time.now))


def test_a_recovery_code_stands_in_once(record: Record, anna: Person, time: Clock, home: Path) -> None:
    _phone, codes = switched_on(record, anna, time)
    assert len(set(codes)) == 10
    assert second_step(record, first_step(record), codes[3].lower().replace("-", " ")).token
    with pytest.raises(WrongCode):
        second_step(record, first_step(record), codes[3])
    assert factor_of(record, email=ANNA) == (True, 9)


def test_new_recovery_codes_replace_the_old_ones(record: Record, anna: Person, time: Clock) -> None:
    phone, codes = switched_on(record, anna, time)
    fresh = renew_recovery_codes(record, anna, code=phone.at(time.now))
    with pytest.raises(WrongCode):
        second_step(record, first_step(record), codes[0])
    assert second_step(record, first_step(record), fresh[0]).token


def test_it_is_taken_away_with_a_code_or_by_whoever_owns_the_machine(
    record: Record, anna: Person, time: Clock
) -> None:
    phone, _codes = switched_on(record, anna, time)
    with pytest.raises(WrongCode):
        remove_factor(record, anna, code="000000")
    remove_factor(record, anna, code=phone.at(time.now))
    assert isinstance(sign_in(record, email=ANNA, password=PASSWORD, browser=ELSEWHERE), SignedIn)
    switched_on(record, anna, time)
    assert remove_factor_of(record, email=ANNA, by=None, via="command line")
    assert isinstance(sign_in(record, email=ANNA, password=PASSWORD, browser=ELSEWHERE), SignedIn)


def test_it_is_begun_by_who_knows_the_password_alone(record: Record, anna: Person) -> None:
    with pytest.raises(WrongOldPassword):
        begin_factor(record, anna, password="not the password")


def test_nothing_that_is_kept_shows_the_secret_or_a_recovery_code(
    record: Record, anna: Person, time: Clock, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    factor = begin_factor(record, anna, password=PASSWORD)
    codes = confirm_factor(record, anna, code=pyotp.TOTP(factor.secret).at(time.now))
    kept = b"".join(each.read_bytes() for each in home.rglob("storykin.db*")) + caplog.text.encode()
    for each in (factor.secret, *codes, *(code.replace("-", "") for code in codes)):
        assert each.encode() not in kept


def test_a_database_that_came_without_its_key_still_takes_recovery_codes(
    record: Record, anna: Person, time: Clock, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, codes = switched_on(record, anna, time)
    (home / "secret.key").unlink()
    with pytest.raises(WrongCode):
        second_step(record, first_step(record), phone.at(time.now))
    assert second_step(record, first_step(record), codes[0]).token
