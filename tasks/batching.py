"""A batch's bookkeeping: which pictures are missing, which are done, and what became of each."""

from collections.abc import Iterator, Mapping
from itertools import islice

from db.models import BatchItemState, BatchState
from db.repositories import batches, events
from tasks.errors import StorykinError
from tasks.workshop import workshop


def open_batch(run_token: str, styles: list[str], limit: int) -> str:
    """Plan a batch of what is failed or missing, or find the one this token has planned; returns its id."""
    tools = workshop()
    with tools.record.writing() as session:
        pairs = batches.candidates(session, styles=styles, limit=limit)
        batch = batches.create(
            session,
            run_token=run_token,
            pairs=pairs,
            filter={"styles": styles, "limit": limit},
            plan={"pictures": len(pairs), "provider": tools.image.name, "model": tools.image.model},
        )
        if batch.state is BatchState.PLANNED:
            events.add(
                session,
                kind="batch.started",
                actor="system",
                message=f"Batch started: {len(pairs)} pictures to draw",
                batch_id=batch.id,
            )
        return batches.start(session, batch.id).id


def pending_by_character(batch_id: str) -> dict[str, list[str]]:
    """The styles still to draw, by character id, in the batch's order."""
    pending: dict[str, list[str]] = {}
    with workshop().record.reading() as session:
        for item in batches.items(session, batch_id):
            if item.state in (BatchItemState.PENDING, BatchItemState.RUNNING):
                pending.setdefault(item.character_id, []).append(item.style)
    return pending


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
    with workshop().record.writing() as session:
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


def close_batch(batch_id: str) -> BatchState:
    """End the batch: failed only if there was work and none of it could be done."""
    with workshop().record.writing() as session:
        counts = batches.progress(session, batch_id)
        hopeless = counts[BatchItemState.FAILED] > 0 and not (
            counts[BatchItemState.DONE] or counts[BatchItemState.SKIPPED]
        )
        state = BatchState.FAILED if hopeless else BatchState.DONE
        batches.finish(session, batch_id, state)
        events.add(
            session,
            kind=f"batch.{state}",
            actor="system",
            message=(
                f"Batch ended: {counts[BatchItemState.DONE]} drawn, {counts[BatchItemState.FAILED]} failed"
            ),
            batch_id=batch_id,
        )
    return state
