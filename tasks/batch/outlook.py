"""A batch told before it is one: how much, the price, how long at today's limits, what can't be done."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from db.repositories import images
from db.told import told
from tasks.amounts import microusd, rough_dollars
from tasks.batch.proposal import Proposal, propose
from tasks.batch.selection import Selection, check_at_least_one
from tasks.errors import UsageError
from tasks.ledger.rate_limit import rate_limit_of
from tasks.runtime import Runtime
from tasks.settings import provider_settings

LATELY = 200  # pictures whose drawing times tell how long the next take


class ConfirmPrice(UsageError):
    """The batch is dearer than what is begun without a question: a person has to say yes."""

    code = "confirm_price"


class NothingToDraw(UsageError):
    """What was chosen holds nothing that a batch could draw."""

    code = "nothing_to_draw"


@dataclass(frozen=True)
class BatchOutlook:
    """What a batch would do. Money is in micro-dollars; times in seconds, None where nothing is known."""

    proposal: Proposal
    characters: int
    pictures: Mapping[str, int]  # by style
    microusd: int
    seconds: float | None  # with one process at it, at the provider's pace
    per_minute: int  # pictures that the provider takes
    asks: bool  # whether a person has to say yes to the price
    digest: str  # of what was chosen: `Selection.digest`


def outlook(runtime: Runtime, selection: Selection, *, limit: int, at_once: int) -> BatchOutlook:
    """What a batch of that would do; nothing is written, and nobody asked. UsageError, RecordError."""
    check_at_least_one(limit, at_once)
    chosen = selection.checked()
    proposal = propose(runtime, chosen, limit)
    pace = rate_limit_of(runtime.image.name).per_minute
    ask = microusd(provider_settings().batch_ask_usd)
    return BatchOutlook(
        proposal,
        characters=len({pair.character_id for pair in proposal.pairs}),
        pictures=dict(sorted(Counter(pair.style for pair in proposal.pairs).items())),
        microusd=proposal.price.microusd,
        seconds=_seconds(runtime, proposal.price.pictures, pace, at_once),
        per_minute=pace,
        asks=ask is not None and proposal.price.microusd > ask,
        digest=chosen.digest(limit),
    )


def check_agreed(
    asked: BatchOutlook, *, agreed: bool, seen_microusd: int | None = None, seen_digest: str | None = None
) -> None:
    """Raise NothingToDraw, or ConfirmPrice where nobody has agreed to a price that asks for it; UsageError
    `choice_changed` where the person has seen the plan of something else (`seen_digest`), `price_changed`
    where it is dearer by now than what they have seen. None: they were shown nothing.
    """
    if seen_digest is not None and asked.digest != seen_digest:
        raise UsageError(
            "What was chosen has changed since its plan was shown. Nothing was begun: plan it again.",
            code="choice_changed",
        )
    if not asked.proposal.pairs:
        if asked.proposal.nobody:
            raise NothingToDraw("No character fits what was chosen, so no batch was made.")
        raise NothingToDraw("Nothing of what was chosen is to be drawn, so no batch was made.")
    if seen_microusd is not None and asked.microusd > seen_microusd:
        raise UsageError("The price has changed meanwhile. Look at it again.", code="price_changed")
    if asked.asks and not agreed:
        raise ConfirmPrice(
            told(
                "This batch would cost about %(microusd)s, more than STORYKIN_BATCH_ASK_USD. Nothing was "
                "begun: confirm the price to begin it.",
                microusd=rough_dollars(asked.microusd),
            )
        )


def _seconds(runtime: Runtime, pictures: int, pace: int, at_once: int) -> float | None:
    with runtime.record.reading() as session:
        each = images.seconds_lately(session, LATELY)
    if each is None:
        return None
    lanes = at_once * provider_settings().pictures_at_once
    return max(pictures * each / lanes, 60 * pictures / pace)
