"""What files are called that are given out."""

import pytest

from tasks.giving.file_names import LONGEST_BYTES, character_name, picture_name, safe_name

ID = "019aa0b1-7c3e-7000-8000-0000003fa9c1"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Maya", "Maya"),
        ("Zoë", "Zoë"),
        ("Zoe\u0308", "Zoë"),
        ("李小龙", "李小龙"),
        ("عائشة", "عائشة"),
        ("a/b\\c:d", "a b c d"),
        ("../../etc/passwd", "etc passwd"),
        ("CON", "_CON"),
        ("com1.txt", "_com1.txt"),
        ("Constance", "Constance"),
        ("ends. ", "ends"),
        ("-rf", "rf"),
        ("=1+1", "=1+1"),
        ("line\nbreak\x00", "line break"),
        ("\u202egnp.exe", "gnp.exe"),
        ("???", "unnamed"),
    ],
)
def test_a_name_is_one_that_every_file_system_takes(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize("sign", ["ä", "李", "👧", "e\u0301\u0323"])
def test_a_long_name_is_cut_between_signs(sign: str) -> None:
    name = safe_name(sign * 200)
    assert len(name.encode()) <= LONGEST_BYTES
    assert name.encode().decode() == name


def test_two_of_one_name_get_two_files() -> None:
    other = ID[:-1] + "2"
    assert character_name("Maya", ID) != character_name("MAYA", other).replace("MAYA", "Maya")


def test_a_picture_says_who_and_what_or_leaves_the_name_out() -> None:
    assert picture_name("Maya", ID, "Anime 2", "png") == "Maya 3fa9c1 - Anime 2.png"
    assert picture_name(None, ID, "Anime 2", "png") == "character 3fa9c1 - Anime 2.png"
