"""Ids: time-ordered, and in the order in which one process made them."""

import os
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from db.ids import moment_of, new_id, utc_now
from tests.support.racing import race_threads


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


def test_an_id_tells_when_it_was_made() -> None:
    # The example of RFC 9562, appendix A.6.
    example = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
    assert moment_of("017f22e2-79b0-7cc3-98c4-dc0c0c07398f") == example
    assert moment_of(str(uuid.uuid4())) is None
    assert moment_of("no id at all") is None
    assert moment_of("") is None
