"""Names of every script: kept as they were written, counted as people count, found as people search."""

import pytest

from db.engine import Record
from db.repositories import characters
from tasks.create_character import clean_name
from tasks.errors import UsageError
from tests.support.rows import a_character

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"  # one sign, seven code points
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    "name",
    [
        "ක්\u200dරිශාන්",  # Sinhala: without the joiner another letter
        "مهسا\u200cسادات",  # Persian: without the non-joiner one word
        "ന്\u200d",  # Malayalam
        "র\u200d্যাম",  # Bengali
        FAMILY,
        f"Isla {SCOTLAND}",
        "\U0001fae9 Mo",  # newer than some Pythons' tables
        "\U000323b5",  # no Python here knows this ideograph yet
        "Sáng O’Brien‑Łukasz",
        "שָׁלוֹם",
        "Zoë",
    ],
)
def test_a_name_stays_as_it_was_written(record: Record, name: str) -> None:
    assert clean_name(f"  {name}\n") == name
    with record.writing() as session:
        character_id = a_character(session, name).id
    with record.reading() as session:
        assert characters.get(session, character_id).name == name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("A\x00d\x1ba", "Ada"),
        ("\u202eadA\u202c", "adA"),
        ("\u2067Ada\u2069", "Ada"),
        ("Ada\ud800", "Ada"),
        ("Ada\uffff\U0001fffe\ufdd0", "Ada"),
        ("Ada\r\n\u2028\u3000Love  lace", "Ada Love lace"),
    ],
)
def test_only_controls_are_taken_out(given: str, kept: str) -> None:
    assert clean_name(given) == kept


@pytest.mark.parametrize(
    "nothing", ["", " ", "\u200d", "\u200b\u2060\ufeff", "\u3164", "\u2800", "\u0301", "\u00ad", "\u202e"]
)
def test_what_nobody_would_see_is_no_name(nothing: str) -> None:
    with pytest.raises(UsageError) as refused:
        clean_name(nothing)
    assert refused.value.code == "no_name"


@pytest.mark.parametrize("sign", ["a", "é", "e\u0301", FAMILY, SCOTLAND, "මා", "각", "🇩🇪"])
def test_a_name_is_120_of_what_a_person_counts(record: Record, sign: str) -> None:
    name = sign * 120
    assert clean_name(name) == name
    with record.writing() as session:
        a_character(session, name)
    with pytest.raises(UsageError, match="120"):
        clean_name(sign * 121)


def test_a_name_of_marks_without_end_is_refused() -> None:
    with pytest.raises(UsageError, match="marks"):
        clean_name("a" + "\u0301" * 5000)


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("O’Brien", ["o'brien", "O`BRIEN", "obrien", "oʼbrien", "o brien"]),
        ("Hawaiʻi D'Angelo", ["hawaii", "dangelo", "d’angelo"]),
        ("Anne‑Marie", ["anne-marie", "anne–marie", "marie anne"]),
        ("Straßer", ["strasser", "STRASSER"]),
        ("Łukasz Søren Ægir Đorđe", ["lukasz", "soren", "aegir", "dorde"]),
        ("İpek Işık", ["ipek", "isik", "ışık", "IŞIK"]),
        ("Σίσυφος", ["σισυφος", "ΣΊΣΥΦΟΣ"]),
        ("مهسا\u200cسادات", ["مهساسادات"]),
        ("علی", ["علي", "على"]),
        ("أحمد", ["احمد"]),
        ("ක්\u200dරිශාන්", ["ක්රිශාන්", "ක්\u200dරිශාන්"]),
        ("ＡＤＡ", ["ada"]),
        (f"Isla {SCOTLAND}", ["isla"]),
        ("Ёлка", ["елка"]),
    ],
)
def test_search_folds_what_a_person_would_fold(record: Record, name: str, queries: list[str]) -> None:
    with record.writing() as session:
        a_character(session, name)
        a_character(session, "Somebody Else")
    with record.reading() as session:
        for query in queries:
            assert [card.name for card in characters.page(session, query=query).items] == [name], query


def test_search_tells_letters_from_letters(record: Record) -> None:
    with record.writing() as session:
        a_character(session, "ガイ")
    with record.reading() as session:
        assert characters.page(session, query="カイ").total == 0
