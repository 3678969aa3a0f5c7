"""Characters, and what is known of each."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from db.called import called
from db.ids import utc_now
from db.labels import LONGEST_TAG, searchable_note
from db.models.base import Base, ClippedText, Identified, checked
from db.models.pictures import GeneratedAsset
from db.names import LONGEST_CODE_POINTS, searchable


class Gender(StrEnum):
    """As the operator gave it; never guessed from the photo."""

    GIRL = "girl"
    BOY = "boy"
    WOMAN = "woman"
    MAN = "man"
    UNSPECIFIED = "unspecified"


HUMAN = "human"  # the source of a profile that a person has corrected


class CharacterStatus(StrEnum):
    """Where a character stands; `db.lifecycle` holds the legal steps."""

    DRAFT = "draft"
    QUEUED = "queued"
    PROFILING = "profiling"
    ILLUSTRATING = "illustrating"
    READY = "ready"
    NEEDS_ATTENTION = "needs_attention"
    FAILED = "failed"
    ERASED = "erased"


class Character(Identified, Base):
    """A character, and the consent it rests on."""

    __tablename__ = "characters"
    __table_args__ = (
        Index("ix_characters_status_id", "status", "id"),
        # Each holds all that a filter asks, in the order of a sort: nothing else is read.
        Index("ix_characters_newest", "id", "status", "facets", "search_name"),
        Index("ix_characters_named", "search_name", "id", "status", "facets"),
        Index("ix_characters_changed", "status_at", "id", "status", "facets", "search_name"),
        Index(
            "ix_characters_queued",
            "status_at",
            sqlite_where=text("status = 'queued'"),
            postgresql_where=text("status = 'queued'"),
        ),
        Index("ix_characters_order_number", text("substr(id, 29)")),
        Index("ix_characters_facets", "status", "facets", "search_name", "id"),
        CheckConstraint(
            "status IN ('draft', 'erased') OR (consent_version IS NOT NULL AND consent_at IS NOT NULL)",
            name="consent_before_work",
        ),
        CheckConstraint("(status = 'erased') = (erased_at IS NOT NULL)", name="erased_when"),
        CheckConstraint(f"length(name) BETWEEN 1 AND {LONGEST_CODE_POINTS}", name="name_length"),
    )

    name: Mapped[str] = mapped_column(String(LONGEST_CODE_POINTS))
    search_name: Mapped[str] = mapped_column(ClippedText(240))
    gender: Mapped[Gender] = mapped_column(checked(Gender, "gender"), default=Gender.UNSPECIFIED)
    status: Mapped[CharacterStatus] = mapped_column(
        checked(CharacterStatus, "status"), default=CharacterStatus.DRAFT
    )
    status_at: Mapped[datetime] = mapped_column(default=utc_now)  # when it last changed
    status_reason: Mapped[str | None] = mapped_column(String(64))  # an error code: no_face, refused, …
    status_sentence: Mapped[str | None] = mapped_column(ClippedText(500))  # the same, as a person reads it
    # What the list filters by, of its pictures: `db.repositories.facets` writes it.
    facets: Mapped[str] = mapped_column(Text, default="", server_default="")
    run_token: Mapped[str | None] = mapped_column(String(36))  # the newest run asked for
    photo_asset_id: Mapped[str | None] = mapped_column(
        ForeignKey("generated_assets.id", ondelete="SET NULL", use_alter=True), index=True
    )
    consent_version: Mapped[str | None] = mapped_column(String(32))
    consent_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    consent_at: Mapped[datetime | None]
    created_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    erased_at: Mapped[datetime | None]
    notes: Mapped[str] = mapped_column(Text, default="", server_default="")  # people's own, lines of text
    search_notes: Mapped[str] = mapped_column(Text, default="", server_default="")

    photo: Mapped[GeneratedAsset | None] = relationship(viewonly=True, lazy="raise")
    profiles: Mapped[list["CharacterProfile"]] = relationship(
        viewonly=True, lazy="raise", order_by="CharacterProfile.version"
    )

    @property
    def called(self) -> str:
        """What it is called outside of its own page: its name, or its order number."""
        return called(self.name, self.id)

    @validates("name")
    def _keep_searchable(self, _key: str, name: str) -> str:
        self.search_name = searchable(name)
        return name

    @validates("notes")
    def _keep_notes_searchable(self, _key: str, notes: str) -> str:
        self.search_notes = searchable_note(notes)
        return notes


class CharacterCount(Base):
    """How many characters there are of a status and facets, in parts: the sum of their rows is their number.

    Triggers on `characters` keep it (`migrations/versions/2026_11_30_facet_counts.py`).
    """

    __tablename__ = "character_counts"
    __table_args__ = (Index("ix_character_counts_of", "status", "facets"),)

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True
    )
    status: Mapped[str] = mapped_column(String(32))
    characters: Mapped[int] = mapped_column(BigInteger)
    facets: Mapped[str] = mapped_column(Text, default="", server_default="")  # as `Character.facets`


class CharacterTag(Base):
    """A word that people sort characters by. `search_tag` is its folded spelling: none is given twice."""

    __tablename__ = "character_tags"
    __table_args__ = (Index("ix_character_tags_search_tag", "search_tag", "character_id"),)

    character_id: Mapped[str] = mapped_column(
        ForeignKey("characters.id", ondelete="CASCADE"), primary_key=True
    )
    search_tag: Mapped[str] = mapped_column(String(LONGEST_TAG), primary_key=True)
    tag: Mapped[str] = mapped_column(String(LONGEST_TAG))


class CharacterProfile(Identified, Base):
    """One version of what we know of a character; `tasks.profile.Profile` is its schema."""

    __tablename__ = "character_profiles"
    __table_args__ = (
        UniqueConstraint("character_id", "version"),
        Index("ix_character_profiles_photo", "photo_sha256", "model"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"))
    version: Mapped[int]
    source: Mapped[str] = mapped_column(String(32))  # the id of the provider that saw it, or HUMAN
    attributes: Mapped[dict[str, Any]]
    palette: Mapped[list[dict[str, Any]]]
    confidence: Mapped[dict[str, Any]]
    do_not_change: Mapped[list[str]]
    monochrome: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[list[str]] = mapped_column(default=list)
    photo_sha256: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))  # of the content, for the work key
    # The user who corrected it, by id. No foreign key: SQLite adds one only by copying the table.
    corrected_by: Mapped[str | None] = mapped_column(String(36))
