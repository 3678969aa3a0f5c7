"""`--out`: copies that say who and what, whole or absent, never in the place of other bytes."""

import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import StoreError, UsageError
from tasks.providers.store.disk import DiskStore
from ui.cli.copies import CopyFailed, check_folder, copy_out, file_name

PICTURE, OTHER = b"\x89PNG picture", b"\x89PNG other!!"


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    kept = DiskStore(tmp_path / "store", "http://127.0.0.1", b"s" * 32)
    kept.put("pictures/aa/one.png", PICTURE, "image/png")
    kept.put("pictures/bb/two.png", OTHER, "image/png")
    return kept


def document(name: str = "Ada", key: str = "pictures/aa/one.png", image_id: str = "0001-aaaa1111") -> Any:
    told = hashlib.sha256(OTHER if "two" in key else PICTURE).hexdigest()
    variant = {"id": image_id, "style": "flat", "framing": "portrait", "ordinal": 1}
    variant |= {"key": key, "file": key, "sha256": told, "held_back": None}
    return {"character": {"id": "0193", "name": name}, "variants": [variant]}


def test_a_copy_says_who_and_what(store: DiskStore, tmp_path: Path) -> None:
    told = document("Zoë O’Brien")
    copy_out(store, told, check_folder(str(tmp_path / "out" / "deep")))
    (copy,) = (tmp_path / "out" / "deep").iterdir()
    assert copy.name == "Zoë-O-Brien-flat-1-aaaa1111.png"
    assert copy.read_bytes() == PICTURE
    assert told["variants"][0]["file"] == str(copy)


def test_two_characters_of_one_name_share_a_folder(store: DiskStore, tmp_path: Path) -> None:
    copy_out(store, document(), check_folder(str(tmp_path)))
    copy_out(
        store, document(key="pictures/bb/two.png", image_id="0002-bbbb2222"), check_folder(str(tmp_path))
    )
    assert sorted(each.read_bytes() for each in tmp_path.glob("*.png")) == sorted([PICTURE, OTHER])


def test_the_same_again_writes_nothing_new(store: DiskStore, tmp_path: Path) -> None:
    for _ in range(2):
        copy_out(store, document(), check_folder(str(tmp_path)))
    assert len(list(tmp_path.glob("*.png"))) == 1


def test_other_bytes_under_the_same_name_stay(store: DiskStore, tmp_path: Path) -> None:
    mine = tmp_path / "Ada-flat-1-aaaa1111.png"
    mine.write_bytes(b"drawn over by hand")
    told = document()
    copy_out(store, told, check_folder(str(tmp_path)))
    assert mine.read_bytes() == b"drawn over by hand"
    assert Path(told["variants"][0]["file"]).read_bytes() == PICTURE


def test_a_dangling_link_is_not_written_through(store: DiskStore, tmp_path: Path) -> None:
    (tmp_path / "Ada-flat-1-aaaa1111.png").symlink_to(tmp_path / "elsewhere")
    copy_out(store, document(), check_folder(str(tmp_path)))
    assert not (tmp_path / "elsewhere").exists()


def test_no_hard_links_no_matter(store: DiskStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    copy_out(store, document(), check_folder(str(tmp_path)))
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["Ada-flat-1-aaaa1111.png"]


def test_what_has_rotted_in_the_store_is_not_handed_on(store: DiskStore, tmp_path: Path) -> None:
    told = document()
    told["variants"][0]["sha256"] = hashlib.sha256(OTHER).hexdigest()
    with pytest.raises(StoreError) as refused:
        copy_out(store, told, check_folder(str(tmp_path / "out")))
    assert refused.value.code == "store_damaged"
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("nothing", ["", " "])
def test_a_folder_that_is_not_named_is_said(nothing: str) -> None:
    with pytest.raises(UsageError, match="--out names no folder") as refused:
        check_folder(nothing)
    assert refused.value.code == "bad_folder"


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere"])
def test_a_folder_that_can_take_nothing_is_said_before_the_work(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(UsageError) as refused:
        check_folder(str(tmp_path / place))
    assert refused.value.code == "bad_folder"
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_a_full_disk_leaves_no_half_picture(store: DiskStore, tmp_path: Path) -> None:
    full = tmp_path / "out"
    target = check_folder(str(full))

    class Full(DiskStore):
        def get(self, key: str) -> bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(CopyFailed, match=r"No space left.*storykin show 0193 --out"):
        copy_out(Full(tmp_path / "store", "http://127.0.0.1", b"s" * 32), document(), target)
    assert list(full.iterdir()) == []


def test_what_the_store_lost_is_the_stores_own_sentence(store: DiskStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        copy_out(store, document(key="pictures/cc/gone.png"), check_folder(str(tmp_path)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("a/b\\c:d*e?f", "a-b-c-d-e-f"),
        ("...", "character"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "character"),
        ("මා", "මා"),
        ("مهسا\u200cسادات", "مهسا\u200cسادات"),
        ("x" * 300, "x" * 80),
        ("-rf", "rf"),
    ],
)
def test_a_name_as_part_of_a_file_name(name: str, expected: str) -> None:
    assert file_name(name) == expected


def test_a_file_system_that_lacks_the_letters_gets_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def ascii_only(name: str) -> bytes:
        return name.encode("ascii")

    monkeypatch.setattr(os, "fsencode", ascii_only)
    assert (file_name("Zoë"), file_name("Ada")) == ("character", "Ada")
