"""What a row holds that Postgres would not take: SQLite is lax, so it is looked for before a copy."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.dump.shape import ColumnShape, Kind, TableShape
from db.dump.values import Row

_EXPECTED = {
    Kind.TEXT: "text",
    Kind.INTEGER: "a whole number",
    Kind.BOOLEAN: "yes or no",
    Kind.REAL: "a number",
    Kind.MOMENT: "a moment",
    Kind.DOCUMENT: "JSON",
}
_FOUND = {"text": "text", "integer": "a whole number", "real": "a number with a fraction", "bytes": "bytes"}


@dataclass(frozen=True)
class Oddity:
    """A value that stands in the way; told by its place, never by itself, since it may be a name."""

    table: str
    row: str  # its key
    column: str
    why: str

    @property
    def sentence(self) -> str:
        """In words."""
        return f"{self.table}, row {self.row}: {self.column} {self.why}."


def oddity_of(shape: TableShape, row: Row) -> Oddity | None:
    """The first value of the row that Postgres would not take, or None."""
    for column, value in zip(shape.columns, row, strict=True):
        if value is not None and (why := _why_not(column, value)):
            key = "/".join(str(row[place]) for place in shape.key_places)
            return Oddity(shape.name, key, column.name, why)
    return None


def _why_not(column: ColumnShape, value: Any) -> str | None:
    if isinstance(value, dict):
        found = _FOUND[next(iter(value))]
        wanted = _EXPECTED[column.kind]
        return f"holds {found} that is not {wanted}" if found == wanted else f"holds {found}, not {wanted}"
    if column.kind is Kind.TEXT:
        return _why_not_text(column, value)
    if column.kind is Kind.INTEGER and not -(1 << column.bits - 1) <= value < 1 << column.bits - 1:
        return f"holds a number beyond {column.bits} bits"
    if column.kind is Kind.MOMENT:
        return _why_not_moment(value)
    return _why_not_document(value) if column.kind is Kind.DOCUMENT else None


def _why_not_text(column: ColumnShape, value: str) -> str | None:
    if "\x00" in value:
        return "holds text with a NUL character in it"
    if column.length is not None and len(value) > column.length:
        return f"holds {len(value)} characters, more than its {column.length}"
    return None


def _why_not_moment(value: str) -> str | None:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return "holds a moment that no calendar has"
    return None


def _why_not_document(text: str) -> str | None:
    try:
        document = json.loads(text, parse_constant=_no_number)
        json.dumps(document, ensure_ascii=False).encode()  # UnicodeEncodeError: half a character
    except ValueError:
        return "holds what is not JSON"
    return "holds JSON with a NUL character in it" if "\\u0000" in text and _has_nul(document) else None


def _no_number(name: str) -> float:
    raise ValueError(name)


def _has_nul(document: Any) -> bool:
    if isinstance(document, dict):
        return any("\x00" in key or _has_nul(value) for key, value in document.items())
    if isinstance(document, list):
        return any(_has_nul(value) for value in document)
    return isinstance(document, str) and "\x00" in document
