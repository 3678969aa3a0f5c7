"""What an upgrade believes to have been ordered: what is on record as asked for, else what was begun."""

from collections import defaultdict

import pytest
from sqlalchemy import text

from db import migrate
from db.engine import Record, Session
from db.errors import MigrationFailed
from db.event_kinds import EventKind
from db.models import Character, OrderedPicture
from db.repositories import batches, events, images
from db.repositories.batches import Candidate
from migrations import online
from tests.db.conftest import blank_url
from tests.support.postgres import postgres_server, postgres_url
from tests.support.rows import a_picture, a_prompt, a_ready_character
from tests.support.slices import in_slices
from tests.support.unguarded import unguarded

__all__ = ["blank_url", "postgres_server", "postgres_url"]

EVERY = ["watercolor", "storybook", "anime", "flat", "colored-pencil"]


def asked(session: Session, character: Character, *styles: str) -> None:
    events.add(
        session,
        kind=EventKind.RUN_ASKED,
        actor="system",
        message="Asked",
        character_id=character.id,
        run_token="run-1",
        data={"styles": list(styles), "another": False},
    )


def drawn_by_a_batch(session: Session, character: Character, style: str, named: list[str]) -> None:
    batch = batches.create(
        session,
        run_token=f"night of {character.id[-12:]} {style}"[:36],
        pairs=[Candidate(character.id, style)],
        filter={"styles": named, "limit": 9},
        plan={},
    )
    picture = a_picture(session, character.id, style)
    with unguarded(session):
        images.get(session, picture.id).run_token = batch.id


@pytest.fixture
def upgraded(blank_url: str) -> dict[str, list[tuple[str, int]]]:
    """What is believed to be ordered, by the characters' names, after an upgrade of a lived-in record."""
    migrate.upgrade(blank_url)
    record = Record(blank_url)
    with record.writing() as session:
        on_record = a_ready_character(session, "asked for")
        asked(session, on_record, "flat", "anime")
        a_picture(session, on_record.id, "flat")
        twice = a_ready_character(session, "asked for twice")
        asked(session, twice, "flat")
        a_picture(session, twice.id, "flat")
        a_picture(session, twice.id, "flat")
        nightly = a_ready_character(session, "given more by night")
        asked(session, nightly, "flat")
        a_picture(session, nightly.id, "flat")
        drawn_by_a_batch(session, nightly, "storybook", EVERY)
        a_prompt(session, nightly.id, "k" * 64, "watercolor")  # begun by a batch, and failed
        by_name = a_ready_character(session, "given more by name")
        asked(session, by_name, "flat")
        drawn_by_a_batch(session, by_name, "storybook", ["storybook"])
        begun = a_ready_character(session, "made on the command line")
        a_picture(session, begun.id, "flat")
        a_prompt(session, begun.id, "p" * 64, "anime")
        a_ready_character(session, "of which nothing is known")
    record.close()
    migrate.downgrade(blank_url, "2026_11_29_names")
    migrate.upgrade(blank_url)
    ordered: dict[str, list[tuple[str, int]]] = defaultdict(list)
    record = Record(blank_url)
    with record.reading() as session:
        rows = session.query(OrderedPicture).order_by(OrderedPicture.style, OrderedPicture.ordinal)
        for row in rows:
            assert len(row.id) == 36 and row.created_at.tzinfo is not None
            ordered[session.get_one(Character, row.character_id).name].append((row.style, row.ordinal))
    record.close()
    return ordered


def test_an_upgrade_believes_what_is_known(upgraded: dict[str, list[tuple[str, int]]]) -> None:
    assert upgraded == {
        "asked for": [("anime", 1), ("flat", 1)],
        "asked for twice": [("flat", 1), ("flat", 2)],
        "given more by night": [("flat", 1)],
        "given more by name": [("flat", 1), ("storybook", 1)],
        "made on the command line": [("anime", 1), ("flat", 1)],
    }


class Killed(Exception):
    """The migrator is gone."""


@pytest.mark.parametrize(
    "words", in_slices(["orders are written down", "names are folded again"], ("orders are written down",))
)
def test_a_back_fill_that_is_killed_has_kept_its_pieces_and_is_gone_on_with(
    blank_url: str, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Each piece is a transaction of its own, so that whoever works on the record has a turn in between."""
    monkeypatch.setattr(online, "PIECE", 2)
    record = Record(blank_url)
    migrate.upgrade(blank_url)
    with record.writing() as session:
        folk = [a_ready_character(session, name) for name in ("Ada", "Ben", "Cleo", "Dan", "Eve")]
        for each in folk:
            a_picture(session, each.id, "flat")
            each.search_name = "folded once"
    migrate.downgrade(blank_url, "2026_11_29_installation")
    told = 0

    def tell(what: str) -> None:
        nonlocal told
        told += words in what
        if words in what and told == 2:
            with record.writing() as session:  # nobody is shut out now
                session.execute(text("UPDATE users SET name = 'Somebody'"))
            raise Killed

    with pytest.raises(MigrationFailed):
        migrate.upgrade(blank_url, tell=tell)
    kept = {
        "orders are written down": "SELECT count(*) FROM ordered_pictures",
        "names are folded again": "SELECT count(*) FROM characters WHERE search_name <> 'folded once'",
    }
    with record.reading() as session:
        assert session.scalar(text(kept[words])) == 2
    migrate.upgrade(blank_url)
    with record.reading() as session:
        assert [session.scalar(text(each)) for each in kept.values()] == [5, 5]
        assert migrate.is_current(blank_url)
    record.close()
