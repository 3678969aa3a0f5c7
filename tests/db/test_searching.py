"""The search: any piece of a name, a tag or the notes, in any script, for as long as it is there."""

import sqlite3
from pathlib import Path

import pytest

from db.compact import checkpoint, compact, merge_index
from db.database_url import sqlite_file
from db.engine import Record
from db.models import Character
from db.repositories import tags
from db.repositories.listing import Search, find
from tests.support.plans import explained, reads_through
from tests.support.rows import a_character

NAMES = (
    "王小明",
    "欧阳娜娜",
    "Łukasz Wójcik",
    "Zoë O’Brien",
    "Ян",
    "さくら",
    "محمد علي",
    'A "b" 100%_c',
    "Ada-Maria",
)


def found(record: Record, query: str) -> list[str]:
    with record.reading() as session:
        return sorted(card.name for card in find(session, Search(query=query), offset=0, limit=24).items)


def test_any_piece_of_a_name_finds_it_in_any_script(record: Record) -> None:
    with record.writing() as session:
        for name in NAMES:
            a_character(session, name)
    for query, name in (
        *(("王", "王小明"), ("小明", "王小明"), ("王小明", "王小明"), ("阳娜娜", "欧阳娜娜")),
        *(("lukasz", "Łukasz Wójcik"), ("ójc", "Łukasz Wójcik"), ("WÓJCIK łuk", "Łukasz Wójcik")),
        *(("obrien", "Zoë O’Brien"), ("oë", "Zoë O’Brien"), ("я", "Ян"), ("ЯН", "Ян"), ("くら", "さくら")),
        *(("محمد", "محمد علي"), ("لي", "محمد علي"), ('"b"', 'A "b" 100%_c'), ("%_", 'A "b" 100%_c')),
        *(("100%_c", 'A "b" 100%_c'), ("a-m", "Ada-Maria"), ("-", "Ada-Maria"), ("’", "Zoë O’Brien")),
    ):
        assert found(record, query) == [name], query
    for query in ("王明", "明王小", "lukaszw", "xyz", "a OR xyz", "NEAR", "* AND b"):
        assert found(record, query) == [], query
    for query in ('"', "'%%'", "a_c", "\x00", "(", "^a", "a*", "words:a"):
        found(record, query)  # no error, whatever is typed


def test_what_is_not_said_any_more_is_not_found(record: Record) -> None:
    with record.writing() as session:
        ada = a_character(session, "Ada Okafor").id
        tags.set_tags(session, ada, ["Sunflowers", "2026"])
        session.get_one(Character, ada).notes = "Wears a red\nscarf"
    for query in ("okafor", "sunfl", "026", "red scarf", "ada scarf flowers"):
        assert found(record, query) == ["Ada Okafor"]
    with record.writing() as session:
        tags.set_tags(session, ada, ["2026"])
        session.get_one(Character, ada).name = "Ada Lovelace"
    for query in ("okafor", "sunfl", "ada scarf flowers"):
        assert found(record, query) == []
    assert found(record, "ada 2026 scarf lovelace") == ["Ada Lovelace"]
    with record.writing() as session:
        session.delete(session.get_one(Character, ada))
    assert found(record, "lovelace") == []


def test_of_what_is_gone_the_index_keeps_nothing(migrated_record: Path, tmp_path: Path) -> None:
    """A name of three characters is a single entry of the index, whole."""
    (tmp_path / "record.db").write_bytes(migrated_record.read_bytes())
    record = Record(f"sqlite:///{tmp_path / 'record.db'}")
    with record.writing() as session:
        a_character(session, "Someone else")
        gone = a_character(session, "王小明")
    with record.writing() as session:
        character = session.get_one(Character, gone.id)
        character.name = "Erased"
    with record.writing() as session:
        session.delete(session.get_one(Character, gone.id))
    assert compact(record) is True
    assert found(record, "some") == ["Someone else"]
    url = record.url
    record.close()
    file = sqlite_file(url)
    assert file is not None
    for each in (file, Path(f"{file}-wal")):
        assert not each.exists() or "王小明".encode() not in each.read_bytes()
    with sqlite3.connect(file) as plain:
        plain.execute("INSERT INTO character_words_fts(character_words_fts) VALUES ('integrity-check')")
    plain.close()


def test_of_what_was_corrected_the_index_keeps_nothing_once_merged(
    migrated_record: Path, tmp_path: Path
) -> None:
    file = tmp_path / "record.db"
    file.write_bytes(migrated_record.read_bytes())
    record = Record(f"sqlite:///{file}")
    old = ("王小明", "§±¶", "ýþð")
    with record.writing() as session:
        a_character(session, "Someone else")
        ada = a_character(session, old[0]).id
        tags.set_tags(session, ada, [old[1]])
        session.get_one(Character, ada).notes = old[2]
    with record.writing() as session:
        character = session.get_one(Character, ada)
        character.name, character.notes = "Ada", "Curls"
        tags.set_tags(session, ada, ["Spring"])

    def readable() -> list[str]:
        assert checkpoint(record) == 0
        return [each for each in old if each.encode() in file.read_bytes()]

    assert old[0] in readable(), "else this shows nothing"
    assert merge_index(record) > 0
    assert readable() == []
    assert merge_index(record) == 0, "nothing is left to do"
    assert found(record, "ada curls spring") == ["Ada"] and found(record, "some") == ["Someone else"]
    record.close()


@pytest.mark.parametrize("query", ["okafor", "ada okafor", "3fa9-c1d0", "0193abc"])
def test_a_search_reads_no_table_through(record: Record, query: str) -> None:
    steps = explained(
        record,
        lambda session: find(session, Search(query=query), offset=0, limit=24),
        off=["enable_seqscan"],  # GIN gives bitmaps, and nothing else
    )
    assert steps and [each for each in steps if reads_through(each)] == []
