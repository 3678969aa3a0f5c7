"""A batch's bookkeeping: which pictures are missing, which are done, and what became of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby, islice

from db.engine import Session
from db.event_kinds import EventKind
from db.models import Batch, BatchItemState, BatchState
from db.repositories import batches, events, orders
from db.repositories.batches import Candidate
from tasks.amounts import dollars, rough_dollars
from tasks.batch.choice import choose
from tasks.batch.endings import LEASE_SECONDS, check_no_other, close_abandoned_batches
from tasks.errors import OverBudget, StorykinError
from tasks.ledger.budget import left_today
from tasks.picture_options import PictureOptions, picture_options
from tasks.pricing import RunPrice, price_run, waiting_for_a_person
from tasks.process_identity import is_gone
from tasks.runtime import Runtime, current_runtime


def open_batch(
    run_token: str, styles: list[str] | None, limit: int, *, budget_microusd: int | None = None
) -> str:
    """Plan a batch, or find the one this token has planned; returns its id. One batch works at a time.

    It draws what was ordered and failed or is missing. `styles` orders more: each of them for every
    character that has no picture in it, and that is written down as ordered.

    No more is planned than today's budget has room for; what is left out waits for another night. Nor is
    what was refused, lost, possibly paid or paid for in vain: that waits for a person; and whom by the
    consent nobody here may draw is passed over. UsageError while another batch is under way.
    """
    runtime = current_runtime()
    with runtime.record.reading() as session:
        planned = batches.by_token(session, run_token)
        if planned is not None:
            return planned.id
        choice = choose(session, runtime, styles, limit)
    close_abandoned_batches(runtime, is_gone=is_gone)  # whoever had it will find it taken
    pairs = _for_machines(runtime, choice.pairs)
    kept, price = _that_fit(runtime, pairs, left_today(runtime))
    with runtime.record.writing() as session:
        check_no_other(session, run_token)
        batch = batches.create(
            session,
            run_token=run_token,
            pairs=kept,
            filter={"styles": styles, "limit": limit},
            plan={
                "provider": runtime.image.name,
                "model": runtime.image.model,
                "left_out": len(pairs) - len(kept),
                "for_a_person": len(choice.pairs) - len(pairs),
                "not_allowed": choice.not_allowed,
                **asdict(price),
            },
            budget_microusd=budget_microusd,
        )
        batches.acquire_lease(session, batch.id, owner=runtime.owner, seconds=LEASE_SECONDS, is_gone=is_gone)
        if styles is not None:
            ordered = [(pair.character_id, pair.style, pair.ordinal) for pair in kept]
            orders.add(session, ordered, run_token=run_token)
        return batch.id


def _for_machines(runtime: Runtime, pairs: Sequence[Candidate]) -> list[Candidate]:
    """Without the pictures that a person has to decide about first."""
    kept: list[Candidate] = []
    for character_id, group in groupby(pairs, key=lambda pair: pair.character_id):
        wanted = list(group)
        not_ours = waiting_for_a_person(
            runtime,
            character_id,
            [pair.style for pair in wanted],
            ordinals=ordinals_of(wanted),
            options=options_of(wanted),
        )
        kept += [pair for pair in wanted if pair.style not in not_ours]
    return kept


def ordinals_of(pairs: Sequence[Candidate]) -> dict[str, int]:
    """Which picture of each style is meant, for the pairs of one character."""
    return {pair.style: pair.ordinal for pair in pairs}


def options_of(pairs: Sequence[Candidate]) -> dict[str, PictureOptions]:
    """How the picture of each style is to be made, likewise."""
    return {pair.style: picture_options(pair.framing, pair.resolution) for pair in pairs}


def _that_fit(
    runtime: Runtime, pairs: Sequence[Candidate], room_microusd: int | None
) -> tuple[list[Candidate], RunPrice]:
    """As many of the pairs, from the beginning, as there is room for; and what they cost together."""
    kept: list[Candidate] = []
    total = RunPrice()
    for _, group in groupby(pairs, key=lambda pair: pair.character_id):
        wanted = list(group)
        left = None if room_microusd is None else room_microusd - total.microusd
        fitting, price = _of_one_that_fit(runtime, wanted, left)
        kept, total = kept + fitting, total + price
        if len(fitting) < len(wanted):
            break
    return kept, total


def _of_one_that_fit(
    runtime: Runtime, wanted: list[Candidate], room_microusd: int | None
) -> tuple[list[Candidate], RunPrice]:
    """The same for the pairs of one character."""
    for count in range(len(wanted), 0, -1):
        pairs = wanted[:count]
        price = price_run(
            runtime,
            wanted[0].character_id,
            [pair.style for pair in pairs],
            ordinals=ordinals_of(pairs),
            options=options_of(pairs),
        )
        if room_microusd is None or price.microusd <= room_microusd:
            return wanted[:count], price
    return [], RunPrice()


def start_batch(batch_id: str) -> None:
    """Begin, or carry on. OverBudget when the plan is dearer than the batch's own budget: that ends it."""
    with current_runtime().record.writing() as session:
        batch = batches.get(session, batch_id)
        first = batch.started_at is None
        refusal = _too_dear(batch) if first else None
        if refusal is not None:
            batches.finish(session, batch_id, BatchState.FAILED)
            _add_event(session, batch_id, EventKind.BATCH_REFUSED, refusal.sentence)
        elif batch.state is not BatchState.RUNNING:
            check_no_other(session, batch.run_token)
            batches.start(session, batch_id)
            if first:
                _add_event(session, batch_id, EventKind.BATCH_STARTED, _planned(batch))
            else:
                _add_event(session, batch_id, EventKind.BATCH_RESUMED, EventKind.BATCH_RESUMED.sentence)
    if refusal is not None:
        raise refusal


def _too_dear(batch: Batch) -> OverBudget | None:
    price, budget = batch.plan.get("microusd", 0), batch.budget_microusd
    if budget is None or price <= budget:
        return None
    return OverBudget(
        f"This batch would cost about {rough_dollars(price)}, above its budget of {dollars(budget)}. Nothing "
        "was spent. Lower its limit, choose fewer styles, or give it a larger budget.",
        code="over_batch_budget",
    )


def _planned(batch: Batch) -> str:
    microusd = batch.plan["microusd"]
    price = f"for about {rough_dollars(microusd)}" if microusd else "free of charge"
    return f"Batch started: {batch.plan['pictures']} pictures to draw, {price}"


def _add_event(session: Session, batch_id: str, kind: EventKind, message: str) -> None:
    events.add(session, kind=kind, actor="system", message=message, batch_id=batch_id)


def that_fit(batch_id: str, chunk: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """As much of a chunk, from its beginning, as is left of the batch's budget and the day's."""
    runtime = current_runtime()
    room = _room(runtime, batch_id)
    if room is None:
        return dict(chunk)
    pairs = [
        pair
        for character_id, styles in chunk.items()
        for pair in planned_pictures(batch_id, character_id)
        if pair.style in styles
    ]
    kept, _ = _that_fit(runtime, pairs, room)
    return {
        character_id: [pair.style for pair in group]
        for character_id, group in groupby(kept, key=lambda pair: pair.character_id)
    }


def _room(runtime: Runtime, batch_id: str) -> int | None:
    with runtime.record.reading() as session:
        budget = batches.get(session, batch_id).budget_microusd
        left = None if budget is None else max(0, budget - batches.spent_microusd(session, batch_id))
    limits = [each for each in (left, left_today(runtime)) if each is not None]
    return min(limits, default=None)


def pending_by_character(batch_id: str) -> dict[str, list[str]]:
    """The styles still to draw, by character id, in the batch's order."""
    pending: dict[str, list[str]] = {}
    with current_runtime().record.reading() as session:
        for item in batches.items(session, batch_id):
            if item.state in (BatchItemState.PENDING, BatchItemState.RUNNING):
                pending.setdefault(item.character_id, []).append(item.style)
    return pending


def planned_pictures(batch_id: str, character_id: str) -> list[Candidate]:
    """What this batch has planned for a character."""
    with current_runtime().record.reading() as session:
        return [
            Candidate(character_id, item.style, item.ordinal, item.framing, item.resolution)
            for item in batches.items_of_character(session, batch_id, character_id)
        ]


def chunks_of(pending: Mapping[str, list[str]], size: int) -> Iterator[dict[str, list[str]]]:
    """`pending` in pieces of `size` characters."""
    remaining = iter(pending.items())
    while chunk := dict(islice(remaining, size)):
        yield chunk


def settle_items(
    batch_id: str,
    character_id: str,
    *,
    made: Mapping[str, str],
    found: Mapping[str, str],
    failures: Mapping[str, StorykinError],
) -> None:
    """Write what became of a character's items: image ids by style, failures by style ("" is the photo's)."""
    with current_runtime().record.writing() as session:
        for item in batches.items_of_character(session, batch_id, character_id):
            error = failures.get(item.style) or failures.get("")
            image_id = made.get(item.style) or found.get(item.style)
            if image_id is not None:
                state = BatchItemState.DONE if item.style in made else BatchItemState.SKIPPED
                batches.set_item(session, item.id, state=state, image_id=image_id)
            elif error is not None:
                batches.set_item(
                    session,
                    item.id,
                    state=BatchItemState.FAILED,
                    error_code=error.code,
                    error_sentence=error.sentence,
                )
