"""Prompts, the bytes we keep, and the variants made of them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.models.base import Base, ClippedText, Identified, checked


class PromptKind(StrEnum):
    """What was asked for."""

    VISION = "vision"
    IMAGE = "image"


class AssetKind(StrEnum):
    """What the bytes are."""

    PHOTO = "photo"
    VARIANT = "variant"
    THUMBNAIL = "thumbnail"


class Review(StrEnum):
    """What a person said of a variant."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    LOCKED = "locked"  # the canon: what later pictures and books are held against


class RejectCode(StrEnum):
    """Why a variant is rejected. The values are stored: they never change."""

    NOT_ALIKE = "not_alike"
    SKIN_LIGHTER = "skin_lighter"
    WRONG_CLOTHES = "wrong_clothes"
    BADLY_DRAWN = "badly_drawn"
    UNSAFE = "unsafe"
    OTHER = "other"
    UNDRESSED = "undressed"  # held back by the comparison with the photo, until a person has looked at it
    NOT_COMPARED = "not_compared"  # held back until a worker has compared it with the photo


class PromptArtifact(Identified, Base):
    """What was asked, whole: enough to ask it again."""

    __tablename__ = "prompt_artifacts"
    __table_args__ = (UniqueConstraint("character_id", "work_key"),)

    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"))
    profile_id: Mapped[str | None] = mapped_column(
        ForeignKey("character_profiles.id", ondelete="SET NULL"), index=True
    )
    kind: Mapped[PromptKind] = mapped_column(checked(PromptKind, "kind"))
    style: Mapped[str | None] = mapped_column(String(32))
    style_version: Mapped[str | None] = mapped_column(String(32))
    template_version: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]]
    work_key: Mapped[str] = mapped_column(String(64))


class GeneratedAsset(Identified, Base):
    """Bytes that we keep; the store holds them under `storage_key`."""

    __tablename__ = "generated_assets"
    __table_args__ = (
        CheckConstraint("size_bytes > 0", name="size_positive"),
        CheckConstraint("width > 0 AND height > 0", name="pixels_positive"),
    )

    kind: Mapped[AssetKind] = mapped_column(checked(AssetKind, "kind"))
    storage_key: Mapped[str] = mapped_column(String(512), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    content_type: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int]
    height: Mapped[int]
    prompt_artifact_id: Mapped[str | None] = mapped_column(
        ForeignKey("prompt_artifacts.id", ondelete="SET NULL"), index=True
    )

    prompt: Mapped[PromptArtifact | None] = relationship(viewonly=True, lazy="raise")


class CharacterImage(Identified, Base):
    """A variant: one picture of a character in one style and framing (as in `OrderedPicture`)."""

    __tablename__ = "character_images"
    __table_args__ = (
        UniqueConstraint("character_id", "work_key"),
        UniqueConstraint("character_id", "style", "run_token"),
        Index(
            "uq_character_images_style_framing_ordinal",
            "character_id",
            "style",
            "framing",
            "ordinal",
            unique=True,
        ),
        Index(
            "uq_character_images_selected",
            "character_id",
            unique=True,
            sqlite_where=text("is_selected"),
            postgresql_where=text("is_selected"),
        ),
        Index(
            "ix_character_images_awaiting",
            "character_id",
            sqlite_where=text("awaits_review"),
            postgresql_where=text("awaits_review"),
        ),
        Index(
            "ix_character_images_not_compared",
            "id",
            sqlite_where=text("review_code = 'not_compared'"),
            postgresql_where=text("review_code = 'not_compared'"),
        ),
        CheckConstraint("ordinal > 0", name="ordinal_positive"),
        CheckConstraint("review <> 'rejected' OR review_reason IS NOT NULL", name="rejected_with_reason"),
        CheckConstraint("NOT (is_selected AND review = 'rejected')", name="selected_not_rejected"),
    )

    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"))
    style: Mapped[str] = mapped_column(String(32))
    framing: Mapped[str] = mapped_column(String(32), default="", server_default="")
    ordinal: Mapped[int]
    run_token: Mapped[str] = mapped_column(String(36))
    work_key: Mapped[str] = mapped_column(String(64))
    # No ON DELETE: while a variant names them they stay, and a character's own cascade may still take all.
    asset_id: Mapped[str] = mapped_column(ForeignKey("generated_assets.id"), index=True)
    prompt_artifact_id: Mapped[str] = mapped_column(ForeignKey("prompt_artifacts.id"), index=True)
    review: Mapped[Review] = mapped_column(checked(Review, "review"), default=Review.PROPOSED)
    review_reason: Mapped[str | None] = mapped_column(ClippedText(500))
    review_code: Mapped[str | None] = mapped_column(String(32))  # a RejectCode, of a rejected one
    # Until a person has decided about it, or has approved another one of the character with this in view.
    awaits_review: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_selected: Mapped[bool] = mapped_column(default=False)
    selected_at: Mapped[datetime | None]
    likeness: Mapped[dict[str, Any] | None]
    metric_version: Mapped[str | None] = mapped_column(String(32))
    seconds: Mapped[float | None]  # what the drawing took

    asset: Mapped[GeneratedAsset] = relationship(viewonly=True, lazy="raise")
    prompt: Mapped[PromptArtifact] = relationship(viewonly=True, lazy="raise")
