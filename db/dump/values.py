"""A row as text that means the same on SQLite and on Postgres.

A row is a list of JSON values in the order of its table's columns: strings, numbers, booleans and null. A
moment is ISO 8601 in UTC with microseconds, a document is its JSON as a string. SQLite takes values of any
kind into any column; one that does not belong there is kept as {"text" | "integer" | "real" | "bytes": …},
so that a backup loses nothing and a loader can say what is wrong.
"""

import base64
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from db.dump.shape import Kind, TableShape

Row = list[Any]
Convert = Callable[[Any], Any]

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_SQLITE_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{6})?", re.ASCII)


def line_of(row: Sequence[Any]) -> bytes:
    """The row as one line of JSON."""
    return _ENCODE(row).encode() + b"\n"


def row_of(line: bytes) -> Row:
    """The row on a line. ValueError when it is none."""
    row = json.loads(line)
    if not isinstance(row, list):
        raise ValueError("not a row")
    return row


def from_sqlite(shape: TableShape) -> Callable[[Iterable[Any]], Row]:
    """What turns the driver's values into a row."""
    return _converting([_FROM_SQLITE[column.kind] for column in shape.columns])


def to_sqlite(shape: TableShape) -> Callable[[Iterable[Any]], Row]:
    """What turns a row into what SQLite's driver binds."""
    return _converting([_TO_SQLITE[column.kind] for column in shape.columns])


def from_postgres(shape: TableShape) -> Callable[[Iterable[Any]], Row]:
    """What turns psycopg's values into a row; documents are read as text."""
    return _converting([_FROM_POSTGRES[column.kind] for column in shape.columns])


def canonical(shape: TableShape) -> Callable[[Row], bytes]:
    """The row as a line that does not depend on the database: JSONB orders keys and rewrites numbers."""
    documents = [place for place, column in enumerate(shape.columns) if column.kind is Kind.DOCUMENT]

    def line(row: Row) -> bytes:
        told = list(row)
        for place in documents:
            if isinstance(told[place], str):
                told[place] = _canonical_document(told[place])
        return line_of(told)

    return line


def _canonical_document(text: str) -> str:
    try:
        document = json.loads(text, parse_float=_number)
    except ValueError:
        return text
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _number(text: str) -> float | int:
    number = float(text)
    return int(number) if number.is_integer() else number


def _converting(converts: list[Convert]) -> Callable[[Iterable[Any]], Row]:
    def convert(values: Iterable[Any]) -> Row:
        return [
            # Nearly every value is nothing, or text that stays as it is.
            value if value is None or (turn is _text and type(value) is str) else turn(value)
            for turn, value in zip(converts, values, strict=True)
        ]

    return convert


def _odd(value: Any) -> dict[str, Any]:
    """What has no business in its column, told by its own kind."""
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, float):
        return {"real": value if math.isfinite(value) else str(value)}
    return {"integer" if isinstance(value, int) else "text": value}


def _even(value: dict[str, Any]) -> Any:
    """The value that was odd, as SQLite had it."""
    ((kind, told),) = value.items()
    if kind == "bytes":
        return base64.b64decode(told)
    return float(told) if kind == "real" else told


def _same(value: Any) -> Any:
    return _even(value) if isinstance(value, dict) else value


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else _odd(value)


def _integer(value: Any) -> Any:
    return value if isinstance(value, int) else _odd(value)


def _real(value: Any) -> Any:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else _odd(value)


def _boolean_of_sqlite(value: Any) -> Any:
    return bool(value) if value in (0, 1) and isinstance(value, int) else _odd(value)


def _moment_of_sqlite(value: Any) -> Any:
    found = _SQLITE_MOMENT.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}T{found[2]}{found[3] or '.000000'}Z" if found else _odd(value)


def _moment_to_sqlite(value: Any) -> Any:
    return _even(value) if isinstance(value, dict) else value[:-1].replace("T", " ")


def _moment_of_postgres(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


_FROM_SQLITE: dict[Kind, Convert] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean_of_sqlite,
    Kind.REAL: _real,
    Kind.MOMENT: _moment_of_sqlite,
    Kind.DOCUMENT: _text,
}
_TO_SQLITE: dict[Kind, Convert] = dict.fromkeys(Kind, _same) | {Kind.MOMENT: _moment_to_sqlite}
_FROM_POSTGRES: dict[Kind, Convert] = dict.fromkeys(Kind, _same) | {
    Kind.MOMENT: _moment_of_postgres,
    Kind.REAL: _real,
}
