"""Consent as a record: which text, who gave it in which role, how, for whom and for what; and its end."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.ids import utc_now
from db.models.base import Base, Identified, checked


class ConsentRole(StrEnum):
    """Who has consented, seen from the person in the photo."""

    PERSON = "person"
    PARENT = "parent"  # or a guardian
    CUSTOMER = "customer"  # of the studio, who has the permission of one of these


class ConsentMeans(StrEnum):
    """How it was given."""

    OPERATOR_TICK = "operator_tick"
    SIGNED_LINK = "signed_link"
    IMPORT = "import"


class ConsentText(Identified, Base):
    """A text that people consent to, in one language. A version that stands never changes."""

    __tablename__ = "consent_texts"
    __table_args__ = (UniqueConstraint("version", "language"),)

    version: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(16))  # BCP 47
    text: Mapped[str] = mapped_column(Text)
    written_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class Consent(Identified, Base):
    """A consent to one character's making. It holds no name: it outlives the person's erasure, as its proof.

    `processors` are the ids of the providers outside the house that it names; those of the house need not be
    named. The newest one that was not withdrawn counts.
    """

    __tablename__ = "consents"

    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"), index=True)
    text_version: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(16))
    role: Mapped[ConsentRole] = mapped_column(checked(ConsentRole, "role"))
    means: Mapped[ConsentMeans] = mapped_column(checked(ConsentMeans, "means"))
    processors: Mapped[list[str]]
    purposes: Mapped[list[str]]
    keep_canon: Mapped[bool] = mapped_column(default=False)  # approved pictures may outlive the photo
    given_at: Mapped[datetime] = mapped_column(default=utc_now)
    recorded_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
