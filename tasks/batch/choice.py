"""Which missing pictures a batch takes on: those of characters whom somebody may draw by their consent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.engine import Session
from db.repositories.batches import Candidate
from tasks.batch.selection import Selection
from tasks.consent.rules import who_may_have
from tasks.runtime import Runtime

PIECE = 1000  # rows read, and characters whose consents are read, by one statement each


@dataclass(frozen=True)
class Choice:
    """The pictures, oldest character first; who may draw each character; how many pictures were passed over
    on the way because the consent names none of those who draw here.
    """

    pairs: Sequence[Candidate]
    drawers: Mapping[str, tuple[str, ...]]
    not_allowed: int


def choose(session: Session, runtime: Runtime, selection: Selection, limit: int) -> Choice:
    """At most `limit` pictures of those that are meant. Whoever may not be drawn takes nobody's place."""
    names = [each.name for each in runtime.images]
    pairs: list[Candidate] = []
    drawers: dict[str, tuple[str, ...]] = {}
    not_allowed = 0
    for piece in selection.in_pieces(session, runtime, PIECE):
        drawers |= who_may_have(session, {pair.character_id for pair in piece}, names)
        for pair in piece:
            if len(pairs) >= limit:
                return Choice(pairs, drawers, not_allowed)
            if drawers[pair.character_id]:
                pairs.append(pair)
            else:
                not_allowed += 1
    return Choice(pairs, drawers, not_allowed)
