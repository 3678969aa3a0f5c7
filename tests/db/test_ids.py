"""Ids: time-ordered, and in the order in which one process made them."""

import os
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.ids import first_id_at, moment_of, new_id, utc_now
from tests.support.racing import race_threads

ANY_TIME = st.integers(0, 7_000_000_000_000_000)  # microseconds: until the year 2191


def test_an_id_is_a_version_7_uuid_of_this_moment() -> None:
    before, made, after = utc_now(), uuid.UUID(new_id()), utc_now()
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    moment = datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
    assert before - timedelta(milliseconds=1) <= moment <= after + timedelta(milliseconds=1)


def test_ids_made_in_one_breath_keep_their_order() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_threads_never_make_the_same_id() -> None:
    made = race_threads(4, lambda: [new_id() for _ in range(5_000)])
    assert len({each for some in made for each in some}) == 20_000
    assert all(some == sorted(some) for some in made)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # other threads are idle here
def test_a_forked_child_goes_on_making_ids_of_its_own() -> None:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 36).decode() != new_id()
    os.close(read)
    os.close(write)


def test_ids_can_be_searched_by_time() -> None:
    start = first_id_at(utc_now())
    made = new_id()
    assert start <= made < first_id_at(utc_now() + timedelta(seconds=1))


def test_an_id_tells_when_it_was_made() -> None:
    moment = utc_now()
    assert moment_of(first_id_at(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert moment_of(str(uuid.uuid4())) is None
    assert moment_of("no id at all") is None
    assert moment_of("") is None


@given(ANY_TIME, ANY_TIME)
def test_the_first_ids_of_two_moments_sort_as_the_moments_do(one: int, other: int) -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    early, late = (start + timedelta(microseconds=time) for time in sorted((one, other)))
    assert first_id_at(early) <= first_id_at(late)
