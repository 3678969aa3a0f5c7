"""What the next nightly batch will do, told beforehand: an upper bound, without asking anybody."""

from collections import Counter
from dataclasses import dataclass

from tasks.batch.choice import choose
from tasks.batch.selection import Selection
from tasks.picture_options import picture_options
from tasks.pricing import picture_price
from tasks.runtime import Runtime

USUAL_LIMIT = 1000  # pictures: the flow's own


@dataclass(frozen=True)
class Forecast:
    """How many pictures are ordered and missing, of how many characters, and what they cost at most.

    Less is drawn where a picture waits for a person, or was bought before, or the day's budget ends.
    """

    pictures: int
    characters: int
    most_microusd: int


def forecast(runtime: Runtime, limit: int = USUAL_LIMIT) -> Forecast:
    """The forecast for at most `limit` pictures, of characters whom somebody here may draw. RecordError."""
    with runtime.record.reading() as session:
        choice = choose(session, runtime, Selection(), limit)
    wanted = choice.pairs
    kinds = Counter(
        (each.style, each.framing, each.resolution, choice.drawers[each.character_id]) for each in wanted
    )
    price = sum(
        count
        * picture_price(
            runtime,
            style,
            picture_options(framing, resolution),
            drawers=[each for each in runtime.images if each.name in names],
        )
        for (style, framing, resolution, names), count in kinds.items()
    )
    return Forecast(len(wanted), len({each.character_id for each in wanted}), price)
