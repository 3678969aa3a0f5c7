"""Characters as one ZIP: their pictures, the lineage of each, and one table over all."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from db.errors import NotFound
from db.ids import utc_now
from db.repositories.images import Variant
from tasks.errors import StoreError, UsageError
from tasks.giving.file_names import character_name, safe_name
from tasks.giving.lineage import (
    COLUMNS,
    Gathered,
    gather,
    lineage_document,
    lineage_row,
    name_of_file,
    title_of,
)
from tasks.giving.outgoing import is_held_back, outgoing_bytes
from tasks.giving.zip_stream import Entry, zip_stream
from tasks.storage.binding import RecordAndStore
from tasks.storage.verified_bytes import DAMAGED

_GONE = {"object_missing": "is no longer kept", DAMAGED: "is damaged in the store"}
_RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes what begins so for a formula


@dataclass(frozen=True)
class Selection:
    """What is given out: of which characters, all pictures or the favourites alone, with names or without."""

    character_ids: Sequence[str]
    favourites_only: bool = False
    with_names: bool = True


@dataclass(frozen=True)
class Archive:
    """An archive's file name, and its bytes in pieces, made while they are taken."""

    file_name: str
    pieces: Iterator[bytes]


def open_archive(pair: RecordAndStore, selection: Selection) -> Archive:
    """The ZIP of a selection; characters that were erased meanwhile are left out.

    What is held back, missing or damaged is not in it, and named in `left out.txt`.

    Raises:
        UsageError: `nothing_to_export`: there is no picture to give out.
        NotFound: The only character asked for does not exist.
    """
    first = _first_with_pictures(pair, selection)
    if first is None:
        raise UsageError("There is no picture to export yet.", code="nothing_to_export")
    now = utc_now()
    if len(selection.character_ids) == 1:
        stem = _folder(first, selection)
    else:
        stem = f"Storykin {'favourites' if selection.favourites_only else 'characters'} {now:%Y-%m-%d}"
    return Archive(f"{safe_name(stem)}.zip", zip_stream(_entries(pair, selection), now))


def chosen(known: Gathered, selection: Selection) -> list[Variant]:
    """The pictures of a character that the selection takes, but for those that are held back."""
    return [each for each in _asked(known, selection) if not is_held_back(each)]


def every_gathered(pair: RecordAndStore, selection: Selection) -> Iterator[Gathered]:
    """The selection's characters in its order, each read when it is its turn."""
    for character_id in dict.fromkeys(selection.character_ids):
        with pair.record.reading() as session:
            try:
                known = gather(session, character_id)
            except NotFound:
                if len(selection.character_ids) == 1:
                    raise
                continue
        yield known


def table_lines(pair: RecordAndStore, selection: Selection) -> Iterator[bytes]:
    """The lineage of every picture as CSV, line by line; with UTF-8's mark, which spreadsheets ask for."""
    yield "\ufeff".encode() + _csv_line(COLUMNS)
    for known in every_gathered(pair, selection):
        for variant in chosen(known, selection):
            row = lineage_row(known, variant, with_names=selection.with_names)
            yield _csv_line([_cell(row[column]) for column in COLUMNS])


@dataclass
class _LeftOut:
    lines: list[str] = field(default_factory=list)

    def add(self, known: Gathered, variant: Variant, selection: Selection, why: str) -> None:
        self.lines.append(f"{_folder(known, selection)}: {title_of(variant)} {why}.")


def _first_with_pictures(pair: RecordAndStore, selection: Selection) -> Gathered | None:
    return next((each for each in every_gathered(pair, selection) if chosen(each, selection)), None)


def _entries(pair: RecordAndStore, selection: Selection) -> Iterator[Entry]:
    left_out = _LeftOut()
    for known in every_gathered(pair, selection):
        yield from _of_character(pair, known, selection, left_out)
    yield Entry("lineage.csv", table_lines(pair, selection))
    if left_out.lines:
        yield Entry("left out.txt", ["\n".join([*left_out.lines, ""]).encode()])


def _of_character(
    pair: RecordAndStore, known: Gathered, selection: Selection, left_out: _LeftOut
) -> Iterator[Entry]:
    folder, digests = _folder(known, selection), {}
    for variant in _asked(known, selection):
        if is_held_back(variant):
            left_out.add(known, variant, selection, "is held back until a person approves it")
            continue
        try:
            file = outgoing_bytes(pair, variant, one_of_many=True)
        except StoreError as error:
            if error.code not in _GONE:
                raise  # a store that is away would leave everything out
            left_out.add(known, variant, selection, _GONE[error.code])
            continue
        name = name_of_file(known.character, variant, file.extension, with_names=selection.with_names)
        digests[variant.image.id] = hashlib.sha256(file.data).hexdigest()
        yield Entry(f"{folder}/{name}", [file.data])
    if digests:
        given = [each for each in known.variants if each.image.id in digests]
        document = lineage_document(known, given, digests, with_names=selection.with_names)
        yield Entry(f"{folder}/lineage.json", [document])


def _asked(known: Gathered, selection: Selection) -> list[Variant]:
    return [each for each in known.variants if each.image.is_selected or not selection.favourites_only]


def _folder(known: Gathered, selection: Selection) -> str:
    character = known.character
    return character_name(character.name if selection.with_names else None, character.id)


def _csv_line(cells: Iterable[object]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_RISKY):
        return f"'{value}"
    return "" if value is None else value
