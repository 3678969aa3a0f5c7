"""Profiles: versions, what makes two the same, and looking a photo up before paying to look at it."""

import itertools
from typing import Any

import pytest

from db.engine import Record
from db.errors import NotFound
from db.models import HUMAN, CharacterProfile
from db.repositories import profiles
from tests.support.racing import race_threads
from tests.support.rows import CONTENT, a_character


@pytest.fixture
def character_id(record: Record) -> str:
    with record.writing() as session:
        return a_character(session).id


def add(
    record: Record, character_id: str, content: dict[str, Any] = CONTENT, **more: Any
) -> CharacterProfile:
    said = {"source": "local", "photo_sha256": "p" * 64, "model": "local-1"} | more
    with record.writing() as session:
        return profiles.add(session, character_id=character_id, content=content, **said)


def test_what_was_said_comes_back_whole(record: Record, character_id: str) -> None:
    profile = add(record, character_id)
    with record.reading() as session:
        kept = profiles.get(session, profile.id)
        assert profiles.content_of(kept) == CONTENT
        assert kept.confidence == {"eyes": 0.9}
        with pytest.raises(NotFound):
            profiles.get(session, "nobody")


def test_versions_count_up_and_the_newest_is_the_latest(record: Record, character_id: str) -> None:
    add(record, character_id)
    add(record, character_id, CONTENT | {"do_not_change": ["a scar"]}, source=HUMAN, model=None)
    with record.reading() as session:
        newest = profiles.latest(session, character_id)
        history = profiles.history(session, character_id)
    assert newest is not None
    assert [profile.version for profile in history] == [2, 1]
    assert (newest.id, newest.do_not_change, newest.source) == (
        history[0].id,
        ["a scar"],
        HUMAN,
    )


@pytest.mark.parametrize(
    ("more", "version"),
    [
        ({}, 1),  # the same again
        ({"content": CONTENT | {"notes": ["another"]}}, 1),  # notes draw nothing
        ({"source": HUMAN, "model": None}, 1),  # a person agreed
        ({"content": CONTENT | {"palette": []}}, 2),
        ({"content": CONTENT | {"monochrome": True}}, 2),
        ({"photo_sha256": "q" * 64}, 2),
        ({"model": "local-2"}, 2),
    ],
)
def test_only_something_new_is_a_new_version(
    record: Record, character_id: str, more: dict[str, Any], version: int
) -> None:
    add(record, character_id)
    assert add(record, character_id, **more).version == version


def test_the_digest_is_of_the_meaning_not_of_the_spelling() -> None:
    swapped = dict(reversed(CONTENT.items()))
    assert profiles.digest_of_profile(swapped) == profiles.digest_of_profile(CONTENT)
    assert profiles.digest_of_profile(CONTENT | {"do_not_change": ["é"]}) != profiles.digest_of_profile(
        CONTENT
    )
    # Work keys are made of it: a change of this constant would draw every picture again.
    assert profiles.digest_of_profile(CONTENT) == (
        "53c09ef31e22a800a0d99fb6eee4f719d3e95ff3399cd8397c914845579baa47"
    )


def test_of_many_at_once_each_gets_a_version_of_its_own(record: Record, character_id: str) -> None:
    numbers = itertools.count()

    def say_something_new() -> int:
        return add(record, character_id, CONTENT | {"do_not_change": [str(next(numbers))]}).version

    assert sorted(race_threads(6, say_something_new)) == [1, 2, 3, 4, 5, 6]


def test_of_many_that_say_the_same_at_once_one_adds_it(record: Record, character_id: str) -> None:
    assert len({profile.id for profile in race_threads(6, lambda: add(record, character_id))}) == 1


def test_a_profile_of_nobody_is_refused(record: Record) -> None:
    with pytest.raises(NotFound):
        add(record, "nobody")
