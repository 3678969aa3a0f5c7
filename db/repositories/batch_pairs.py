"""What a batch has drawn anew, and the pictures of those characters: for old beside new."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db.models import (
    BatchItem,
    BatchItemState,
    Character,
    CharacterImage,
    GeneratedAsset,
    PromptArtifact,
    ProviderCall,
    Review,
)


@dataclass(frozen=True)
class AnewRow:
    """An item of a batch that has drawn a picture where there was one."""

    item_id: str
    character_id: str
    style: str
    framing: str
    image_id: str
    called: str


@dataclass(frozen=True)
class Drawn:
    """A picture, by whom it was drawn, and what was measured of it."""

    image_id: str
    character_id: str
    style: str
    framing: str
    ordinal: int
    review: Review
    is_favourite: bool
    identity: float | None  # cosine of the faces, the photo's and the picture's
    color_difference: float | None  # of the skin, photo against picture, CIEDE2000
    sha256: str
    width: int
    height: int
    model: str
    style_version: str


def count(session: Session, batch_id: str) -> int:
    """How many items have drawn anew."""
    return session.scalar(select(func.count()).select_from(BatchItem).where(*_anew(batch_id))) or 0


def count_open(session: Session, batch_id: str) -> int:
    """How many of those nobody has decided about."""
    query = (
        select(func.count())
        .select_from(BatchItem)
        .join(CharacterImage, CharacterImage.id == BatchItem.image_id)
        .where(*_anew(batch_id), CharacterImage.review == Review.PROPOSED)
    )
    return session.scalar(query) or 0


def drawn_anew(
    session: Session, batch_id: str, *, after: str = "", limit: int, only: str = ""
) -> list[AnewRow]:
    """Those items in their order, from after that one on; `only` one of them."""
    query = (
        select(BatchItem, Character)
        .join(Character, Character.id == BatchItem.character_id)
        .where(*_anew(batch_id), BatchItem.id > after)
        .order_by(BatchItem.id)
        .limit(limit)
    )
    if only:
        query = query.where(BatchItem.id == only)
    return [
        AnewRow(item.id, item.character_id, item.style, item.framing, str(item.image_id), character.called)
        for item, character in session.execute(query)
    ]


def pictures(session: Session, character_ids: Collection[str]) -> list[Drawn]:
    """Every picture of those characters, by one statement."""
    query = (
        select(CharacterImage, GeneratedAsset, PromptArtifact.style_version, ProviderCall.model)
        .join(GeneratedAsset, GeneratedAsset.id == CharacterImage.asset_id)
        .join(PromptArtifact, PromptArtifact.id == CharacterImage.prompt_artifact_id)
        .outerjoin(ProviderCall, ProviderCall.work_key == CharacterImage.work_key)
        .where(CharacterImage.character_id.in_(list(character_ids)))
    )
    return [
        Drawn(
            image.id,
            image.character_id,
            image.style,
            image.framing,
            image.ordinal,
            image.review,
            image.is_selected,
            _number(image.likeness, "identity"),
            _number(image.likeness, "skin_delta_e"),
            asset.sha256,
            asset.width,
            asset.height,
            model or "",
            version or "",
        )
        for image, asset, version, model in session.execute(query)
    ]


def _anew(batch_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        BatchItem.batch_id == batch_id,
        BatchItem.state == BatchItemState.DONE,
        BatchItem.ordinal > 1,
        BatchItem.image_id.is_not(None),
    )


def _number(likeness: dict[str, Any] | None, name: str) -> float | None:
    value = (likeness or {}).get(name)
    return float(value) if isinstance(value, int | float) else None
