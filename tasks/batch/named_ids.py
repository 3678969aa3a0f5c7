"""The characters that somebody names: what was pasted or read from a spreadsheet, and whether it is ids.

Whatever is no id never goes on: a spreadsheet of a shop has the names of children in it.
"""

import csv
import uuid
from collections.abc import Sequence
from io import StringIO

from db.told import told
from tasks.errors import UsageError

COLUMN = "id"
DELIMITERS = ",;\t"


def named_in(text: str) -> list[str]:
    """What is named in `text`: of a CSV, parted by comma, semicolon or tab, the column `id`; else every word.

    Raises UsageError (`usage`) for what can't be read as a CSV.
    """
    text = text.removeprefix("\ufeff").strip()
    try:
        for delimiter in DELIMITERS:
            head, *rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter) if text else [[]]
            columns = [cell.strip().casefold() for cell in head]
            if COLUMN in columns:
                place = columns.index(COLUMN)
                return [row[place].strip() for row in rows if len(row) > place and row[place].strip()]
    except csv.Error:
        raise UsageError("This can't be read as a CSV with a column called id.", code="usage") from None
    return text.translate(dict.fromkeys(map(ord, DELIMITERS + '"'), " ")).split()


def checked_ids(named: Sequence[str]) -> tuple[str, ...]:
    """`named` as ids are written, each once. UsageError (`usage`) if some are none; none is repeated."""
    ids = [_as_id(each) for each in named]
    wrong = ids.count("")
    if wrong:
        raise UsageError(
            told(
                "%(wrong)s of these are no ids of characters, so nothing was chosen. Name characters by "
                "their ids alone, or by a CSV with a column called id.",
                wrong=f"{wrong:,}",
            ),
            code="usage",
        )
    return tuple(dict.fromkeys(ids))


def _as_id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""
