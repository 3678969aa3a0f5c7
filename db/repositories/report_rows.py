"""What a report is made of: calls and pictures of a time or of a batch, as plain rows without a name."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from db.models import BatchItem, CharacterImage, ProviderCall
from db.repositories import batches
from db.repositories.calls import KNOWN_MICROUSD, RESERVED_MICROUSD

PIECE = 1000


@dataclass(frozen=True)
class Scope:
    """Which calls and pictures: of a batch since it began, or of a time whose end is not included."""

    since: datetime
    until: datetime
    batch_id: str = ""


CALL_COLUMNS = (
    "call_id",
    "kind",
    "provider",
    "model",
    "style",
    "state",
    "microusd",
    "error_code",
    "asked_at",
    "sent_at",
    "answered_at",
    "said",
)
ITEM_COLUMNS = ("outcome", "error_code", "said", "pictures")
PICTURE_COLUMNS = (
    "image_id",
    "character_id",
    "style",
    "framing",
    "ordinal",
    "review",
    "review_code",
    "drawn_at",
    "likeness",
    "provider",
    "model",
)


def are_more_than(session: Session, scope: Scope, most: int) -> bool:
    """Whether the calls or the pictures of a time are more than `most`; looks no further than that."""
    asked = func.coalesce(ProviderCall.sent_at, ProviderCall.created_at)
    columns = ((ProviderCall.id, asked), (CharacterImage.id, CharacterImage.created_at))
    return any(
        session.scalar(select(column).where(at >= scope.since, at < scope.until).offset(most).limit(1))
        is not None
        for column, at in columns
    )


def calls(session: Session, scope: Scope) -> Iterator[tuple[Any, ...]]:
    """A row of CALL_COLUMNS for each call, oldest first. Money is known or reserved, in micro-dollars."""
    asked = func.coalesce(ProviderCall.sent_at, ProviderCall.created_at)
    query = (
        select(
            ProviderCall.id,
            ProviderCall.kind,
            ProviderCall.provider,
            ProviderCall.model,
            ProviderCall.style,
            ProviderCall.state,
            KNOWN_MICROUSD + RESERVED_MICROUSD,
            ProviderCall.error_code,
            asked,
            ProviderCall.sent_at,
            ProviderCall.delivered_at,
            ProviderCall.error_sentence,
        )
        .where(asked >= scope.since, asked < scope.until)
        .order_by(ProviderCall.id)
    )
    if scope.batch_id:
        query = query.where(batches.calls_of(scope.batch_id))
    yield from _rows(session, query)


def pictures(session: Session, scope: Scope) -> Iterator[tuple[Any, ...]]:
    """A row of PICTURE_COLUMNS for each picture, oldest first."""
    query = (
        select(
            CharacterImage.id,
            CharacterImage.character_id,
            CharacterImage.style,
            CharacterImage.framing,
            CharacterImage.ordinal,
            CharacterImage.review,
            CharacterImage.review_code,
            CharacterImage.created_at,
            CharacterImage.likeness,
            ProviderCall.provider,
            ProviderCall.model,
        )
        .outerjoin(ProviderCall, ProviderCall.work_key == CharacterImage.work_key)
        .order_by(CharacterImage.id)
    )
    if scope.batch_id:
        drawn = exists().where(BatchItem.batch_id == scope.batch_id, BatchItem.image_id == CharacterImage.id)
        query = query.where(drawn)
    else:
        query = query.where(CharacterImage.created_at >= scope.since, CharacterImage.created_at < scope.until)
    yield from _rows(session, query)


def items(session: Session, batch_id: str) -> list[tuple[Any, ...]]:
    """A row of ITEM_COLUMNS for each way that planned pictures of a batch have gone."""
    way = (BatchItem.state, BatchItem.error_code)
    said = func.min(BatchItem.error_sentence)
    query = select(*way, said, func.count()).where(BatchItem.batch_id == batch_id).group_by(*way)
    return [tuple(row) for row in session.execute(query.order_by(func.count().desc(), *way))]


def _rows(session: Session, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    for part in session.execute(query, execution_options={"yield_per": PIECE}).partitions():
        yield from (tuple(row) for row in part)
