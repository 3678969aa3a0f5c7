"""Which characters and pictures a batch is made of: conditions, and the query for what is drawn anew."""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from db.lifecycle import ACTIVE
from db.models import (
    Character,
    CharacterImage,
    CharacterStatus,
    LegalHold,
    PromptArtifact,
    ProviderCall,
    Review,
)
from db.repositories import customer_links, tags
from db.repositories.batches import RERUN, Candidate, Conditions, in_pieces, may_be_drawn

MOST_IDS = 10_000  # named one by one; SQLite takes some 30,000 values in a statement


def who(
    *,
    ids: Collection[str] | None = None,
    tag: str = "",
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    failed: bool = False,
    reasons: Collection[str] = (),
) -> list[ColumnElement[bool]]:
    """Conditions on `Character`. `reasons` are the codes that its status tells; `created_to` is left out."""
    only: list[ColumnElement[bool]] = []
    if ids is not None:
        only.append(Character.id.in_(list(ids)))
    if tag:
        only.append(tags.has_tag(tag))
    if created_from is not None:
        only.append(Character.created_at >= created_from)
    if created_to is not None:
        only.append(Character.created_at < created_to)
    if failed or reasons:
        only.append(Character.status == CharacterStatus.FAILED)
    if reasons:
        only.append(Character.status_reason.in_(list(reasons)))
    return only


def on_hold() -> ColumnElement[bool]:
    """The character of the enclosing query is under a legal hold."""
    held = select(1).where(LegalHold.character_id == Character.id, LegalHold.lifted_at.is_(None))
    return held.exists()


def to_draw_anew(
    session: Session,
    only: Conditions,
    size: int,
    *,
    style_versions: dict[str, str] | None = None,
    models: Collection[str] = (),
    but_model: str = "",
    drawn_before: datetime | None = None,
    likeness_below: float | None = None,
    unreviewed: bool = False,
) -> Iterator[list[Candidate]]:
    """The next number of every picture, the newest of its style and framing, that is as described.

    `style_versions` are today's by style: those drawn by another. `but_model`: those drawn by any other.
    Never one that is locked; one that waits for a decision only if `unreviewed`. One statement.
    """
    newest = func.row_number().over(
        partition_by=(CharacterImage.character_id, CharacterImage.style, CharacterImage.framing),
        order_by=CharacterImage.ordinal.desc(),
    )
    ranked = select(CharacterImage.id.label("id"), newest.label("place")).subquery()
    wanted = [*may_be_drawn(RERUN), *only, ~on_hold(), CharacterImage.review != Review.LOCKED]
    if style_versions is not None:
        current = [PromptArtifact.style + literal(":") + PromptArtifact.style_version]
        kept = [f"{style}:{version}" for style, version in style_versions.items()]
        wanted += [each.not_in(kept) for each in current]
    if models:
        wanted.append(ProviderCall.model.in_(list(models)))
    if but_model:
        wanted.append(ProviderCall.model != but_model)
    if drawn_before is not None:
        wanted.append(CharacterImage.created_at < drawn_before)
    if likeness_below is not None:
        wanted.append(CharacterImage.likeness["identity"].as_float() < likeness_below)
    if not unreviewed:
        wanted.append(~CharacterImage.awaits_review)
    query = (
        select(
            CharacterImage.character_id,
            CharacterImage.style,
            CharacterImage.ordinal + 1,
            CharacterImage.framing,
            literal("").label("resolution"),
        )
        .join(ranked, ranked.c.id == CharacterImage.id)
        .join(Character, Character.id == CharacterImage.character_id)
        .join(PromptArtifact, PromptArtifact.id == CharacterImage.prompt_artifact_id)
        .outerjoin(ProviderCall, ProviderCall.work_key == CharacterImage.work_key)
        .where(ranked.c.place == 1, *wanted)
        .order_by(CharacterImage.character_id, CharacterImage.style, CharacterImage.framing)
    )
    yield from in_pieces(session, query, size)


def fits_anybody(session: Session, only: Conditions) -> bool:
    """Whether there is a character that is meant, whatever is to be drawn of it."""
    return bool(session.scalar(select(select(1).select_from(Character).where(*only).exists())))


def left_out(session: Session, only: Conditions) -> dict[str, int]:
    """How many characters that are meant are not drawn, by why: one statement each."""
    meant = select(func.count()).select_from(Character).where(*only)
    why = {
        "needs_attention": Character.status == CharacterStatus.NEEDS_ATTENTION,
        "under_way": Character.status.in_(ACTIVE),
        "waits_for_customer": Character.status.in_(RERUN) & customer_links.is_waiting(),
        "on_hold": Character.status.in_(RERUN) & on_hold(),
        "no_photo": Character.status.in_(RERUN) & Character.photo_asset_id.is_(None),
    }
    counted = {code: session.scalar(meant.where(condition)) or 0 for code, condition in why.items()}
    return {code: count for code, count in counted.items() if count}
