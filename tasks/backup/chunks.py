"""Rows cut into chunks where the rows themselves say: what has not changed is the same chunk again."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from db.dump import Row, TableShape
from db.dump.values import line_of

ROWS_ON_AVERAGE = 1024
MOST_ROWS = 8 * ROWS_ON_AVERAGE
MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Lines:
    """A chunk's content: `rows` JSON lines in UTF-8, not compressed."""

    data: bytes
    rows: int

    @property
    def sha256(self) -> str:
        """The SHA-256 of the lines in hex, by which the manifest names the chunk."""
        return hashlib.sha256(self.data).hexdigest()


def chunks_of(shape: TableShape, rows: Iterable[Row]) -> Iterator[Lines]:
    """The rows in order, as chunks of ROWS_ON_AVERAGE rows, at most MOST_ROWS or about MOST_BYTES.

    A chunk ends after a row whose key says so: a new row changes its own chunk and no other.
    """
    lines: list[bytes] = []
    size, places = 0, shape.key_places
    for row in rows:
        lines.append(line_of(row))
        size += len(lines[-1])
        key = "/".join(str(row[place]) for place in places)
        ends = zlib.crc32(key.encode()) % ROWS_ON_AVERAGE == 0
        if ends or len(lines) >= MOST_ROWS or size >= MOST_BYTES:
            yield Lines(b"".join(lines), len(lines))
            lines, size = [], 0
    if lines:
        yield Lines(b"".join(lines), len(lines))
