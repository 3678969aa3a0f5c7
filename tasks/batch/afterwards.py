"""After a batch that drew anew: each new picture beside the one before it, and which of the two counts.

The new one is taken by approving it, and is the favourite where the old one was; the old one is kept by
rejecting the new one. Both are decisions as on the review page: on record, and taken back there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from db.engine import Session
from db.errors import Conflict, IllegalStep
from db.log import Log
from db.models import RejectCode, Review
from db.repositories import batch_pairs, batches
from db.repositories.batch_pairs import AnewRow, Drawn
from db.repositories.decisions import Seen
from tasks.errors import UsageError
from tasks.review import decide
from tasks.review.decide import OPERATOR
from tasks.runtime import Runtime

log = Log("batch")

PIECE = 50
KEPT_OLD = "The picture before it was kept."


class Choice(StrEnum):
    """Which of the two counts."""

    NEW = "new"
    OLD = "old"
    MORE_ALIKE = "more_alike"  # the one with the higher likeness; undecided where either was not measured


class Verdict(StrEnum):
    """What was decided about the new picture so far."""

    OPEN = "open"
    NEW = "new"
    OLD = "old"


@dataclass(frozen=True)
class Beside:
    """An old picture and the new one that the batch drew."""

    item_id: str
    called: str
    old: Drawn
    new: Drawn

    @property
    def verdict(self) -> Verdict:
        """What was decided so far; a picture that was held back is as good as rejected."""
        if self.new.review is Review.PROPOSED:
            return Verdict.OPEN
        return Verdict.OLD if self.new.review is Review.REJECTED else Verdict.NEW

    @property
    def likeness_change(self) -> float | None:
        """By how much the new one is more alike, as a cosine; None where one was not measured."""
        return _difference(self.new.identity, self.old.identity)

    @property
    def color_change(self) -> float | None:
        """By how much the skin's color is farther from the photo's, in CIEDE2000; likewise."""
        return _difference(self.new.color_difference, self.old.color_difference)


@dataclass(frozen=True)
class DecidedPairs:
    """How many pairs were decided, and how many of those asked for were not."""

    decided: int
    left: int


@dataclass(frozen=True)
class PairsPage:
    """Some pairs in the batch's order; `further` is the item that the next ones come after, "" for none."""

    pairs: Sequence[Beside]
    further: str


def pairs_of(runtime: Runtime, *, batch_id: str, after_item: str = "", limit: int = PIECE) -> PairsPage:
    """Old beside new, of at most `limit` items from after that one on. NotFound."""
    with runtime.record.reading() as session:
        batches.get(session, batch_id)
        rows = batch_pairs.drawn_anew(session, batch_id, after=after_item, limit=limit + 1)
        further = rows[limit - 1].item_id if len(rows) > limit else ""
        return PairsPage(_pairs(session, rows[:limit]), further)


def count_pairs(runtime: Runtime, *, batch_id: str) -> int:
    """How many pictures the batch has drawn anew. NotFound."""
    with runtime.record.reading() as session:
        batches.get(session, batch_id)
        return batch_pairs.count(session, batch_id)


def count_open(runtime: Runtime, *, batch_id: str) -> int:
    """How many of them nobody has decided about. NotFound."""
    with runtime.record.reading() as session:
        batches.get(session, batch_id)
        return batch_pairs.count_open(session, batch_id)


def settle_pair(
    runtime: Runtime,
    *,
    batch_id: str,
    item_id: str,
    choice: Choice,
    by: str | None = None,
    via: str = OPERATOR,
) -> DecidedPairs:
    """Decide one pair. UsageError (`unknown_picture`) where the batch has none such; Conflict,
    IllegalStep.
    """
    with runtime.record.reading() as session:
        found = _pairs(session, batch_pairs.drawn_anew(session, batch_id, limit=1, only=item_id))
    if not found:
        raise UsageError("There is no such pair of pictures in this batch.", code="unknown_picture")
    done = _settle(runtime, found[0], choice, by or via)
    return DecidedPairs(int(done), int(not done))


def settle_all(
    runtime: Runtime, *, batch_id: str, choice: Choice, by: str | None = None, via: str = OPERATOR
) -> DecidedPairs:
    """Decide every pair that is open. One that somebody decides meanwhile stays as they said. NotFound."""
    decided = left = 0
    for pair in every_pair(runtime, batch_id=batch_id):
        if pair.verdict is not Verdict.OPEN:
            continue
        try:
            done = _settle(runtime, pair, choice, by or via)
        except (Conflict, IllegalStep, UsageError) as error:
            log.info("a pair stays as it is", code=error.code, batch_id=batch_id)
            done = False
        decided, left = decided + done, left + (not done)
    return DecidedPairs(decided, left)


def every_pair(runtime: Runtime, *, batch_id: str) -> Iterator[Beside]:
    """Every pair of the batch, read a piece at a time. NotFound."""
    found = pairs_of(runtime, batch_id=batch_id)
    yield from found.pairs
    while found.further:
        found = pairs_of(runtime, batch_id=batch_id, after_item=found.further)
        yield from found.pairs


def _settle(runtime: Runtime, pair: Beside, choice: Choice, actor: str) -> bool:
    if choice is Choice.MORE_ALIKE:
        change = pair.likeness_change
        if change is None:
            return False
        choice = Choice.NEW if change > 0 else Choice.OLD
    new = pair.new
    who = {"character_id": new.character_id, "image_id": new.image_id}
    seen = Seen(review=new.review)
    if choice is Choice.OLD:
        decide.reject(runtime, **who, code=RejectCode.OTHER.value, note=KEPT_OLD, by=actor, seen=seen)
        return True
    instead_of = pair.old.image_id if pair.old.is_favourite else ""
    decide.take(runtime, **who, instead_of=instead_of, by=actor, seen=seen)
    return True


def _pairs(session: Session, rows: Sequence[AnewRow]) -> list[Beside]:
    drawn = batch_pairs.pictures(session, [each.character_id for each in rows])
    found = []
    for row in rows:
        same = [each for each in drawn if _key(each) == (row.character_id, row.style, row.framing)]
        new = next((each for each in same if each.image_id == row.image_id), None)
        old = _before(same, new) if new else None
        if new and old:
            found.append(Beside(row.item_id, row.called, old, new))
    return found


def _key(each: Drawn) -> tuple[str, str, str]:
    return each.character_id, each.style, each.framing


def _before(same: Sequence[Drawn], new: Drawn) -> Drawn | None:
    """The newest before it that was not rejected."""
    earlier = [each for each in same if each.ordinal < new.ordinal and each.review is not Review.REJECTED]
    return max(earlier, key=lambda each: each.ordinal, default=None)


def _difference(new: float | None, old: float | None) -> float | None:
    return None if new is None or old is None else new - old
