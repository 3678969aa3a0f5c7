"""A ZIP of characters, opened as anyone would."""

import csv
import hashlib
import io
import json
import zipfile

import pytest

from db.errors import NotFound
from db.models import Review
from db.repositories import characters, images
from tasks.errors import UsageError
from tasks.giving.archive import Selection, open_archive
from tests.support.studio import StandInStudio


def opened(studio: StandInStudio, *ids: str, **chosen: bool) -> zipfile.ZipFile:
    archive = open_archive(studio.services.runtime, Selection(ids, **chosen))
    found = zipfile.ZipFile(io.BytesIO(b"".join(archive.pieces)))
    assert found.testzip() is None
    return found


def end_of(character_id: str) -> str:
    return character_id[-6:]


def test_a_characters_archive_holds_its_pictures_and_where_they_came_from(studio: StandInStudio) -> None:
    one = studio.character(name="Zoë / 李")
    archive = opened(studio, one)
    folder = f"Zoë 李 {end_of(one)}"
    names = set(archive.namelist())
    assert names == {
        f"{folder}/{folder} - Watercolor.png",
        f"{folder}/{folder} - Anime.png",
        f"{folder}/lineage.json",
        "lineage.csv",
    }
    document = json.loads(archive.read(f"{folder}/lineage.json"))
    styles = {each["style"]: each for each in document["pictures"]}
    data = archive.read(f"{folder}/{folder} - Anime.png")
    assert styles["anime"]["file_sha256"] == hashlib.sha256(data).hexdigest()
    assert styles["anime"]["prompt"]
    rows = list(csv.DictReader(io.StringIO(archive.read("lineage.csv").decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["Zoë / 李", "Zoë / 李"]
    assert {row["style"] for row in rows} == {"watercolor", "anime"}


def test_without_names_no_name_is_anywhere(studio: StandInStudio) -> None:
    one = studio.character(name="Zoëlla")
    archive = opened(studio, one, with_names=False)
    for name in archive.namelist():
        assert "Zo" not in name
        if not name.endswith(".png"):
            assert "Zoëlla" not in archive.read(name).decode()


def test_favourites_alone(studio: StandInStudio) -> None:
    one, two = studio.character(name="A"), studio.character(name="B")
    with studio.services.record.writing() as session:
        images.select(session, images.of_character(session, two)[0].image.id, actor="test")
    pictures = [name for name in opened(studio, one, two, favourites_only=True).namelist() if ".png" in name]
    assert len(pictures) == 1
    assert pictures[0].startswith(f"B {end_of(two)}/")


def test_two_of_one_name_lie_in_two_folders(studio: StandInStudio) -> None:
    ids = [studio.character(name="Maya"), studio.character(name="maya")]
    folders = {name.split("/")[0].lower() for name in opened(studio, *ids).namelist() if "/" in name}
    assert len(folders) == 2


def test_what_is_held_back_or_gone_is_named_and_not_given(studio: StandInStudio) -> None:
    one = studio.character(styles=("watercolor", "anime", "flat"))
    with studio.services.record.writing() as session:
        first, second, _ = images.of_character(session, one)
        images.review(session, first.image.id, review=Review.REJECTED, actor="system", reason="undressed")
        studio.services.store.delete(second.asset.storage_key)
    archive = opened(studio, one)
    assert sum(name.endswith(".png") for name in archive.namelist()) == 1
    told = archive.read("left out.txt").decode()
    assert "held back" in told
    assert "no longer kept" in told
    assert len(told.splitlines()) == 2


def test_a_name_is_no_formula_in_a_spreadsheet(studio: StandInStudio) -> None:
    one = studio.character(name="=HYPERLINK(1)")
    table = opened(studio, one).read("lineage.csv").decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(table)))["name"] == "'=HYPERLINK(1)"


def test_where_there_is_nothing_to_give_it_says_so(studio: StandInStudio) -> None:
    one = studio.character()
    with pytest.raises(UsageError, match="no picture"):
        open_archive(studio.services.runtime, Selection([one], favourites_only=True))
    with pytest.raises(NotFound):
        open_archive(studio.services.runtime, Selection(["nobody"]))


def test_an_archive_is_made_while_it_is_read(studio: StandInStudio) -> None:
    ids = [studio.character(name="A"), studio.character(name="B")]
    pieces = open_archive(studio.services.runtime, Selection(ids)).pieces
    assert next(pieces)
    with studio.services.record.writing() as session:
        session.delete(characters.get(session, ids[1]))
    rest = b"".join(pieces)
    assert b"lineage.csv" in rest
