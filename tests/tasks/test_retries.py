"""The one table of what is worth another try, read as it stands."""

import inspect
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db.errors import NotFound, RecordAway, RecordFull, RecordReadOnly, StaleFence, in_plain_words
from tasks import errors, retries
from tasks.errors import (
    CallBusy,
    CallFailed,
    DecoderBusy,
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
    Throttled,
)
from tasks.retries import FINAL_STORE_CODES, RETRY, worth_retrying

OURS = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, StorykinError)]
KINDS = [kind for kind, _ in RETRY]


@pytest.mark.parametrize("kind", OURS)
def test_every_error_of_ours_is_decided_by_a_row(kind: type[StorykinError]) -> None:
    assert any(issubclass(kind, row) for row in KINDS if row not in (StorykinError, OSError)) or (
        kind is StorykinError
    )
    assert isinstance(worth_retrying(kind("It went wrong.")), bool)


@pytest.mark.parametrize("place", range(1, len(RETRY)))
def test_no_row_is_shadowed_by_one_above_it(place: int) -> None:
    assert not issubclass(KINDS[place], tuple(KINDS[:place]))


def test_what_left_and_may_be_paid_is_never_sent_again_and_what_did_not_leave_is() -> None:
    again = {kind for kind in OURS if worth_retrying(kind("It went wrong."))}
    assert again == {NotSent, NotReady, CallBusy, Throttled, StoreError, DecoderBusy}
    never = {ProviderError, OutcomeUnknown, OutputLost, CallFailed, Refused, LeaseLost, OverBudget}
    assert not again & (never | {PhotoRefused})


def test_the_final_codes_of_a_store_are_codes_that_stores_give() -> None:
    rooms = Path(retries.__file__).parent
    given = "\n".join(
        each.read_text() for each in rooms.rglob("*.py") if each != Path(retries.__file__) and each.is_file()
    )
    assert [code for code in FINAL_STORE_CODES if f'"{code}"' not in given] == []


@pytest.mark.parametrize("code", sorted(FINAL_STORE_CODES))
def test_what_a_store_says_for_good_is_not_asked_again(code: str) -> None:
    assert not worth_retrying(StoreError("No.", code=code))


def test_a_step_that_took_too_long_is_not_done_beside_itself() -> None:
    assert not worth_retrying(TimeoutError())
    assert worth_retrying(ConnectionResetError())  # also an OSError


@pytest.mark.parametrize("error", [RecordReadOnly("x"), RecordFull("x"), NotFound("x"), StaleFence("x")])
def test_a_record_that_is_there_and_refuses_is_not_asked_again(error: Exception) -> None:
    assert not worth_retrying(error)


@pytest.mark.parametrize(
    "driver", [OperationalError("SELECT", {}, Exception("server closed the connection")), PoolTimeout()]
)
def test_a_database_that_is_away_is_asked_again_as_what_the_record_makes_of_it(driver: Exception) -> None:
    with pytest.raises(RecordAway) as away, in_plain_words():
        raise driver
    assert worth_retrying(away.value)


@pytest.mark.parametrize("error", [ValueError("a mistake of ours"), KeyError("x"), AssertionError()])
def test_a_mistake_of_ours_is_not_repeated(error: Exception) -> None:
    assert not worth_retrying(error)
