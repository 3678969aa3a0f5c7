"""A batch as rows: what became of each of its pictures, by ids alone."""

from collections.abc import Iterator

from db.repositories import batches
from tasks.runtime import Runtime

COLUMNS = (
    "character_id",
    "style",
    "framing",
    "resolution",
    "ordinal",
    "state",
    "chunk",
    "error_code",
    "error_sentence",
    "image_id",
    "settled_at",
)
PIECE = 1000


def rows_of(runtime: Runtime, *, batch_id: str) -> Iterator[tuple[object, ...]]:
    """The items in their order, a row of COLUMNS each, read a piece at a time. NotFound."""
    with runtime.record.reading() as session:
        batches.get(session, batch_id)
    after = None
    while True:
        with runtime.record.reading() as session:
            found = batches.items(session, batch_id, after_id=after, limit=PIECE)
        for item in found:
            values = (getattr(item, column) for column in COLUMNS)
            yield tuple(_cell(each) for each in values)
        if len(found) < PIECE:
            return
        after = found[-1].id


def _cell(value: object) -> object:
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else value
