"""How much the record holds, for the metrics page."""

from db.engine import Record
from db.models import CharacterStatus
from db.repositories import calls, characters
from ui.views.metrics import Measures


def measure(record: Record) -> Measures:
    """Read the measures from the record."""
    with record.reading() as session:
        counts = {
            status: characters.page(session, status=status, limit=1).total for status in CharacterStatus
        }
        return Measures(counts, calls.spent_microusd(session))
