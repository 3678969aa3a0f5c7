"""Copies of pictures for whoever asked for a folder: named for people, complete or not there at all."""

import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import regex

from db.called import called
from tasks.design.shapes import Framing
from tasks.errors import StorykinError, UsageError
from tasks.giving.outgoing import OutgoingFile

LONGEST_NAME = 80  # bytes of a file's name that the character's own may take
# Joiners between letters are spelling; anything else that is no letter, mark or digit becomes a dash.
_NOT_FOR_FILES = regex.compile(
    r"(?:(?<![\w\p{M}])[\u200c\u200d]|[\u200c\u200d](?!\w)|[^\w\p{M}\u200c\u200d])+"
)
_GRAPHEME = regex.compile(r"\X")


class CopyFailed(StorykinError):
    """The work is done and kept; its copies are not where they were wanted."""

    code = "not_copied"


def check_folder(folder: str) -> Path:
    """The folder, made if need be and seen to take a file. UsageError before any work is done for it."""
    if not folder.strip():  # a shell's variable that is not set
        raise UsageError("--out names no folder. Name one for the pictures.", code="bad_folder")
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with _beside(target) as (file, _):
            file.write(b"\0")
            file.flush()
    except (FileExistsError, NotADirectoryError):
        raise UsageError("That is a file. Name a folder for the pictures.", code="bad_folder") from None
    except OSError as error:
        raise UsageError(
            f"The pictures can't be put into that folder: {error.strerror or 'it is not writable'}. "
            "Name another.",
            code="bad_folder",
        ) from None
    return target


def copy_out(leaving: Callable[[str], OutgoingFile], document: dict[str, Any], target: Path) -> None:
    """Copy the document's pictures into `target`, but for those held back, and let it name the copies.

    `leaving` gives a picture's file by its id, as `tasks.giving.outgoing.outgoing_picture` does.

    A copy is whole or absent, and never takes the place of other bytes. Raises CopyFailed; what was copied
    until then stays.
    """
    who = document["character"]
    name = file_name(called(who["name"], who["id"]))
    try:
        for variant in document["variants"]:
            if variant["held_back"]:
                continue
            file = leaving(variant["id"])
            framed = (
                "" if variant["framing"] == Framing.PORTRAIT else f"-{variant['framing']}".replace("_", "-")
            )
            stem = f"{name}-{variant['style']}{framed}-{variant['ordinal']}-{variant['id'][-8:]}"
            variant["file"] = str(_place(file.data, target, stem, f".{file.extension}"))
    except OSError as error:
        raise CopyFailed(
            f"The pictures are drawn and kept, but not all could be copied: {error.strerror or 'I/O error'}. "
            f"Make room, then: storykin show {who['id']} --out FOLDER"
        ) from None


def file_name(name: str) -> str:
    """`name` as part of a file's name, in its own script where the file system can write that."""
    plain = _NOT_FOR_FILES.sub("-", unicodedata.normalize("NFC", name)).strip("-_")
    short = ""
    for sign in _GRAPHEME.findall(plain):
        if len((short + sign).encode()) > LONGEST_NAME:
            break
        short += sign
    try:
        os.fsencode(short)
    except UnicodeEncodeError:
        return "character"
    return short or "character"


def _place(data: bytes, target: Path, stem: str, suffix: str) -> Path:
    """Write `data` under the first name of `stem` that is free or holds these very bytes."""
    with _beside(target) as (file, unfinished):
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        for number in range(1, 1000):
            path = target / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
            if _link(unfinished, path) or _holds(path, data):
                return path
    raise FileExistsError(17, "every name for it is taken")


def _link(unfinished: Path, path: Path) -> bool:
    """Give the finished file its name, unless something has it already."""
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links (FAT, some shares)
        if path.exists() or path.is_symlink():
            return False
        unfinished.replace(path)
    return True


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


@contextmanager
def _beside(target: Path) -> Iterator[tuple[Any, Path]]:
    """A file in `target` under a name of its own, gone at the end."""
    descriptor, name = tempfile.mkstemp(prefix=".storykin-", dir=target)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file, path
    finally:
        path.unlink(missing_ok=True)
