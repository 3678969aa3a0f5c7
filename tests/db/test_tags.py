"""Notes and tags: kept as written, found however they are typed."""

from sqlalchemy import event, select

from db.engine import Record
from db.lifecycle import move
from db.models import Character, CharacterStatus
from db.repositories import characters, tags
from db.repositories.searching import holding
from tests.support.rows import a_character


def tagged(record: Record, *given: str, notes: str = "") -> str:
    with record.writing() as session:
        character = a_character(session)
        character.notes = notes
        tags.set_tags(session, character.id, given)
        return character.id


def found(record: Record, word: str) -> list[str]:
    with record.reading() as session:
        return list(session.scalars(select(Character.id).where(*holding(session, word))))


def test_a_tag_is_one_however_it_is_spelled(record: Record) -> None:
    first = tagged(record, "#Café", "CAFE", "  spring   book ", "", "बच्चे")
    with record.reading() as session:
        assert tags.of_character(session, first) == ["Café", "spring book", "बच्चे"]
        assert session.scalars(select(Character.id).where(tags.has_tag("#cafe"))).all() == [first]


def test_tags_and_notes_are_found_in_any_script(record: Record) -> None:
    first = tagged(record, "Müller", "児童", notes="Loves\nGarçons & 100 % blue")
    second = tagged(record, "Ёлка")
    assert found(record, "muller") == found(record, "児") == found(record, "GARCON") == [first]
    assert found(record, "100 %") == [first]
    assert found(record, "елка") == [second]
    assert found(record, "_") == found(record, "nothing") == []


def test_other_tags_take_the_place_of_those_there_were(record: Record) -> None:
    first, second = tagged(record, "spring", "shy"), tagged(record, "Spring")
    with record.writing() as session:
        tags.set_tags(session, first, ["spring"])
    with record.reading() as session:
        assert tags.counts(session) == [("Spring", 2)] or tags.counts(session) == [("spring", 2)]
        assert tags.of_characters(session, [first, second]) == {first: ["spring"], second: ["Spring"]}


def test_of_tags_only_what_differs_is_written(record: Record) -> None:
    first = tagged(record, "spring", "shy", "brave")
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        verb = statement.split(maxsplit=1)[0].upper()
        written.extend([verb] if verb != "SELECT" and "character_tags" in statement else [])

    event.listen(record.engine, "before_cursor_execute", note)
    for wanted, statements in (
        (("spring", "shy", "brave"), []),
        (("Spring", "shy", "bold"), ["DELETE", "INSERT", "UPDATE"]),
    ):
        written.clear()
        with record.writing() as session:
            assert tags.set_tags(session, first, wanted) == sorted(wanted, key=str.lower)
        assert sorted(written) == statements
    event.remove(record.engine, "before_cursor_execute", note)
    with record.reading() as session:
        assert tags.of_character(session, first) == ["bold", "shy", "Spring"]


def test_an_erased_character_has_neither_notes_nor_tags(record: Record) -> None:
    first = tagged(record, "spring", notes="shy")
    with record.writing() as session:
        move(session, characters.get(session, first), CharacterStatus.ERASED)
    with record.reading() as session:
        assert tags.of_character(session, first) == []
        assert characters.get(session, first).notes == characters.get(session, first).search_notes == ""
    assert found(record, "shy") == found(record, "spring") == []
