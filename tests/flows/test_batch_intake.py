"""A CSV or a folder becomes characters, a row each: made once, gone on with, and each with its result."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from db.models import CharacterStatus
from db.repositories import character_counts
from flows.batch_intake import RowResult, price_of, rows_of, take_in
from tasks.errors import UsageError
from tasks.intake.normalize import NormalizedPhoto
from tasks.providers.protocols import Photo
from tasks.runtime import Runtime
from tests.support.providers import a_picture

CSV = """key,photo,name,styles,consent
A-1,one.jpg,Ada,flat anime,yes
A-2,two.jpg,Ben,,no
A-3,gone.jpg,Cem,flat,yes
"""


@pytest.fixture(autouse=True)
def quick_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the local engine sees has its own tests."""

    def normalized(data: bytes, *, face: int | None = None) -> NormalizedPhoto:
        del face
        sha256 = hashlib.sha256(data).hexdigest()
        return NormalizedPhoto(Photo(data=data, sha256=sha256, width=82, height=102), faces=1, warnings=[])

    monkeypatch.setattr("flows.batch_intake.normalize_photo", normalized)


class Prefect:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, _character_id: str, _styles: list[str], run_token: str, **_more: object) -> str:
        self.asked.append(run_token)
        return f"flow-run-{len(self.asked)}"


def a_folder(tmp_path: Path) -> Path:
    for number, name in enumerate(("one.jpg", "two.jpg"), start=1):
        (tmp_path / name).write_bytes(a_picture((number * 40, 90, 90)))
    (tmp_path / "rows.csv").write_text(CSV)
    return tmp_path


def told(results: Path) -> dict[str, str]:
    found = [json.loads(file.read_text()) for file in results.glob("*.json")]
    return {each["key"]: each["state"] for each in found}


def test_each_row_is_taken_in_once_and_goes_on_where_it_was(runtime: Runtime, tmp_path: Path) -> None:
    folder, prefect = a_folder(tmp_path), Prefect()
    rows = rows_of(folder / "rows.csv", styles=["flat"], consent=False)
    assert price_of(runtime, rows) == 2_000 + 2 * 39_000  # the others will be refused
    first = next(take_in(runtime, rows, folder / "results", prefect))  # and there it is stopped
    assert (first.key, first.state, first.status) == ("A-1", "started", "queued")
    again: list[RowResult] = list(take_in(runtime, rows, folder / "results", prefect))
    assert [(each.state, each.code) for each in again] == [
        ("again", None),
        ("refused", "no_consent"),
        ("refused", "no_such_file"),
    ]
    assert again[0].character_id == first.character_id
    assert len(prefect.asked) == 1
    assert told(folder / "results") == {"A-1": "again", "A-2": "refused", "A-3": "refused"}
    with runtime.record.reading() as session:
        assert character_counts.read(session)[CharacterStatus.QUEUED] == 1


def test_a_folder_is_a_row_a_photo(runtime: Runtime, tmp_path: Path) -> None:
    rows = rows_of(a_folder(tmp_path), styles=["flat"], consent=True)
    assert [(row.key, row.name, row.consent) for row in rows] == [
        ("one.jpg", "one", True),
        ("two.jpg", "two", True),
    ]
    assert {each.state for each in take_in(runtime, rows, tmp_path / "results", Prefect())} == {"started"}


def test_rows_that_can_not_be_told_apart_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("key,photo\nA,one.jpg\nA,two.jpg\n")
    with pytest.raises(UsageError, match="twice"):
        rows_of(tmp_path / "rows.csv", styles=["flat"], consent=True)
    (tmp_path / "rows.csv").write_text("photo\none.jpg\n")
    with pytest.raises(UsageError, match="needs a key"):
        rows_of(tmp_path / "rows.csv", styles=["flat"], consent=True)


def taken_in(runtime: Runtime, source: Path, results: Path) -> list[tuple[str, str | None]]:
    rows = rows_of(source, styles=["flat"], consent=True)
    return [(each.state, each.code) for each in take_in(runtime, rows, results, Prefect())]


def test_a_file_name_that_comes_again_with_another_photo_is_another_character(
    runtime: Runtime, tmp_path: Path
) -> None:
    for number, day in enumerate(("monday", "tuesday")):
        (tmp_path / day).mkdir()
        (tmp_path / day / "IMG_0001.jpg").write_bytes(a_picture((number * 90, 90, 90)))
        assert taken_in(runtime, tmp_path / day, tmp_path / "results") == [("started", None)]
    assert taken_in(runtime, tmp_path / "monday", tmp_path / "results") == [("again", None)]


def test_a_key_that_comes_again_with_another_photo_is_refused(runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("key,photo\nA-1,one.jpg\n")
    (tmp_path / "one.jpg").write_bytes(a_picture((10, 90, 90)))
    assert taken_in(runtime, tmp_path / "rows.csv", tmp_path / "results") == [("started", None)]
    (tmp_path / "one.jpg").write_bytes(a_picture((200, 90, 90)))
    assert taken_in(runtime, tmp_path / "rows.csv", tmp_path / "results") == [("refused", "upload_used")]


def test_no_more_is_started_than_the_budget_has_room_for(runtime: Runtime, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(a_picture((number * 50, 90, 90)))
    for_one = replace(runtime, daily_budget_microusd=50_000)
    over = ("refused", "over_budget")
    assert taken_in(for_one, tmp_path, tmp_path / "results") == [("started", None), over, over]
    assert taken_in(for_one, tmp_path, tmp_path / "results") == [("again", None), over, over]
    for_two = replace(runtime, daily_budget_microusd=100_000)
    assert taken_in(for_two, tmp_path, tmp_path / "results") == [("again", None), ("started", None), over]


def test_only_files_of_the_folder_are_taken(runtime: Runtime, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "below").mkdir(parents=True)
    (tmp_path / "private.jpg").write_bytes(a_picture((9, 90, 90)))
    (folder / "below" / "one.jpg").write_bytes(a_picture((90, 90, 90)))
    (folder / "link.jpg").symlink_to(tmp_path / "private.jpg")
    (folder / "circle.jpg").symlink_to(folder / "circle.jpg")
    os.mkfifo(folder / "pipe.jpg")
    outside, none = ("refused", "photo_outside"), ("refused", "no_such_file")
    rows = {
        "../private.jpg": outside,
        str(tmp_path / "private.jpg"): outside,
        "link.jpg": outside,
        "circle.jpg": none,
        "pipe.jpg": none,
        "a\0b.jpg": none,
        "x" * 5000: none,
        "below/one.jpg": ("started", None),
    }
    lines = [f"{number},{photo},Ada" for number, photo in enumerate(rows)]
    (folder / "rows.csv").write_text("\n".join(["key,photo,name", *lines]))
    assert taken_in(runtime, folder / "rows.csv", tmp_path / "results") == list(rows.values())
    assert taken_in(runtime, folder, tmp_path / "results") == [none, outside, none]


@pytest.mark.parametrize("face", ["²", "-1", "9" * 5000])
def test_a_face_is_a_number(tmp_path: Path, face: str) -> None:
    (tmp_path / "rows.csv").write_text(f"key,photo,face\nA,one.jpg,{face}\n")
    with pytest.raises(UsageError, match="holds numbers"):
        rows_of(tmp_path / "rows.csv", styles=["flat"], consent=True)
