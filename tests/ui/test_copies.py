"""`--out`: copies that say who and what, whole or absent, never in the place of other bytes."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import UsageError
from tasks.giving.outgoing import OutgoingFile, outgoing_file
from ui.cli.copies import CopyFailed, check_folder, copy_out, file_name

PICTURE, OTHER = b"\x89PNG picture", b"\x89PNG other!!"


LEAVING = {"0001-aaaa1111": PICTURE, "0002-bbbb2222": OTHER}


def leaving(image_id: str) -> OutgoingFile:
    """Stands for the one door: its pictures are told by their ids."""
    return outgoing_file(LEAVING[image_id], "image/png")


def document(name: str = "Ada", image_id: str = "0001-aaaa1111") -> Any:
    variant = {"id": image_id, "style": "flat", "framing": "portrait", "ordinal": 1}
    variant |= {"key": "pictures/aa/one.png", "file": "pictures/aa/one.png", "held_back": None}
    return {"character": {"id": "0193", "name": name}, "variants": [variant]}


def test_a_copy_says_who_and_what(tmp_path: Path) -> None:
    told = document("Zoë O’Brien")
    copy_out(leaving, told, check_folder(str(tmp_path / "out" / "deep")))
    (copy,) = (tmp_path / "out" / "deep").iterdir()
    assert copy.name == "Zoë-O-Brien-flat-1-aaaa1111.png"
    assert copy.read_bytes() == PICTURE
    assert told["variants"][0]["file"] == str(copy)


def test_two_characters_of_one_name_share_a_folder(tmp_path: Path) -> None:
    copy_out(leaving, document(), check_folder(str(tmp_path)))
    copy_out(leaving, document(image_id="0002-bbbb2222"), check_folder(str(tmp_path)))
    assert sorted(each.read_bytes() for each in tmp_path.glob("*.png")) == sorted([PICTURE, OTHER])


def test_the_same_again_writes_nothing_new(tmp_path: Path) -> None:
    for _ in range(2):
        copy_out(leaving, document(), check_folder(str(tmp_path)))
    assert len(list(tmp_path.glob("*.png"))) == 1


def test_other_bytes_under_the_same_name_stay(tmp_path: Path) -> None:
    mine = tmp_path / "Ada-flat-1-aaaa1111.png"
    mine.write_bytes(b"drawn over by hand")
    told = document()
    copy_out(leaving, told, check_folder(str(tmp_path)))
    assert mine.read_bytes() == b"drawn over by hand"
    assert Path(told["variants"][0]["file"]).read_bytes() == PICTURE


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "Ada-flat-1-aaaa1111.png").symlink_to(tmp_path / "elsewhere")
    copy_out(leaving, document(), check_folder(str(tmp_path)))
    assert not (tmp_path / "elsewhere").exists()


def test_no_hard_links_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    copy_out(leaving, document(), check_folder(str(tmp_path)))
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["Ada-flat-1-aaaa1111.png"]


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


def test_a_full_disk_leaves_no_half_picture(tmp_path: Path) -> None:
    full = tmp_path / "out"
    target = check_folder(str(full))

    def on_full_disk(_image_id: str) -> OutgoingFile:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(CopyFailed, match=r"No space left.*storykin show 0193 --out"):
        copy_out(on_full_disk, document(), target)
    assert list(full.iterdir()) == []


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
