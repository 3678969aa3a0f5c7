"""How much the record holds, for the metrics page."""

from collections.abc import Mapping
from dataclasses import dataclass

from db.engine import Record
from db.models import CharacterStatus
from db.repositories import calls, characters


@dataclass(frozen=True)
class Measures:
    """Characters by status, and what all calls are known to have cost."""

    characters: Mapping[CharacterStatus, int]
    spent_microusd: int


def measure(record: Record) -> Measures:
    """Read the measures from the record."""
    with record.reading() as session:
        counts = {
            status: characters.page(session, status=status, limit=1).total for status in CharacterStatus
        }
        return Measures(counts, calls.spent_microusd(session))
