"""A batch's bookkeeping: which pictures are missing, which are done, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from db.engine import Session
from db.event_kinds import EventKind
from db.models import Batch, BatchItemState, BatchState
from db.repositories import batch_chunks, batches, events, orders
from db.repositories.batches import Candidate
from db.told import told
from tasks.amounts import dollars, rough_dollars
from tasks.batch.chunks import USUAL_AT_ONCE
from tasks.batch.endings import LEASE_SECONDS, check_no_other, close_abandoned_batches
from tasks.batch.proposal import Proposal, propose
from tasks.batch.selection import Selection, check_at_least_one, everything
from tasks.errors import OverBudget, StorykinError
from tasks.process_identity import is_gone
from tasks.runtime import current_runtime

USUAL_CHUNK = 100  # characters


def open_batch(
    run_token: str,
    styles: list[str] | None,
    limit: int,
    *,
    selection: Selection | None = None,
    proposal: Proposal | None = None,
    budget_microusd: int | None = None,
    at_once: int = USUAL_AT_ONCE,
    chunk_size: int = USUAL_CHUNK,
) -> str:
    """Plan a batch, or find the one this token has planned; returns its id. One batch works at a time.

    It draws what was ordered and failed or is missing, or what `selection` says. `styles` orders more: each
    of them for every character that has no picture in it, and that is written down as ordered.

    No more is planned than today's budget has room for; what is left out waits for another night. Nor is
    what was refused, lost, possibly paid or paid for in vain: that waits for a person; and whom by the
    consent nobody here may draw is passed over. UsageError while another batch is under way.
    """
    check_at_least_one(limit, at_once, chunk_size)
    runtime = current_runtime()
    chosen = selection or everything(styles)
    with runtime.record.reading() as session:
        planned = batches.by_token(session, run_token)
        if planned is not None:
            return planned.id
    proposal = proposal or propose(runtime, chosen, limit)
    close_abandoned_batches(runtime, is_gone=is_gone)  # whoever had it will find it taken
    told: dict[str, Any] = {"styles": styles, "limit": limit, "at_once": at_once, "chunk_size": chunk_size}
    if selection is not None:
        told["selection"] = selection.model_dump(mode="json", exclude_defaults=True)
    with runtime.record.writing() as session:
        check_no_other(session, run_token)
        batch = batches.create(
            session,
            run_token=run_token,
            pairs=proposal.pairs,
            estimates=proposal.estimates,
            filter=told,
            plan={
                "provider": runtime.image.name,
                "model": runtime.image.model,
                "left_out": proposal.left_out,
                "for_a_person": proposal.for_a_person,
                "not_allowed": proposal.not_allowed,
                **asdict(proposal.price),
            },
            budget_microusd=budget_microusd,
        )
        batches.acquire_lease(session, batch.id, owner=runtime.owner, seconds=LEASE_SECONDS, is_gone=is_gone)
        if chosen.orders:
            _order(session, proposal.pairs, run_token)
        return batch.id


def _order(session: Session, pairs: Sequence[Candidate], run_token: str) -> None:
    by_framing: dict[str, list[tuple[str, str, int]]] = {}
    for pair in pairs:
        by_framing.setdefault(pair.framing, []).append((pair.character_id, pair.style, pair.ordinal))
    for framing, ordered in by_framing.items():
        orders.add(session, ordered, run_token=run_token, framing=framing)


def start_batch(batch_id: str, chunk_size: int | None = None, flow_run_id: str | None = None) -> None:
    """Begin, or carry on: what is in no chunk is put into some, of the size it was planned
    with unless `chunk_size` is given. `flow_run_id` is who follows it now.

    OverBudget when the plan is dearer than the batch's own budget: that ends it.
    """
    with current_runtime().record.writing() as session:
        batch = batches.held(session, batch_id)
        size = int(chunk_size or batch.filter.get("chunk_size") or USUAL_CHUNK)
        first = batch.started_at is None
        refusal = _too_dear(batch) if first else None
        if refusal is not None:
            batches.finish(session, batch_id, BatchState.FAILED)
            _add_event(session, batch_id, EventKind.BATCH_REFUSED, refusal.sentence)
        elif batch.paused_at is None:
            if batch.state is not BatchState.RUNNING:
                check_no_other(session, batch.run_token)
                batches.start(session, batch_id)
                if first:
                    _add_event(session, batch_id, EventKind.BATCH_STARTED, _planned(batch))
                else:
                    _add_event(session, batch_id, EventKind.BATCH_RESUMED, EventKind.BATCH_RESUMED.sentence)
            batch_chunks.part(session, batch_id, max(1, size))
            batch.flow_run_id = flow_run_id or batch.flow_run_id
    if refusal is not None:
        raise refusal


def check_not_too_dear(price_microusd: int, budget_microusd: int | None) -> None:
    """Raise OverBudget (`over_batch_budget`) where a plan is dearer than the batch's own budget."""
    refusal = _refusal(price_microusd, budget_microusd)
    if refusal is not None:
        raise refusal


def _too_dear(batch: Batch) -> OverBudget | None:
    return _refusal(batch.plan.get("microusd", 0), batch.budget_microusd)


def _refusal(price: int, budget: int | None) -> OverBudget | None:
    if budget is None or price <= budget:
        return None
    return OverBudget(
        told(
            "This batch would cost about %(price)s, above its budget of %(budget)s. Nothing was "
            "spent. Lower its limit, choose fewer styles, or give it a larger budget.",
            price=rough_dollars(price),
            budget=dollars(budget),
        ),
        code="over_batch_budget",
    )


def _planned(batch: Batch) -> str:
    microusd = batch.plan["microusd"]
    price = f"for about {rough_dollars(microusd)}" if microusd else "free of charge"
    return f"Batch started: {batch.plan['pictures']} pictures to draw, {price}"


def _add_event(session: Session, batch_id: str, kind: EventKind, message: str) -> None:
    events.add(session, kind=kind, actor="system", message=message, batch_id=batch_id)


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


def settle_items(
    batch_id: str,
    character_id: str,
    *,
    made: Mapping[str, str],
    found: Mapping[str, str],
    failures: Mapping[str, StorykinError],
) -> None:
    """Write what became of a character's items: image ids by style, failures by style ("" is the photo's)."""
    # After a power cut the batch looks again, and finds the pictures.
    with current_runtime().record.writing(lasting=False) as session:
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
